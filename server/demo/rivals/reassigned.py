"""Rival: a job goes to somebody else while its tablet is offline, and both complete it.

The ONT of the first received completion is dark, so the network decides for the other.
"""

from server.demo.outcome import Rival
from server.demo.rivals.aftermath import ONCE, ONCE_IN_WORDS, of_job, once_live, once_waiting
from server.demo.stage import Stage
from server.demo.tablet import Tablet
from server.demo.visit import visit
from server.fulfilment.queries import Fulfilment
from server.fulfilment.records import ProcessState

_NUMBER = 1


async def play(stage: Stage) -> Rival:
    """Let two technicians complete one job with different ONTs."""
    voice = stage.voice("[3]")
    place = stage.main
    site = place.ground.sites_on(place.ground.olts[0])[_NUMBER]
    first, second = await place.tablet(1), await place.tablet(2)
    dark, lit = (place.ground.serials[place.ground.technicians[who]][0] for who in (1, 2))
    sold = await stage.sell(place, site)
    await place.office.assign(sold.job_id, place.technician(1).id)
    await first.sync()
    await first.fly(on=True)
    await place.office.assign(sold.job_id, place.technician(2).id)
    voice.say("dispatch", f"gives the job of {first.owner}, who is offline, to {second.owner}")
    await second.sync()
    await second.fly(on=True)
    await visit(voice, first, sold.job_id, stage.fiber(place, site, dark, dark=True))
    await visit(voice, second, sold.job_id, stage.fiber(place, site, lit))
    await first.fly(on=False)
    held = await once_waiting(place, sold, ProcessState.HELD)
    voice.say("server", f"{first.owner} is first, but the OLT does not see {dark}: {_code(held)}")
    await second.fly(on=False)
    live = await once_live(stage, place, sold)
    seen = await of_job(stage, place, sold, lit)
    is_kept = await _is_kept((first, second))
    return Rival(
        name="re-assigned while offline, both complete it with different ONTs",
        expected=f"{lit} goes live (seen by the OLT), {dark} in the inbox, nothing lost; "
        f"{ONCE_IN_WORDS}",
        happened=f"{live.service.ont_serial} live, inbox: {_inbox(live)}, "
        f"{'nothing' if is_kept else 'SOMETHING'} lost; {seen}",
        ok=live.service.ont_serial == lit
        and decided_by_network(live, other=dark)
        and is_kept
        and seen == ONCE,
    )


def decided_by_network(found: Fulfilment, *, other: str) -> bool:
    """Say whether the ONT that did not go live is before a person, decided by the network."""
    return any(
        item.detail.get("other") == other and item.detail.get("decided_by") == "network"
        for item in found.inbox
    )


async def _is_kept(tablets: tuple[Tablet, ...]) -> bool:
    """Say whether every operation of these tablets has its verdict."""
    return all(
        status.captured == sum(status.verdicts.values())
        for status in [await tablet.all_sent() for tablet in tablets]
    )


def _inbox(found: Fulfilment) -> str:
    return ", ".join(sorted({item.code for item in found.inbox})) or "empty"


def _code(found: Fulfilment) -> str:
    return ", ".join(sorted({each.code for each in found.waiting_for})) or "no reason"
