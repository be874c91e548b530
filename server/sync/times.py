"""When something really happened, from a tablet's clocks and the instant its words arrived.

A skewed clock is flagged and never a reason to refuse.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from sync_protocol.operations import Moment

SKEW_MAX: Final = timedelta(minutes=5)
"""A wall clock that is further off is told of, and what rests on it alone is not trusted."""
UNDER_WAY_MAX: Final = timedelta(minutes=2)
"""Longer than a request may take to arrive; so much earlier may a fact be than its age tells."""


class WorkTime(msgspec.Struct, frozen=True, kw_only=True):
    """The instant of a fact in UTC, its bounds, and whether it is to be trusted."""

    at: datetime
    earliest: datetime | None
    """None: nothing bounds it; the tablet was started anew since, and only wall clocks are left."""
    latest: datetime
    is_sure: bool
    clock_off: timedelta
    """How far the tablet's wall clock was behind the server's when the fact arrived."""

    @property
    def is_skewed(self) -> bool:
        """Say whether the tablet's wall clock is wrong by more than a person would overlook."""
        return abs(self.clock_off) > SKEW_MAX


def derive(at: Moment, clock: Moment, received_at: datetime) -> WorkTime:
    """Derive the instant of a fact; never later than its arrival.

    Within one boot the monotonic clock tells the age of the fact whatever the wall clock says.
    Across a reboot the wall clock is corrected by the server offset last measured, or by the offset
    that this very request shows; it is sure only if that clock has not been set in between, or was
    right.
    """
    off = received_at - clock.wall
    if at.boot_id == clock.boot_id and clock.monotonic_ms >= at.monotonic_ms:
        found = _moved(received_at, -timedelta(milliseconds=clock.monotonic_ms - at.monotonic_ms))
        if found is not None:
            earliest = found - UNDER_WAY_MAX
            return WorkTime(at=found, earliest=earliest, latest=found, is_sure=True, clock_off=off)
    measured = None if at.server_offset_ms is None else timedelta(milliseconds=at.server_offset_ms)
    is_sure = abs(off - measured if measured is not None else off) <= SKEW_MAX
    found = _moved(at.wall, off if measured is None else measured)
    return WorkTime(
        # A clock that claims the end of time tells nothing.
        at=received_at if found is None else min(found, received_at),
        earliest=None,
        latest=received_at,
        is_sure=is_sure and found is not None,
        clock_off=off,
    )


def _moved(instant: datetime, by: timedelta) -> datetime | None:
    try:
        moved = (instant + by).astimezone(UTC)
        _ = moved - UNDER_WAY_MAX
    except OverflowError:
        return None
    return moved
