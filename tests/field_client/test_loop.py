import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

import pytest

from field_client.engine import Outcome, Pace, Synced, Unreachable
from field_client.loop import FlightModeOn, SyncLoop
from field_client.session import SessionReport
from sync_protocol.operations import Moment
from tests.field_client.factories import FakeClock

DEADLINE_S = 10


class Sessions:
    """Sessions that end when the test says how."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[asyncio.Future[Outcome]] = asyncio.Queue()
        self.running = 0

    async def run(self) -> SessionReport:
        """Wait to be told how it ends."""
        self.running += 1
        assert self.running == 1
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.begun.put_nowait(outcome)
        try:
            return SessionReport(outcome=await outcome)
        finally:
            self.running -= 1

    async def next(self) -> asyncio.Future[Outcome]:
        """Wait for the next session to begin."""
        return await asyncio.wait_for(self.begun.get(), DEADLINE_S)


def a_loop(run: Callable[[], Coroutine[None, None, SessionReport]]) -> SyncLoop:
    pace = Pace(poll_ms=3_600_000, retry_ms_min=600_000, retry_ms_max=3_600_000)
    return SyncLoop(run, clock=FakeClock(), pace=pace, jitter=lambda: 0.5)


@asynccontextmanager
async def running(loop: SyncLoop) -> AsyncGenerator[None, None]:
    task = asyncio.create_task(loop.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_tablet_syncs_when_it_starts_and_when_something_is_recorded() -> None:
    sessions = Sessions()
    loop = a_loop(sessions.run)
    async with running(loop):
        (await sessions.next()).set_result(Synced())
        loop.note_recorded()
        (await sessions.next()).set_result(Synced())


async def test_who_asks_during_a_session_gets_the_report_of_the_next() -> None:
    sessions = Sessions()
    loop = a_loop(sessions.run)
    async with running(loop):
        first = await sessions.next()
        asked = asyncio.create_task(loop.sync_now())
        await asyncio.sleep(0)
        first.set_result(Synced())
        second = await sessions.next()
        assert not asked.done()
        second.set_result(Synced())

        assert (await asyncio.wait_for(asked, DEADLINE_S)).outcome == Synced()


async def test_who_asks_is_told_of_a_failure_and_not_kept_for_the_pause() -> None:
    sessions = Sessions()
    loop = a_loop(sessions.run)
    async with running(loop):
        first = await sessions.next()
        asked = asyncio.create_task(loop.sync_now())
        await asyncio.sleep(0)
        first.set_result(Unreachable(detail="no network"))

        report = await asyncio.wait_for(asked, DEADLINE_S)

    assert report.outcome == Unreachable(detail="no network")


async def test_in_flight_mode_nothing_is_sent_and_asking_says_so() -> None:
    sessions = Sessions()
    loop = a_loop(sessions.run)
    async with running(loop):
        await sessions.next()

        await asyncio.wait_for(loop.set_flight_mode(is_on=True), DEADLINE_S)

        assert sessions.running == 0
        with pytest.raises(FlightModeOn):
            await loop.sync_now()
        await loop.set_flight_mode(is_on=False)
        (await sessions.next()).set_result(Synced())


async def test_a_session_broken_off_before_it_ran_does_not_stop_the_loop() -> None:
    sessions = Sessions()
    loop = a_loop(sessions.run)
    loop.set_out(flight_mode=True)
    async with running(loop):
        await asyncio.sleep(0)
        await loop.set_flight_mode(is_on=False)
        async with asyncio.timeout(DEADLINE_S):
            await loop.set_flight_mode(is_on=True)
        assert not loop.state.is_syncing
        await loop.set_flight_mode(is_on=False)

        (await sessions.next()).set_result(Synced())


async def test_a_mistake_in_a_session_is_reported_and_outlived() -> None:
    async def fail() -> SessionReport:
        raise LookupError("a mistake")

    loop = a_loop(fail)
    async with running(loop):
        report = await asyncio.wait_for(loop.sync_now(), DEADLINE_S)

        assert isinstance(report.outcome, Unreachable)
        assert "LookupError" in report.outcome.detail
        assert loop.state.next_at_ms is not None


class WatchedClock(FakeClock):
    """A clock that counts how often it is looked at."""

    looks = 0

    def moment(self) -> Moment:
        self.looks += 1
        return super().moment()


async def test_a_loop_with_nothing_to_do_sleeps() -> None:
    clock = WatchedClock()
    idle = SyncLoop(Sessions().run, clock=clock, pace=Pace(), jitter=lambda: 0.5)
    idle.set_out(flight_mode=True)

    async with running(idle):
        for _ in range(50):
            await asyncio.sleep(0)

    assert clock.looks <= 3
