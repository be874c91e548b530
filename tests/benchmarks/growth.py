"""``growth``: what a push and a pull cost where there are a hundred times as many subscribers.

Three databases are made and then measured in turns, so that whatever else the machine does falls on
all of them. Measured are the functions behind the sync route on a store of the real kind, each push
with its durable commit; HTTP, which costs the same at every size, is left out, so the ratios are
the larger for it. The console's pages are told as well; no limit is set for them.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from server.acts import Actor, ActorKind, act_of
from server.database import Store
from server.jobs import board
from server.jobs.queries import JobFilter
from server.sync import commands, pull
from server.sync.fingerprints import Fingerprints
from sync_protocol.messages import Cursor, JobEntered, JobUpdated, PullPage
from tests.benchmarks.corpus import CHANGES, EDITED, JOBS, PUSHES, BenchTablet
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.grown import Grown, grow

T = TypeVar("T")

TABLETS: Final = 20
"""How many tablets are measured at most; where there are fewer technicians, all are."""
PAGES: Final = 5
RATIO_MOST: Final = 1.3


class Timings(msgspec.Struct):
    """How long each thing took, in ms."""

    push: list[float] = []
    first_pull: list[float] = []
    next_pull: list[float] = []
    empty_pull: list[float] = []
    board: list[float] = []
    story: list[float] = []


class Site(msgspec.Struct, kw_only=True):
    """One database and what was measured on it."""

    grown: Grown
    store: Store
    built_s: float
    size_mb: float
    timings: Timings = msgspec.field(default_factory=Timings)
    fingerprints: Fingerprints = msgspec.field(default_factory=Fingerprints)


async def measure(subscribers: int) -> tuple[Figure, ...]:
    """Compare so many subscribers with a tenth and a hundredth of them."""
    return await asyncio.to_thread(_measure, subscribers)


def _measure(subscribers: int) -> tuple[Figure, ...]:
    sizes = sorted({max(1, subscribers // part) for part in (100, 10, 1)})
    with tempfile.TemporaryDirectory(prefix="firstlight-growth-") as name, ExitStack() as stack:
        sites = [_build(Path(name), size, stack) for size in sizes]
        _measure_in_turns(sites)
    return _figures(sites)


def _build(folder: Path, subscribers: int, stack: ExitStack) -> Site:
    file = folder / f"{subscribers}.db"
    begun = time.monotonic()
    grown = grow(file, subscribers, tablets=TABLETS)
    took, size_mb = time.monotonic() - begun, file.stat().st_size / 1e6
    free_gb = shutil.disk_usage(folder).free / 1e9
    _say(
        f"{grown.subscribers} subscribers, {grown.operations} operations, {grown.history} rows of "
        f"history: {size_mb:.0f} MB in {took:.1f} s; {free_gb:.0f} GB are free"
    )
    store = Store(f"sqlite:///{file}")
    stack.callback(store.close)
    return Site(grown=grown, store=store, built_s=took, size_mb=size_mb)


def _measure_in_turns(sites: Sequence[Site]) -> None:
    """Let each tablet of every site do the same thing before the next one does."""
    for number in range(PUSHES):
        for at in range(TABLETS):
            for site in _turned(sites, at + number):
                if at < len(site.grown.tablets):
                    _sync(site, site.grown.tablets[at], number)
        _say(f"round {number + 1} of {PUSHES}")
    for at in range(PAGES):
        for site in _turned(sites, at):
            _look(site)


def _turned(sites: Sequence[Site], by: int) -> Iterable[Site]:
    """Let another one be the first each time."""
    at = by % len(sites)
    return (*sites[at:], *sites[:at])


def _sync(site: Site, tablet: BenchTablet, number: int) -> None:
    """Pull everything, push forty changes, pull what has come of them, and once more."""
    request = tablet.push(number)
    act = act_of(Actor(ActorKind.DEVICE, tablet.device_id))
    store, timings = site.store, site.timings

    def read(cursor: Cursor | None) -> PullPage:
        return store.read_now(
            pull.read, tablet.technician_id, None, cursor, fingerprints=site.fingerprints
        )[1]

    first = _timed(timings.first_pull, lambda: read(None))
    pushed = _timed(
        timings.push,
        lambda: store.write_now(commands.receive, tablet.device_id, request, act=act),
    )
    then = _timed(timings.next_pull, lambda: read(first.cursor))
    end = _timed(timings.empty_pull, lambda: read(then.cursor))
    assert len(pushed.verdicts) == CHANGES
    assert _jobs_in(first) == JOBS, first
    assert _jobs_in(then) == EDITED + 1, then
    assert _jobs_in(end) == 0, end


def _jobs_in(page: PullPage) -> int:
    assert not page.more
    return sum(isinstance(entry, JobEntered | JobUpdated) for entry in page.entries)


def _look(site: Site) -> None:
    """Read the console's list of all jobs, and one job's page."""
    store, job_id = site.store, site.grown.tablets[0].jobs[0]
    _timed(
        site.timings.board,
        lambda: store.read_now(board.load_board, JobFilter(), page=1, page_size=40),
    )
    _timed(site.timings.story, lambda: store.read_now(board.load_story, job_id))


def _timed(into: list[float], work: Callable[[], T]) -> T:
    begun = time.perf_counter()
    done = work()
    into.append((time.perf_counter() - begun) * 1000)
    return done


def _figures(sites: Sequence[Site]) -> tuple[Figure, ...]:
    least, most = sites[0], sites[-1]
    firsts, thens = (_p50(most, name) / _p50(least, name) for name in ("first_pull", "next_pull"))
    ratio = _p50(most, "push") / _p50(least, "push")
    between = f"{most.grown.subscribers} to {least.grown.subscribers} subscribers"
    return (
        Figure(key="push_ratio", value=ratio, most=RATIO_MOST, says=between),
        Figure(
            key="pull_ratio",
            value=max(firsts, thens),
            most=RATIO_MOST,
            says="the worse of the two that follow",
        ),
        Figure(key="first_pull_ratio", value=firsts, says=f"of {JOBS} jobs"),
        Figure(key="next_pull_ratio", value=thens, says=f"of {EDITED + 1} changed jobs"),
        *(figure for site in sites for figure in _figures_of(site)),
    )


def _figures_of(site: Site) -> Iterable[Figure]:
    grown = site.grown
    what = {
        "push": f"{CHANGES} changes, durable",
        "first_pull": f"{JOBS} jobs",
        "next_pull": f"{EDITED + 1} jobs",
        "empty_pull": "nothing new",
        "board": "the console's list of all jobs",
        "story": "a job's page",
    }
    for name, says in what.items():
        key = f"{name}_p50_ms_{grown.subscribers}"
        yield Figure(key=key, value=_p50(site, name), says=says)
    yield Figure(key=f"operations_{grown.subscribers}", value=grown.operations, says="stored")
    yield Figure(key=f"history_{grown.subscribers}", value=grown.history, says="rows of the audit")
    yield Figure(key=f"size_mb_{grown.subscribers}", value=site.size_mb, says="on disk")
    yield Figure(key=f"built_s_{grown.subscribers}", value=site.built_s, says="to make it")


def _p50(site: Site, name: str) -> float:
    return percentile(getattr(site.timings, name), 50)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
