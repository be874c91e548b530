"""Who is let in, who waits, and that waiting leads somewhere. Times are seconds of no clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sync.admission import GRACE_S, SPREAD, WAIT_S_MAX, WAIT_S_MIN, Admission, Pace

BODY = 3_000
FIRST_S = Pace.REQUEST_S_FIRST


def admission(requests_max: int = 10, bytes_max: int = 1_000_000) -> Admission:
    return Admission(requests_max=requests_max, bytes_max=bytes_max)


def come(door: Admission, *names: str, now_s: float = 0, body: int = BODY) -> list[int]:
    return [door.enter(name, body, now_s=now_s, jitter=0) for name in names]


def crowd(name: str, count: int) -> list[str]:
    return [f"{name}-{at}" for at in range(count)]


def full(requests_max: int = 10) -> Admission:
    door = admission(requests_max)
    assert come(door, *crowd("first", requests_max)) == [0] * requests_max
    return door


def measured(request_s: float) -> Admission:
    """Give a full house in which each request has taken so long of late."""
    door = full(64)
    for at in range(2_000):
        door.leave(BODY, now_s=at * request_s)
        come(door, f"next-{at}", now_s=at * request_s)
    return door


def test_as_many_are_let_in_as_there_is_room_for() -> None:
    door = full()

    assert come(door, "late")[0] > 0
    assert door.requests == 10


def test_room_that_is_given_back_is_had_by_the_next() -> None:
    door = full()
    (wait_ms,) = come(door, "late")
    door.leave(BODY, now_s=1)

    assert wait_ms > 0
    assert come(door, "late", now_s=1.5) == [0]


def test_whoever_stands_further_back_waits_longer_and_nobody_less_than_the_least() -> None:
    door = full()
    waits = come(door, *crowd("late", 2_000))

    assert waits == sorted(waits)
    assert waits[0] == WAIT_S_MIN * 1000
    assert waits[-1] == pytest.approx(2_000 * FIRST_S * 1000, rel=0.01)


def test_nobody_is_told_to_wait_longer_than_the_most() -> None:
    door = measured(10)

    assert come(door, *crowd("late", 40), now_s=20_000)[-1] == WAIT_S_MAX * 1000


@given(st.floats(0, 1), st.integers(0, 200))
def test_jitter_only_lengthens_a_wait_and_by_its_share_at_most(jitter: float, ahead: int) -> None:
    doors = full(), full()
    for door in doors:
        come(door, *crowd("ahead", ahead))

    plain = doors[0].enter("late", BODY, now_s=0, jitter=0)
    jittered = doors[1].enter("late", BODY, now_s=0, jitter=jitter)

    assert plain <= jittered <= plain * (1 + SPREAD)


def test_who_came_later_is_let_in_after_those_who_were_turned_away() -> None:
    door = full()
    come(door, *crowd("turned away", 4))
    for _ in range(4):
        door.leave(BODY, now_s=1)

    assert come(door, "new", now_s=1)[0] > 0
    assert come(door, *crowd("turned away", 4), now_s=1) == [0] * 4


def test_coming_too_early_loses_no_place_in_line() -> None:
    door = full()
    come(door, "a", "b")
    come(door, "a")
    door.leave(BODY, now_s=1)

    assert come(door, "b", now_s=1)[0] > 0
    assert come(door, "a", now_s=1) == [0]


def test_half_of_the_room_is_had_by_whoever_is_here() -> None:
    # Those whose turn it is may have lost their network; nobody waits for them in an empty house.
    door = full()
    come(door, *crowd("vanished", 100))
    for _ in range(6):
        door.leave(BODY, now_s=1)

    assert come(door, "new", now_s=1) == [0]
    assert come(door, "newer", now_s=1)[0] > 0


def test_a_turn_ends_when_its_holder_does_not_come() -> None:
    door = full()
    (wait_ms,) = come(door, "vanished")
    door.leave(BODY, now_s=1)
    over_s = wait_ms / 1000 * 1.5 + GRACE_S

    assert come(door, "new", now_s=over_s - 0.1)[0] > 0
    assert not come(door, "newer", now_s=over_s + WAIT_S_MIN + GRACE_S + 1)[0]
    assert not door.has_turn("vanished")


def test_a_tablet_that_honours_its_wait_and_its_own_spread_still_has_its_turn() -> None:
    door = full()
    (wait_ms,) = come(door, "late")

    back_s = wait_ms / 1000 * (1 + SPREAD) + 1
    come(door, "another", now_s=back_s)

    assert door.has_turn("late")


def test_bodies_are_bounded_together() -> None:
    door = admission(10, bytes_max=10 * BODY)

    assert come(door, "a", body=8 * BODY) == [0]
    assert come(door, "b", body=3 * BODY)[0] > 0
    door.leave(8 * BODY, now_s=1)
    assert come(door, "b", body=3 * BODY, now_s=1) == [0]


def test_a_large_body_is_not_overtaken_for_ever_by_small_ones() -> None:
    door = admission(10, bytes_max=10 * BODY)
    come(door, *crowd("small", 6))
    assert come(door, "large", body=9 * BODY)[0] > 0

    assert come(door, "new")[0] > 0
    for _ in range(6):
        door.leave(BODY, now_s=1)
    assert come(door, "large", body=9 * BODY, now_s=1) == [0]


def test_the_largest_body_comes_into_an_empty_house() -> None:
    assert come(admission(10, bytes_max=BODY), "huge", body=5 * BODY) == [0]


def test_a_wait_follows_what_requests_took_while_many_were_in_work() -> None:
    waits = come(measured(0.1), *crowd("late", 200), now_s=200)

    assert waits[-1] == pytest.approx(200 * 100, rel=0.05)


def test_a_quiet_day_tells_nothing_of_how_fast_many_are_served() -> None:
    pace = Pace()
    for at in range(10_000):
        pace.note_left(1, at * 30.0)

    assert pace.request_s == FIRST_S


def test_requests_that_end_in_groups_are_counted_as_if_one_by_one() -> None:
    pace = Pace()
    for group in range(40):
        for _ in range(64):
            pace.note_left(200, group * 0.64)

    assert pace.request_s == pytest.approx(0.01, rel=0.25)
