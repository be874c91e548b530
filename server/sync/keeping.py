"""Once a day: let finished jobs leave, compact the feeds, remove what has ended."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import sqlalchemy as sa
import structlog

from server.acts import SYSTEM, Act, Clock, act_of
from server.database import Store, Written
from server.database.tables.sync import feed_marks
from server.due_loop import DueWork
from server.sync import retention
from server.sync.retention import BATCH_MAX, Held

EVERY: Final = timedelta(days=1)
ENDED_FOR: Final = timedelta(days=30)
"""Tokens and codes are kept that long after their end; a lost answer may still be asked for."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long what has ended stays in the feeds."""

    finished_jobs: timedelta
    feed: timedelta


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to; ``returned`` is 0 unless the feed was damaged."""

    returned: int
    compacted: int
    tidied: int


class Keeper:
    """Runs the units of retention until each has nothing left."""

    def __init__(self, store: Store, wanted: Retention, *, clock: Clock) -> None:
        self._store = store
        self._wanted = wanted
        self._clock = clock

    def work(self) -> DueWork[Act]:
        """Describe it for the loop of what becomes due."""
        return DueWork(
            name="keeping",
            topic="keeping",
            take=self._take,
            handle=self._handle,
            next_due_at=next_due_at,
        )

    async def _take(self, _limit: int) -> Sequence[Act]:
        act = act_of(SYSTEM, clock=self._clock)
        return [act] if await self._store.write(claim, act=act) else []

    async def _handle(self, act: Act) -> None:
        kept = await self.run(act)
        log = structlog.get_logger()
        if kept.returned:
            log.warning("feed.was_damaged", jobs_returned=kept.returned)
        log.info("keeping.finished", compacted=kept.compacted, tidied=kept.tidied)

    async def run(self, act: Act) -> Kept:
        """Do everything that is due at an instant."""
        returned = await self._store.write(retention.return_missing)
        while await self._store.write(retention.brief) == BATCH_MAX:
            pass
        await self._let_leave(act.now - self._wanted.finished_jobs)
        before = act.now - self._wanted.feed
        up_to = await self._store.read(retention.horizon, before)
        compacted = batch = await self._store.write(retention.compact, up_to)
        while batch == BATCH_MAX:
            batch = await self._store.write(retention.compact, up_to)
            compacted += batch
        await self._store.write(retention.forget_marks, before)
        tidied = await self._store.write(retention.tidy, act.now - ENDED_FOR)
        return Kept(returned=returned, compacted=compacted, tidied=tidied)

    async def _let_leave(self, before: datetime) -> None:
        place: Held | None = None
        while True:
            place = await self._store.write(retention.leave_finished, before, place)
            if place is None:
                return


def claim(db: sa.Connection, *, act: Act) -> Written[bool]:
    """Take the run of the day, unless another process has; its mark says so.

    A mark further ahead than the clocks of several machines differ is of a clock that was set back.
    """
    retention.forget_future(db, act.now + EVERY)
    retention.lock_marks(db)
    if next_due_at(db) > act.now:
        return Written(False)  # noqa: FBT003  a value, not a flag
    retention.mark(db, act=act)
    return Written(True)  # noqa: FBT003  a value, not a flag


def next_due_at(db: sa.Connection) -> datetime:
    """Tell when the next run is due: a day after the last."""
    last = db.execute(sa.select(sa.func.max(feed_marks.c.marked_at))).scalar_one()
    return datetime.min.replace(tzinfo=UTC) if last is None else last + EVERY
