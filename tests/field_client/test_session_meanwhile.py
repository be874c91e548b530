"""What is entered while a session runs."""

import asyncio
from contextlib import suppress

import pytest

from field_client.engine import Pace, Synced, Unreachable
from field_client.loop import SyncLoop
from field_client.replica.views import count_all
from tests.field_client import http_server
from tests.field_client.tablets import Tablet


@pytest.mark.parametrize("entries", [1, 2, 3])
async def test_work_entered_while_a_request_is_under_way_goes_in_the_same_session(
    tablet: Tablet, entries: int
) -> None:
    await tablet.sync()
    tablet.meanwhile.extend([tablet.start_job, *[tablet.take_photo] * 2][:entries])

    report = await tablet.sync()

    assert (report.outcome, report.acked) == (Synced(), entries)
    assert (await tablet.store.read(count_all)).pending_operations == 0


async def test_the_loop_tells_nobody_of_a_failure_when_work_was_entered_during_a_sync(
    tablet: Tablet,
) -> None:
    pace = Pace(poll_ms=3_600_000)
    loop = SyncLoop(tablet.sync, clock=tablet.clock, pace=pace, jitter=lambda: 0.5)

    async def enter() -> None:
        await tablet.start_job()
        loop.note_recorded()

    loop.set_out(flight_mode=False)
    serving_loop = asyncio.create_task(loop.run())
    await loop.sync_now()
    tablet.meanwhile.append(enter)

    report = await loop.sync_now()

    assert (report.outcome, report.acked) == (Synced(), 1)
    assert (loop.state.failures, loop.state.obstacle) == (0, None)
    serving_loop.cancel()
    with suppress(asyncio.CancelledError):
        await serving_loop


async def test_operations_without_a_verdict_are_not_sent_in_circles_while_more_is_entered(
    tablet: Tablet,
) -> None:
    await tablet.sync()
    await tablet.start_job()
    tablet.server.tricks.extend([http_server.withhold_verdicts] * 20)
    tablet.meanwhile.extend([tablet.take_photo] * 20)

    report = await tablet.sync()

    assert isinstance(report.outcome, Unreachable)
    assert report.rounds <= 2
