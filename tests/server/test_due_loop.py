"""The loop that runs what is due: no more in hand than it works on, and nothing stops it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from server.database import Connection, Store
from server.due_loop import IN_HAND_MAX, DueWork, running
from tests.server.factories import Clock


class Bench:
    """Work without end, whose items are handled when the test lets them."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[int] = asyncio.Queue()
        self.gates: list[asyncio.Event] = []

    async def take(self, limit: int) -> Sequence[asyncio.Event]:
        self.asked.put_nowait(limit)
        taken = [asyncio.Event() for _ in range(limit)]
        self.gates += taken
        return taken

    async def handle(self, gate: asyncio.Event) -> None:
        await gate.wait()
        raise RuntimeError("a mistake in one item")

    def work(self) -> DueWork[asyncio.Event]:
        def next_due_at(_db: Connection) -> datetime | None:
            return None

        return DueWork(
            name="bench",
            topic="bench",
            take=self.take,
            handle=self.handle,
            next_due_at=next_due_at,
        )


async def test_no_more_is_taken_than_there_are_free_hands(store: Store) -> None:
    bench = Bench()
    async with asyncio.timeout(30), running(store, bench.work(), Clock()):
        assert await bench.asked.get() == IN_HAND_MAX
        for gate in bench.gates[:3]:
            gate.set()

        again = 0
        while again < 3:
            again += await bench.asked.get()

        assert again == 3
        assert bench.asked.empty()


async def test_an_item_that_fails_stops_neither_the_loop_nor_another_item(store: Store) -> None:
    bench = Bench()
    async with asyncio.timeout(30), running(store, bench.work(), Clock()):
        await bench.asked.get()
        bench.gates[0].set()

        assert await bench.asked.get() == 1
