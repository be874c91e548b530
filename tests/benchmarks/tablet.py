"""``tablet``: the pages of a tablet that is as full as one ever gets, over HTTP like a browser's.

The replica is written as the tablet itself writes it, encrypted, then an agent is started on it in
a process of its own; the server is out of reach. Times are those of whoever asks.
"""

import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
from uuid_utils.compat import uuid7

from field_client import capture
from field_client.keys import KeyFolder, new_salt
from field_client.replica.outbox import Pen
from field_client.replica.state import get_state, initialise, store_enrolment
from field_client.settings import Settings
from field_client.storage import Connection, Disk, open_store
from field_client.storage.statements import run
from server.acts import utc_now
from sync_protocol import wire
from sync_protocol.documents import Appointment
from sync_protocol.ids import Incarnation, JobId
from sync_protocol.operations import Moment
from tests.benchmarks import scan
from tests.benchmarks.figures import Figure, percentile
from tests.browser.agents import RunningAgent
from tests.field_client.factories import a_job, an_enrolment

JOBS: Final = 300
CAPTURES: Final = 5_000
PENDING: Final = 500
"""Of the captures, those that wait: more than a week out of reach."""
PAGE_MS_MOST, SAVE_MS_MOST, START_S_MOST, RSS_MB_MOST = 50, 10, 3, 150
_NOWHERE: Final = "http://127.0.0.1:9"
_STEPS: Final = ("travel", "scan", "light", "photos", "signature", "finish")


async def measure(times: int) -> tuple[Figure, ...]:
    """Fill a tablet, start it, ask for every page so many times, and scan large photos."""
    figures = await measure_filled(times, jobs=JOBS, captures=CAPTURES, pending=PENDING)
    return (*figures, *await scan.measure_large(1))


async def measure_filled(
    times: int, *, jobs: int, captures: int, pending: int
) -> tuple[Figure, ...]:
    """Measure a tablet that is as full as this."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "tablet"
        ids = await fill(home, jobs=jobs, captures=captures, pending=pending)
        starts_s = [await _cold_start_s(home) for _ in range(3)]
        agent = RunningAgent(home, _NOWHERE)
        await agent.start()
        try:
            async with httpx.AsyncClient(base_url=agent.url, timeout=60) as browser:
                await browser.get(agent.launch_url, follow_redirects=True)
                browser.headers["Origin"] = agent.url
                pages = await _pages_ms(browser, ids, times)
                saves = await _saves_ms(browser, ids, times * 3)
            rss_mb = agent.rss_bytes() / 1e6
        finally:
            await agent.stop()
    held = f"{jobs} jobs, {captures:,} captures, {pending} of them waiting"
    return _figures(pages, saves, starts_s, (rss_mb, held))


async def fill(home: Path, *, jobs: int, captures: int, pending: int) -> tuple[JobId, ...]:
    """Write a replica as a tablet has it after many days: jobs, captures sent and waiting."""
    settings = Settings(home=str(home))
    key = KeyFolder(settings.key_folder, Disk()).replica_key()
    ids = tuple(JobId(uuid7()) for _ in range(jobs))
    async with open_store(settings.replica_path, key) as store:
        await store.write(initialise, Incarnation(uuid7()))
        await store.write(store_enrolment, _NOWHERE, an_enrolment())
        await store.write(_put_jobs, ids)
        for done in range(0, captures, 500):
            await store.write(_work, ids, range(done, min(done + 500, captures)))
        await store.write(_send, pending)
    return ids


def _put_jobs(db: Connection, ids: tuple[JobId, ...]) -> None:
    now = utc_now().replace(minute=0, second=0, microsecond=0)
    for place, job_id in enumerate(ids):
        starts_at = now + timedelta(days=place // 12, hours=place % 12 - 4)
        job = a_job(
            id=job_id,
            number=f"FL-{place:04}-1",
            appointment=Appointment(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2)),
            required_photos=("terminal_port", "ont_mounted", "ont_label"),
        )
        run(db, "job_store", id=str(job_id), document=wire.encode(job))


def _work(db: Connection, ids: tuple[JobId, ...], captures: range) -> None:
    choose = random.Random(captures.start)  # noqa: S311  a replayable day, no secret
    for number in captures:
        pen = Pen(at=_moment(number), new_id=_new_id, new_salt=new_salt)
        reading = f"-{choose.uniform(14, 26):.2f}"
        capture.record_light(db, pen, ids[number % len(ids)], reading)


def _moment(number: int) -> Moment:
    return Moment(wall=utc_now(), monotonic_ms=number, boot_id="boot")


def _new_id() -> UUID:
    return uuid7()


def _send(db: Connection, pending: int) -> None:
    """Let the server have acknowledged all but the last ones."""
    acked = get_state(db).head_dseq - pending
    chain = db.execute("SELECT chain FROM operation WHERE dseq = ?", (acked,)).fetchone()["chain"]
    run(db, "replica_advance_ack", dseq=acked, chain=chain)
    run(db, "replica_settle", dseq=acked)


async def _cold_start_s(home: Path) -> float:
    """Start the agent and read its first page."""
    agent, began = RunningAgent(home, _NOWHERE), time.perf_counter()
    await agent.start()
    try:
        async with httpx.AsyncClient() as browser:
            answer = await browser.get(agent.launch_url, follow_redirects=True)
        assert answer.status_code == httpx.codes.OK, answer.text
        return time.perf_counter() - began
    finally:
        await agent.stop()


async def _pages_ms(
    browser: httpx.AsyncClient, jobs: tuple[JobId, ...], times: int
) -> dict[str, list[float]]:
    """Ask for every page, each time about another job."""
    paths = {
        "today": "/",
        "jobs": "/jobs?q=FL-02",
        "new_job": "/jobs/new",
        "stock": "/stock",
        "chip": "/chip",
        "queue": "/queue",
        "issues": "/issues",
        "settings": "/settings",
        "job": "/jobs/{job}",
        "correct": "/jobs/{job}/correct",
        "onts": "/jobs/{job}/onts",
        "receipt": "/jobs/{job}/receipt",
        "cannot_finish": "/jobs/{job}/cannot-finish",
        **{step: f"/jobs/{{job}}/visit/{step}" for step in _STEPS},
    }
    asked = {
        name: [path.format(job=jobs[turn % len(jobs)]) for turn in range(times)]
        for name, path in paths.items()
    }
    return {
        name: [await _timed_ms(partial(browser.get, url)) for url in urls]
        for name, urls in asked.items()
    }


async def _saves_ms(browser: httpx.AsyncClient, jobs: tuple[JobId, ...], times: int) -> list[float]:
    """Save a field that is another one each time."""
    save = partial(browser.post, headers={"HX-Request": "true"})
    paths = [f"/jobs/{jobs[turn % len(jobs)]}/fields/technician_remark" for turn in range(times)]
    return [
        await _timed_ms(partial(save, path, data={"value": f"remark {turn}"}))
        for turn, path in enumerate(paths)
    ]


async def _timed_ms(ask: Callable[[], Awaitable[httpx.Response]]) -> float:
    began = time.perf_counter()
    answer = await ask()
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == httpx.codes.OK, answer.text
    return took


def _figures(
    pages: dict[str, list[float]],
    saves: list[float],
    starts_s: list[float],
    tablet: tuple[float, str],
) -> tuple[Figure, ...]:
    slowest = max(pages, key=lambda name: percentile(pages[name], 95))
    rss_mb, held = tablet
    load = f"load average {os.getloadavg()[0]:.1f}"
    each = (
        Figure(
            key=f"{name}_p95_ms", value=percentile(times, 95), most=PAGE_MS_MOST, says="this page"
        )
        for name, times in pages.items()
    )
    return (
        Figure(
            key="page_p95_ms",
            value=percentile(pages[slowest], 95),
            most=PAGE_MS_MOST,
            says=f"the slowest page, {slowest}; {held}; {load}",
        ),
        Figure(
            key="save_p50_ms",
            value=percentile(saves, 50),
            most=SAVE_MS_MOST,
            says="a field, durable when answered (synchronous=FULL)",
        ),
        Figure(
            key="cold_start_s",
            value=percentile(starts_s, 50),
            most=START_S_MOST,
            says="from the command to the first page; the median of three",
        ),
        Figure(key="rss_mb", value=rss_mb, most=RSS_MB_MOST, says="of the agent, after all this"),
        *each,
    )
