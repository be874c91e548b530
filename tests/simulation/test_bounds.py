"""What watches the bounds says when they are broken; that they are kept, the worlds show."""

from uuid import UUID

import pytest

from field_client.engine import Busy, Finished, Outcome, Pace, Recorded, Requested, Synced, Ticked
from field_client.engine import Unreachable as NoAnswer
from sync_protocol import wire
from sync_protocol.ids import Incarnation
from sync_protocol.messages import PROTOCOL_VERSION, SyncRequest
from sync_protocol.operations import Moment
from tests.server.factories import NOON
from tests.simulation.bounds import REPEATS_MAX, Bounds
from tests.simulation.network import Asked

LOST = NoAnswer(detail="lost")


def bounds(*outcomes: Outcome) -> Bounds:
    """Give the bounds of a tablet whose sessions have ended so, the last of them at 1,000."""
    made = Bounds("tablet", Pace())
    for outcome in outcomes:
        made.session_ends(Finished(outcome=outcome, jitter=0), 1_000)
    return made


@pytest.mark.parametrize(
    ("outcomes", "not_before_ms"),
    [
        ((Busy(retry_after_ms=7_000),), 8_000),
        ((LOST,), 1_500),
        ((LOST, LOST, LOST), 3_000),
        ((LOST,) * 30, 151_000),
        ((LOST, LOST, Synced()), 0),
    ],
)
def test_a_session_that_comes_too_soon_is_a_storm(
    outcomes: tuple[Outcome, ...], not_before_ms: int
) -> None:
    early, late = bounds(*outcomes), bounds(*outcomes)

    early.session_begins(Recorded(), not_before_ms - 1)
    late.session_begins(Ticked(), not_before_ms)

    assert bool(early.broken) == (not_before_ms > 0)
    assert not late.broken


def test_a_person_may_ask_at_any_time() -> None:
    asked = bounds(Busy(retry_after_ms=7_000))

    asked.session_begins(Requested(), 1_001)

    assert not asked.broken


def a_request(path: str = "/sync/v1", body: bytes | None = None) -> Asked:
    said = SyncRequest(
        protocol=PROTOCOL_VERSION,
        app_version="1",
        incarnation=Incarnation(UUID(int=1)),
        chain_before="0" * 64,
        clock=Moment(wall=NOON, monotonic_ms=1, boot_id="1"),
    )
    packed = wire.compress(wire.encode(said)) if body is None else body
    return Asked(method="POST", path=path, headers={}, body=packed)


def test_one_and_the_same_is_asked_so_often_in_a_session_and_no_more() -> None:
    watched = bounds()
    for _ in range(2):
        watched.session_begins(Ticked(), 0)
        for _ in range(REPEATS_MAX):
            watched.asks(a_request())
    assert not watched.broken

    watched.asks(a_request())

    assert watched.broken == [f"tablet asks one and the same {REPEATS_MAX + 1} times in a session"]


def test_a_body_beyond_its_bound_is_named() -> None:
    watched = bounds()

    watched.asks(a_request("/devices/v1/token", bytes(1_000_001)))

    assert watched.broken == ["tablet sends 1000001 bytes to /devices/v1/token, of at most 1000000"]
