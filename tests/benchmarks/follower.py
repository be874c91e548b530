"""``follower``: who follows the feed by its numbers misses nothing, on PostgreSQL.

Four processes commit through the real writer, units of all sizes among which some are rolled back,
while this one reads on and on from its cursor. The rival does the same with numbers from a
sequence, which are given out before the commit: a later number can be visible before an earlier
one, and who has read past it never sees it.
"""

import asyncio
import contextlib
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from server.database import Connection, FeedChange, Store, Written, schema_versions
from server.database.tables.sync import feed
from server.database.units import FeedKind
from server.sync import pull
from sync_protocol.messages import Cursor
from tests.benchmarks.figures import Figure
from tests.postgres import started

PROCESSES: Final = 4
UNIT_ROWS_MAX: Final = 100
ROLLED_BACK: Final = 0.1
"""Of the units; one that fails has taken its number of the sequence all the same."""
IN_FLIGHT: Final = 32
PAGE: Final = 5_000
SCOPE: Final = UUID(int=1)
# What is looked for is the order of visibility, which no flush to a disk changes.
SETTINGS: Final = "-c fsync=off -c shared_buffers=128MB -c max_connections=100"
_RIVAL: Final = sa.Table(
    "rival_feed",
    sa.MetaData(),
    sa.Column("seq", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("entity_id", sa.Uuid),
)


async def measure(rows: int) -> tuple[Figure, ...]:
    """Write so many rows and follow them."""
    return await asyncio.to_thread(_measure, rows)


def _measure(rows: int) -> tuple[Figure, ...]:
    with (
        tempfile.TemporaryDirectory(prefix="fl-pg-", ignore_cleanup_errors=True) as place,
        started(Path(place), SETTINGS) as server,
        server.database() as url,
    ):
        schema_versions.upgrade(url)
        store = Store(url)
        _RIVAL.create(store.writing)
        begun = time.monotonic()
        seen, seen_by_rival = _follow(store, url, max(1, rows // PROCESSES))
        took = time.monotonic() - begun
        written = store.read_now(_count, feed)
        written_to_rival = store.read_now(_count, _RIVAL)
        store.close()
    return (
        Figure(key="rows", value=written, says="of the feed, by 4 processes"),
        Figure(key="missed", value=written - seen, most=0, says="by a follower of the feed"),
        Figure(
            key="missed_by_sequence",
            value=written_to_rival - seen_by_rival,
            says=f"by a follower of a sequence, of {written_to_rival} rows of the same commits",
        ),
        Figure(key="took_s", value=took, says="both at once"),
        Figure(key="rows_s", value=written / took, says="of the feed, written and followed"),
    )


def _follow(store: Store, url: str, rows_each: int) -> tuple[int, int]:
    """Run the writers and both followers; how many rows each follower has seen."""
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=write, args=(url, number, rows_each))
        for number in range(1, PROCESSES + 1)
    ]
    over = threading.Event()
    found: dict[str, int] = {}
    followers = [
        threading.Thread(target=lambda: found.update(feed=_follow_feed(store, over))),
        threading.Thread(target=lambda: found.update(rival=_follow_rival(store, over))),
    ]
    try:
        for one in (*followers, *writers):
            one.start()
        for writer in writers:
            writer.join()
            assert writer.exitcode == 0, f"a writer ended with {writer.exitcode}"
    finally:
        over.set()
        for writer in writers:
            if writer.is_alive():
                writer.terminate()
        for follower in followers:
            follower.join()
    return found["feed"], found["rival"]


class _Failed(Exception):
    """A unit that is rolled back after it has written."""


def write(url: str, number: int, rows: int) -> None:
    """Be one of the writing processes: units of all sizes, some of which fail, many at once."""
    store, chance = Store(url), random.Random(number)  # noqa: S311  sizes, no secret

    async def run() -> None:
        written = 0
        while written < rows:
            units: list[Coroutine[Any, Any, None]] = []
            while len(units) < IN_FLIGHT and written < rows:
                size = min(chance.randint(1, UNIT_ROWS_MAX), rows - written)
                fails = chance.random() < ROLLED_BACK
                units.append(_store(store, number << 64 | written, size, fails=fails))
                written += 0 if fails else size
            await asyncio.gather(*units)

    asyncio.run(run())
    store.close()


async def _store(store: Store, first: int, size: int, *, fails: bool) -> None:
    with contextlib.suppress(_Failed):
        await store.write(_unit, first, size, fails=fails)


def _unit(db: Connection, first: int, size: int, *, fails: bool) -> Written[None]:
    ids = [UUID(int=first + row) for row in range(size)]
    db.execute(sa.insert(_RIVAL), {"entity_id": UUID(int=first)})
    if fails:
        raise _Failed
    return Written(None, feed=tuple(_entered(entity_id) for entity_id in ids))


def _entered(entity_id: UUID) -> FeedChange:
    return FeedChange(scope=SCOPE, entity="job", entity_id=entity_id, kind=FeedKind.ENTER)


def _follow_feed(store: Store, over: threading.Event) -> int:
    """Count what a follower gets that reads the rows as a pull does."""
    cursor, seen = Cursor(seq=0, entity="", entity_id=str(UUID(int=0))), 0
    while True:
        is_last = over.is_set()
        page = store.read_now(pull.rows_after, SCOPE, cursor, PAGE)
        if page:
            seen, cursor = seen + len(page), page[-1].cursor
        elif is_last:
            return seen
        else:
            over.wait(0.01)
        _tell(seen)


def _follow_rival(store: Store, over: threading.Event) -> int:
    last, seen = 0, 0
    while True:
        is_last = over.is_set()
        page = store.read_now(_rival_after, last)
        if page:
            seen, last = seen + len(page), page[-1]
        elif is_last:
            return seen
        else:
            over.wait(0.01)


def _rival_after(db: Connection, last: int) -> Sequence[int]:
    rows = sa.select(_RIVAL.c.seq).where(_RIVAL.c.seq > last).order_by(_RIVAL.c.seq)
    return db.execute(rows.limit(PAGE)).scalars().all()


def _count(db: Connection, table: sa.Table) -> int:
    return db.execute(sa.select(sa.func.count().label("rows")).select_from(table)).scalar_one()


def _tell(seen: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{seen} rows followed ")
