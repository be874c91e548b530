"""When something really happened, from a tablet's clocks and the instant its words arrived."""

from datetime import UTC, datetime, timedelta

from sync_protocol.operations import Moment


def work_time(at: Moment, clock: Moment, received_at: datetime) -> datetime:
    """Derive the instant of a fact; never later than its arrival.

    Within one boot the monotonic clock tells the age of the fact whatever the wall clock says.
    Across a reboot the wall clock is corrected by the server offset last measured, or by the offset
    that this very request shows.
    """
    try:
        return min(_derived(at, clock, received_at).astimezone(UTC), received_at)
    except OverflowError:  # a clock that claims the end of time tells nothing
        return received_at


def _derived(at: Moment, clock: Moment, received_at: datetime) -> datetime:
    if at.boot_id == clock.boot_id and clock.monotonic_ms >= at.monotonic_ms:
        return received_at - timedelta(milliseconds=clock.monotonic_ms - at.monotonic_ms)
    offset = (
        timedelta(milliseconds=at.server_offset_ms)
        if at.server_offset_ms is not None
        else received_at - clock.wall
    )
    return at.wall + offset
