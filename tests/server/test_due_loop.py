"""The loop of what becomes due, over a store and items that stand for deliveries."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from structlog.testing import capture_logs

from server import due_loop
from server.acts import utc_now
from server.database import Store
from server.database.full_disk import StorageFull
from server.due_loop import DueWork

PATIENCE_S = 20


class Work:
    """Items that become due once, in the order of their numbers."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.due = list(numbers)
        self.begun: list[int] = []
        self.failed: list[tuple[int, str]] = []
        self.moved = asyncio.Condition()
        self.may_end = asyncio.Event()

    def described(self) -> DueWork[int]:
        return DueWork(
            name="numbers",
            topic="numbers",
            take=self.take,
            handle=self.handle,
            next_due_at=self.next_due_at,
            fail=self.fail,
        )

    def next_due_at(self, _db: sa.Connection) -> datetime | None:
        return utc_now() if self.due else None

    async def take(self, limit: int) -> Sequence[int]:
        taken, self.due = self.due[:limit], self.due[limit:]
        return taken

    async def handle(self, number: int) -> None:
        async with self.moved:
            self.begun.append(number)
            self.moved.notify_all()
        if number < 0:
            raise KeyError(number)
        await self.may_end.wait()

    async def fail(self, number: int, error: Exception) -> None:
        async with self.moved:
            self.failed.append((number, type(error).__name__))
            self.moved.notify_all()
        raise RuntimeError("nor can this be noted")

    async def until_begun(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S), self.moved:
            await self.moved.wait_for(lambda: len(self.begun) >= count)

    async def until_failed(self) -> None:
        async with asyncio.timeout(PATIENCE_S), self.moved:
            await self.moved.wait_for(lambda: bool(self.failed))


async def test_what_fails_unforeseen_is_handed_back_and_stops_nothing_else(store: Store) -> None:
    work = Work([-1, 2])

    async with due_loop.running(store, work.described(), utc_now):
        await work.until_failed()
        await work.until_begun(2)

    assert work.failed == [(-1, "KeyError")]
    assert work.begun == [-1, 2]


async def test_what_is_taken_is_begun_at_once_and_no_more_is_taken_than_can_be(
    store: Store,
) -> None:
    work = Work(range(200))

    async with due_loop.running(store, work.described(), utc_now):
        await work.until_begun(due_loop.IN_HAND_MAX)
        in_hand, waiting = len(work.begun), len(work.due)
        work.may_end.set()
        await work.until_begun(200)

    assert in_hand + waiting == 200, "something is taken and waits while its lease runs"
    assert work.begun == list(range(200))


class WorkOnAFullDisk(Work):
    """Nothing can be taken, or nothing noted of what was, until there is room."""

    def __init__(self, numbers: Sequence[int]) -> None:
        super().__init__(numbers)
        self.has_room = False
        self.refused = 0

    async def take(self, limit: int) -> Sequence[int]:
        if self.has_room:
            return await super().take(limit)
        async with self.moved:
            self.refused += 1
            self.moved.notify_all()
        raise StorageFull("full")

    async def handle(self, number: int) -> None:
        await super().handle(number)
        if number == 0:
            raise StorageFull("full")

    async def until_refused(self) -> None:
        async with asyncio.timeout(PATIENCE_S), self.moved:
            await self.moved.wait_for(lambda: self.refused > 0)


async def test_a_full_disk_ends_no_loop_and_the_first_commit_with_room_wakes_it(
    store: Store,
) -> None:
    work = WorkOnAFullDisk([0, 1])
    work.may_end.set()

    with capture_logs() as logs:
        async with due_loop.running(store, work.described(), utc_now):
            await work.until_refused()
            refused = work.refused
            work.has_room = True
            store.signals.notify(frozenset({"numbers"}))
            await work.until_begun(2)

    assert (refused, work.begun, work.failed) == (1, [0, 1], [])
    assert logs == [], "who met the full disk has told of it"
