import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_client.engine import (
    Blocked,
    Busy,
    EngineState,
    Event,
    Finished,
    FlightModeSet,
    NoRoom,
    Obstacle,
    Outcome,
    Pace,
    Recorded,
    Requested,
    StartSession,
    StopSession,
    Synced,
    Ticked,
    Unreachable,
    back_off_ms,
    step,
)

PACE = Pace(poll_ms=30_000, retry_ms_min=1_000, retry_ms_max=60_000)
START = (StartSession(),)
SYNCING = EngineState(is_syncing=True, next_at_ms=None)
NO_ANSWER = Unreachable(detail="no network")
NO_ROOM = NoRoom(detail="this tablet is full")
REVOKED = Blocked(obstacle=Obstacle.DEVICE_REVOKED, detail="revoked")


def finished(outcome: Outcome, jitter: float = 0) -> Finished:
    return Finished(outcome=outcome, jitter=jitter)


@pytest.mark.parametrize(
    ("state", "event", "starts"),
    [
        (EngineState(), Ticked(), True),
        (EngineState(next_at_ms=5_001), Ticked(), False),
        (EngineState(next_at_ms=5_000), Ticked(), True),
        (EngineState(next_at_ms=9_000), Recorded(), True),
        (EngineState(next_at_ms=9_000, failures=2), Recorded(), False),
        (EngineState(next_at_ms=9_000, failures=2), Requested(), True),
        (EngineState(next_at_ms=None, obstacle=REVOKED), Recorded(), False),
        (EngineState(next_at_ms=None, obstacle=REVOKED), Ticked(), False),
        (EngineState(next_at_ms=None, obstacle=REVOKED), Requested(), True),
        (EngineState(next_at_ms=None, flight_mode=True), Recorded(), False),
        (EngineState(next_at_ms=None, flight_mode=True), Requested(), False),
        (EngineState(next_at_ms=None, flight_mode=True), FlightModeSet(is_on=False), True),
        (SYNCING, Requested(), False),
        (SYNCING, Ticked(), False),
    ],
)
def test_a_session_starts_when_it_should_and_only_then(
    state: EngineState, event: Event, *, starts: bool
) -> None:
    after, effects = step(state, event, 5_000, PACE)

    assert effects == (START if starts else ())
    assert after.is_syncing == (starts or state.is_syncing)


@pytest.mark.parametrize(
    ("outcome", "next_at_ms"),
    [
        (Synced(), 35_000),
        (NO_ANSWER, 5_500),
        (NO_ROOM, 5_500),
        (Busy(retry_after_ms=7_000), 12_000),
        (REVOKED, None),
    ],
)
def test_what_ended_a_session_decides_when_the_next_begins(
    outcome: Outcome, next_at_ms: int | None
) -> None:
    after, effects = step(SYNCING, finished(outcome), 5_000, PACE)

    assert (after.next_at_ms, effects) == (next_at_ms, ())


def test_what_was_recorded_during_a_session_goes_right_after_it() -> None:
    during, _ = step(SYNCING, Recorded(), 5_000, PACE)

    _, effects = step(during, finished(Synced()), 6_000, PACE)

    assert effects == START


def test_flight_mode_breaks_a_session_off_and_nothing_follows() -> None:
    during, effects = step(SYNCING, FlightModeSet(is_on=True), 5_000, PACE)
    assert effects == (StopSession(),)

    after, effects = step(during, finished(NO_ANSWER), 5_001, PACE)

    assert (after.next_at_ms, effects) == (None, ())


def test_success_after_failures_forgets_them() -> None:
    after, _ = step(EngineState(is_syncing=True, failures=9), finished(Synced(), 0.5), 5_000, PACE)

    assert (after.failures, after.next_at_ms) == (0, 35_000)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_pause_grows_to_its_limit_and_is_at_least_half_of_it(
    failures: int, jitter: float
) -> None:
    pause_ms = back_off_ms(failures, jitter, PACE)

    ceiling_ms = min(60_000, 1_000 * 2 ** min(failures - 1, 10))
    assert ceiling_ms // 2 <= pause_ms <= ceiling_ms


EVENTS = st.one_of(
    st.just(Ticked()),
    st.just(Recorded()),
    st.just(Requested()),
    st.booleans().map(lambda is_on: FlightModeSet(is_on=is_on)),
    st.tuples(
        st.sampled_from([Synced(), NO_ANSWER, NO_ROOM, Busy(retry_after_ms=10), REVOKED]),
        st.floats(0, 1),
    ).map(lambda pair: Finished(outcome=pair[0], jitter=pair[1])),
)


@given(st.lists(st.tuples(EVENTS, st.integers(0, 100_000)), max_size=40))
def test_no_two_sessions_run_at_once_and_none_in_flight_mode(
    events: list[tuple[Event, int]],
) -> None:
    state, now_ms, running = EngineState(), 0, False
    for event, passed_ms in events:
        if isinstance(event, Finished) and not running:
            continue
        now_ms += passed_ms
        running = running and not isinstance(event, Finished)
        state, effects = step(state, event, now_ms, PACE)
        if START[0] in effects:
            assert not running
            assert not state.flight_mode
            running = True
        assert state.is_syncing == running
        resting = state.obstacle is not None or state.flight_mode or running
        assert resting or state.next_at_ms is not None
