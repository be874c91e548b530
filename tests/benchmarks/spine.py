"""``spine``: from the commit of the push to the commit of the invoice line, through real processes.

Server, tablet, OLT simulator and mail sink are processes on real sockets, set up by the demo's own
parts; SNMP goes through a link with a round trip of 50 ms. An ONT comes up at once, so what is left
between its first acceptable state and the bill is ours, apart from the wait for the next poll.
"""

import contextlib
import io
import sys
import tempfile
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from server.acts import utc_now
from server.demo import ground
from server.demo.children import Household
from server.demo.installation import Installation, Outside, make_secrets
from server.demo.narration import Narrator, Voice
from server.demo.olt import ROUND_TRIP_MS, Olt
from server.demo.outcome import Instants, LatencyMs, latency
from server.demo.receivers import Post
from server.demo.stage import USUAL_LEASE_S, Place
from server.demo.story import instants_of
from server.demo.tablet import Tablet
from server.demo.visit import Fiber, visit
from server.demo.watching import Line, until
from tests.benchmarks.figures import Figure, percentile

OVERHEAD_MS_MOST: Final = 500
BILLED_WITHIN_S: Final = 60.0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One job: where its time went, and how often the OLT was asked."""

    latency_ms: LatencyMs
    until_set_ms: float
    """From the commit of the push until the OLT accepts the SET that registers the ONT."""
    after_look_ms: float
    """From the look that saw it online to the commit of the invoice line."""
    round_trips: int


async def measure(jobs: int) -> tuple[Figure, ...]:
    """Do jobs one after the other; the figures over all of them."""
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as name:
        async with set_up(Path(name)) as place:
            tablet = await place.tablet(0)
            for number in range(jobs):
                runs.append(await _do_job(place, tablet, number))
                _show(number, jobs, runs[-1])
    return figures_of(runs)


def figures_of(runs: list[Run]) -> tuple[Figure, ...]:
    """Put the runs together."""
    overheads = [run.latency_ms.overhead for run in runs]
    billed = [run.latency_ms.received_to_billed for run in runs]
    trips = percentile([run.round_trips for run in runs], 50)
    median = percentile(overheads, 50)
    limit = OVERHEAD_MS_MOST
    return (
        Figure(key="jobs", value=len(runs), says="done one after the other"),
        Figure(
            key="overhead_ms_p50",
            value=median,
            most=limit,
            says="received to billed, without come-up and poll wait; SNMP counted in",
        ),
        Figure(key="overhead_ms_p95", value=percentile(overheads, 95), most=limit, says="the same"),
        Figure(
            key="until_set_ms_p50",
            value=percentile([run.until_set_ms for run in runs], 50),
            says="of it, from received to the registering SET",
        ),
        Figure(
            key="after_look_ms_p50",
            value=percentile([run.after_look_ms for run in runs], 50),
            says="of it, from the look that saw the ONT online to billed",
        ),
        Figure(key="overhead_vs_limit", value=median / limit, most=1, says="share of the limit"),
        Figure(key="received_to_billed_ms_p50", value=percentile(billed, 50), says="all of it"),
        Figure(
            key="poll_wait_ms_p50",
            value=percentile([run.latency_ms.poll_wait for run in runs], 50),
            says="from the first acceptable state to our next look",
        ),
        Figure(
            key="ont_come_up_ms_p50",
            value=percentile([run.latency_ms.ont_come_up for run in runs], 50),
            says="by the simulator's log",
        ),
        Figure(key="snmp_round_trips", value=trips, says="requests that the OLT counted per job"),
        Figure(
            key="snmp_floor_ms",
            value=trips * ROUND_TRIP_MS,
            says="what they would take in a row; some run during come-up and poll wait",
        ),
    )


@contextlib.asynccontextmanager
async def set_up(folder: Path) -> AsyncGenerator[Place]:
    """Set up one installation with one OLT, as the demo does."""
    household = Household(folder)
    async with contextlib.AsyncExitStack() as leaving:
        leaving.push_async_callback(household.stop_all)
        files = folder / "files"
        ground.prepare(files, None, seed=0)
        mails = folder / "mails.jsonl"
        child = await household.start("mail", ["server.demo.mail_sink", "--log", str(mails)])
        outside = Outside(mail_port=Post(child, mails).port, secrets=make_secrets())
        (folder / "main").mkdir()
        installation = Installation(household, folder / "main", outside)
        installation.write_settings(lease_s=USUAL_LEASE_S)
        await installation.start_olt(files, 0)
        await installation.open_up()
        await installation.bring_in(files, None, ())
        await installation.serve()
        place = Place(installation)
        leaving.push_async_callback(place.close)
        await place.open()
        yield place


async def _do_job(place: Place, tablet: Tablet, number: int) -> Run:
    """Sell, assign, work offline, send; wait until it is billed."""
    sites = place.ground.sites_on(place.ground.olts[0])
    site, accounts = sites[number % len(sites)], place.ground.accounts
    sold = await place.office.sell(
        f"B-{number}",
        accounts[number % len(accounts)],
        site,
        place.ground.products[0],
        utc_now(),
    )
    await place.office.assign(sold.job_id, place.technician(0).id)
    await tablet.sync()
    await tablet.fly(on=True)
    olt = place.installation.olts[site.olt]
    serial = f"HWTC{0x5B000000 + number:08X}"
    fiber = Fiber(serial=serial, olt=olt, port=site.port, come_up_s=0)
    await visit(silence(), tablet, sold.job_id, fiber)
    log, before = place.installation.log, await _round_trips(olt)
    log.fresh()
    lines: list[Line] = []
    await tablet.fly(on=False)

    async def look() -> Instants | None:
        lines.extend(log.fresh())
        if not any(line.get("step") == "go_live" for line in lines):
            return None
        known = await place.office.fulfilment(sold.job_id)
        return instants_of(known, lines, await olt.events(serial)) if known.charges else None

    instants = await until(look, what=f"job {number} billed", within_s=BILLED_WITHIN_S)
    await tablet.all_sent()
    return Run(
        latency_ms=latency(instants),
        until_set_ms=_ms(instants.registered_at - instants.received_at),
        after_look_ms=_ms(instants.billed_at - instants.polled_at),
        round_trips=await _round_trips(olt) - before,
    )


def _ms(took: timedelta) -> float:
    return took / timedelta(milliseconds=1)


async def _round_trips(olt: Olt) -> int:
    return (await olt.stats()).requests


def silence() -> Voice:
    """A voice that nobody hears."""
    narrator = Narrator(io.StringIO(), zone=ZoneInfo("UTC"), now=utc_now, colours=False)
    return Voice(narrator, "quiet")


def _show(number: int, jobs: int, run: Run) -> None:
    sys.stderr.write(f"job {number + 1} of {jobs}: {run.latency_ms.overhead} ms of overhead\n")
