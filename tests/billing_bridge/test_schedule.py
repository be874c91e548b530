from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_bridge.adapter import Delivered, Outcome, Refused, TryLater
from billing_bridge.schedule import (
    ATTEMPT_DELAYS_S,
    DeadLettered,
    EndpointDisabled,
    NextStep,
    Settled,
    TryAt,
    next_step,
)

NOW = datetime(2026, 1, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("outcome", "attempts", "expected"),
    [
        (Delivered(status=200), 1, Settled()),
        (Refused(why="410", gone=True), 1, EndpointDisabled(why="410")),
        (Refused(why="private", gone=False), 1, DeadLettered(why="private")),
        (TryLater(why="500"), 1, TryAt(NOW + timedelta(seconds=5))),
        (TryLater(why="500"), 2, TryAt(NOW + timedelta(minutes=5))),
        (TryLater(why="500"), 9, TryAt(NOW + timedelta(hours=24))),
        (TryLater(why="500"), 10, DeadLettered(why="10 attempts failed; the last: 500")),
        (TryLater(why="429", after_s=60), 1, TryAt(NOW + timedelta(seconds=60))),
        (TryLater(why="429", after_s=1), 2, TryAt(NOW + timedelta(minutes=5))),
        (TryLater(why="429", after_s=10**9), 1, TryAt(NOW + timedelta(hours=24))),
    ],
)
def test_an_outcome_leads_to_its_next_step(
    outcome: Outcome, attempts: int, expected: NextStep
) -> None:
    assert next_step(outcome, attempts, now=NOW, jitter=0.0) == expected


def test_a_receiver_has_three_days_to_come_back() -> None:
    assert timedelta(hours=75) < timedelta(seconds=sum(ATTEMPT_DELAYS_S)) < timedelta(hours=77)


@settings(deadline=None)
@given(
    st.integers(min_value=1, max_value=9),
    st.none() | st.integers(min_value=0, max_value=10**9),
    st.floats(min_value=0, max_value=1, exclude_max=True),
)
def test_jitter_only_lengthens_a_wait_and_by_a_tenth_at_most(
    attempts: int, after_s: int | None, jitter: float
) -> None:
    outcome = TryLater(why="500", after_s=after_s)

    plain = next_step(outcome, attempts, now=NOW, jitter=0.0)
    jittered = next_step(outcome, attempts, now=NOW, jitter=jitter)

    assert isinstance(plain, TryAt)
    assert isinstance(jittered, TryAt)
    assert plain.at <= jittered.at <= plain.at + (plain.at - NOW) / 10
