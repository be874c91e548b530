"""What became of a job: everything that it caused, counted where it arrived."""

import msgspec

from server.demo.office import Sold
from server.demo.stage import Place, Stage
from server.demo.watching import until
from server.fulfilment.queries import Fulfilment
from server.fulfilment.records import ProcessState

LIVE_WITHIN_S = 75.0
_LOOK_EVERY_S = 0.25


class Aftermath(msgspec.Struct, frozen=True, kw_only=True):
    """How often each effect of one job was seen."""

    olt_rows: int
    """Rows of the OLT that hold the serial."""
    invoice_lines: int
    feed_events: int
    received_events: int
    """Distinct events of this job at the billing receiver."""
    mails: int

    def __str__(self) -> str:
        return (
            f"{self.olt_rows} ONT row, {self.invoice_lines} invoice line, "
            f"{self.feed_events} event, {self.received_events} at billing, {self.mails} mail"
        )


ONCE = Aftermath(olt_rows=1, invoice_lines=1, feed_events=1, received_events=1, mails=1)
"""What every job that goes live must cause, whatever happened on the way."""
ONCE_IN_WORDS = "every effect once"


async def of_job(stage: Stage, place: Place, sold: Sold, serial: str) -> Aftermath:
    """Count what a job has caused so far."""
    found = await place.office.fulfilment(sold.job_id)
    seen = await stage.receiver.seen()
    return Aftermath(
        olt_rows=len(await place.installation.olts[sold.site.olt].places(serial)),
        invoice_lines=len(found.charges),
        feed_events=len(found.event_ids),
        received_events=sum(event in found.event_ids for event in seen.events),
        mails=sum(len(stage.post.mails(one.id)) for one in found.notifications),
    )


async def once_live(stage: Stage, place: Place, sold: Sold) -> Fulfilment:
    """Wait until a job's service is live and billing and subscriber have heard of it.

    Raises:
        NotSeen: it was not by then.
    """

    async def look() -> Fulfilment | None:
        found = await place.office.fulfilment(sold.job_id)
        done = [one for one in found.processes if one.state is ProcessState.DONE]
        if not done or not found.event_ids or not found.notifications:
            return None
        seen = await stage.receiver.seen()
        told = found.event_ids[0] in seen.events and stage.post.mails(found.notifications[0].id)
        return found if told else None

    what = f"order {sold.placed.number} live, billed and told"
    return await until(look, what=what, within_s=LIVE_WITHIN_S, every_s=_LOOK_EVERY_S)


async def once_waiting(place: Place, sold: Sold, state: ProcessState) -> Fulfilment:
    """Wait until a job's process stands in this state.

    Raises:
        NotSeen: it did not by then.
    """

    async def look() -> Fulfilment | None:
        found = await place.office.fulfilment(sold.job_id)
        return found if any(one.state is state for one in found.processes) else None

    what = f"order {sold.placed.number} {state}"
    return await until(look, what=what, within_s=LIVE_WITHIN_S, every_s=_LOOK_EVERY_S)
