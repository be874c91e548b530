from datetime import timedelta

import msgspec
import pytest

from field_client.safety.lock import Lock, LockEvent, step
from sync_protocol.operations import Moment
from tests.field_client.factories import NOON

IDLE_MS = 300_000
START = Moment(wall=NOON, monotonic_ms=0, boot_id="boot-1")
OPEN = Lock(is_locked=False, used=START)


def after(ran_ms: int, wall_ms: int | None = None) -> Moment:
    wall = NOON + timedelta(milliseconds=ran_ms if wall_ms is None else wall_ms)
    return msgspec.structs.replace(START, wall=wall, monotonic_ms=ran_ms)


@pytest.mark.parametrize(
    ("now", "is_locked"),
    [
        (after(IDLE_MS - 1), False),
        (after(IDLE_MS), True),
        (after(1_000, wall_ms=IDLE_MS), True),  # it slept, and its running clock with it
        (after(IDLE_MS, wall_ms=-5), True),  # the wall clock was set back
        (after(1_000, wall_ms=-3_600_000), False),
    ],
)
def test_it_locks_after_a_time_without_a_touch_by_whichever_clock(
    now: Moment, *, is_locked: bool
) -> None:
    assert step(OPEN, LockEvent.LOOKED_AT, now, IDLE_MS).is_locked is is_locked


def test_a_touch_puts_the_lock_off_and_a_look_does_not() -> None:
    touched = step(OPEN, LockEvent.USED, after(200_000), IDLE_MS)
    looked = step(OPEN, LockEvent.LOOKED_AT, after(200_000), IDLE_MS)

    assert not step(touched, LockEvent.LOOKED_AT, after(400_000), IDLE_MS).is_locked
    assert step(looked, LockEvent.LOOKED_AT, after(400_000), IDLE_MS).is_locked


def test_a_touch_that_comes_too_late_opens_nothing() -> None:
    late = step(OPEN, LockEvent.USED, after(IDLE_MS), IDLE_MS)

    assert late.is_locked
    assert step(late, LockEvent.USED, after(IDLE_MS + 1), IDLE_MS).is_locked


def test_only_the_pin_opens_what_was_locked() -> None:
    locked = step(OPEN, LockEvent.LOCK, after(1), IDLE_MS)

    assert locked.is_locked
    assert step(locked, LockEvent.PIN_SHOWN, after(10**9), IDLE_MS) == Lock(
        is_locked=False, used=after(10**9)
    )
