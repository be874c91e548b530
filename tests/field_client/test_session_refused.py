"""A server that cannot take a request now, or not at once: nothing is lost, nothing moves, and the
tablet comes back as it was asked to."""

import pytest

from field_client.engine import Blocked, Busy, EngineState, Finished, Pace, Synced, Ticked, step
from field_client.replica.views import count_all
from field_client.session import SessionReport
from tests.field_client import http_server
from tests.field_client.exchanges import dump
from tests.field_client.http_server import Trick, play_fair
from tests.field_client.tablets import Tablet

PACE = Pace()


@pytest.mark.parametrize(
    ("trick", "wait_ms"),
    [
        (http_server.busy, 7_000),
        (http_server.too_often, 9_000),
        (http_server.wait_for_ever, 3_600_000),
    ],
)
async def test_a_server_that_asks_for_patience_gets_it_and_all_that_waited(
    tablet: Tablet, trick: Trick, wait_ms: int
) -> None:
    await tablet.sync()
    await tablet.start_job()
    await tablet.take_photo()
    before = await tablet.store.read(dump)
    tablet.server.tricks.append(trick)

    refused = await tablet.sync()

    assert refused.outcome == Busy(retry_after_ms=wait_ms)
    assert await tablet.store.read(dump) == before
    assert comes_back_after_ms(refused, jitter=0) == wait_ms
    assert comes_back_after_ms(refused, jitter=1) == wait_ms + wait_ms // 4
    assert (await tablet.sync()).outcome == Synced()
    assert len(tablet.server.protocol.operations) == 2
    assert (await tablet.store.read(count_all)).pending_blobs == 0


def comes_back_after_ms(report: SessionReport, *, jitter: float) -> int:
    """Ask the engine, as the loop does."""
    syncing, _ = step(EngineState(), Ticked(), 0, PACE)
    rested, _ = step(syncing, Finished(outcome=report.outcome, jitter=jitter), 0, PACE)
    assert rested.next_at_ms is not None
    return rested.next_at_ms


@pytest.mark.parametrize("trick", [http_server.busy, http_server.too_often])
async def test_a_tablet_that_gets_no_new_token_now_keeps_everything_and_asks_later(
    tablet: Tablet, trick: Trick
) -> None:
    await tablet.sync()
    await tablet.start_job()
    tablet.server.tokens = set()
    tablet.server.tricks.extend([play_fair, trick])

    assert isinstance((await tablet.sync()).outcome, Busy)
    assert (await tablet.sync()).outcome == Synced()
    assert len(tablet.server.protocol.operations) == 1


async def test_a_tablet_sends_fewer_operations_where_a_request_is_too_large(
    tablet: Tablet,
) -> None:
    await tablet.sync()
    await tablet.start_job()
    for _ in range(10):
        await tablet.take_photo()
    tablet.server.operations_max = 3

    report = await tablet.sync()

    assert (report.outcome, report.acked) == (Synced(), 11)
    assert len(tablet.server.protocol.operations) == 11
    assert report.rounds <= 8
    assert (await tablet.store.read(count_all)).pending_operations == 0


async def test_one_operation_that_is_too_large_by_itself_is_kept_and_told(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    await tablet.take_photo()
    tablet.server.operations_max = 0

    report = await tablet.sync()

    assert isinstance(report.outcome, Blocked)
    assert report.rounds <= 3
    assert (await tablet.store.read(count_all)).pending_operations == 2
