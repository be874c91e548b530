"""The tablet lock: whether somebody has to show the PIN, in pure steps over values.

Locked is a matter of who looks at the pages. What is in memory stays there and syncing goes on,
until the program ends; then nothing can be opened before the PIN was given.
"""

import enum
from datetime import timedelta

import msgspec

from sync_protocol.operations import Moment
from sync_protocol.units import Millis


class LockEvent(enum.StrEnum):
    """What happens to a lock."""

    USED = "used"
    """Somebody touched the tablet; of no use once it is locked."""
    LOOKED_AT = "looked_at"
    """It is asked whether it is locked; time may have passed."""
    LOCK = "lock"
    PIN_SHOWN = "pin_shown"


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it is locked, and when the tablet was last used by whoever had the PIN."""

    is_locked: bool
    used: Moment


def step(lock: Lock, event: LockEvent, now: Moment, idle_ms: Millis) -> Lock:
    """Take an event; the lock after it."""
    if event is LockEvent.PIN_SHOWN:
        return Lock(is_locked=False, used=now)
    if lock.is_locked or event is LockEvent.LOCK or _idle_ms(lock.used, now) >= idle_ms:
        return Lock(is_locked=True, used=lock.used)
    return Lock(is_locked=False, used=now) if event is LockEvent.USED else lock


def _idle_ms(used: Moment, now: Moment) -> Millis:
    """Take the longer of two clocks: not every running one counts while a tablet sleeps.

    A wall clock that is set right meanwhile asks for the PIN once too often.
    """
    by_wall = (now.wall - used.wall) // timedelta(milliseconds=1)
    return max(by_wall, now.monotonic_ms - used.monotonic_ms)
