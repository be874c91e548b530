from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sync.times import work_time
from sync_protocol.operations import Moment

RECEIVED = datetime(2026, 7, 2, 16, 30, tzinfo=UTC)
DONE = datetime(2026, 7, 2, 14, 2, tzinfo=UTC)
AGE_MS = int((RECEIVED - DONE).total_seconds() * 1000)


def moment(
    wall: datetime, monotonic_ms: int, *, boot: str = "b1", offset_ms: int | None = None
) -> Moment:
    return Moment(wall=wall, monotonic_ms=monotonic_ms, boot_id=boot, server_offset_ms=offset_ms)


WRONG = timedelta(days=400)
CASES = {
    "right clock, same boot": (moment(DONE, 0), moment(RECEIVED, AGE_MS)),
    "wrong clock, same boot": (moment(DONE - WRONG, 0), moment(RECEIVED - WRONG, AGE_MS)),
    "clock set in between, same boot": (moment(DONE + WRONG, 0), moment(RECEIVED, AGE_MS)),
    "right clock, rebooted": (moment(DONE, 99), moment(RECEIVED, 5, boot="b2")),
    "wrong clock, rebooted": (
        moment(DONE - WRONG, 99), moment(RECEIVED - WRONG, 5, boot="b2"),
    ),
    "wrong clock, offset known, rebooted and set right": (
        moment(DONE - WRONG, 99, offset_ms=int(WRONG.total_seconds() * 1000)),
        moment(RECEIVED, 5, boot="b2"),
    ),
    "monotonic clock runs backwards": (moment(DONE, 10**9), moment(RECEIVED, 5)),
}  # fmt: skip


@pytest.mark.parametrize(("at", "clock"), CASES.values(), ids=CASES.keys())
def test_the_time_of_work_is_found_behind_wrong_clocks(at: Moment, clock: Moment) -> None:
    assert work_time(at, clock, RECEIVED) == DONE


WALLS = st.datetimes(timezones=st.timezones() | st.just(UTC))
MOMENTS = st.builds(
    moment,
    WALLS,
    st.integers(0, 2**53),
    boot=st.sampled_from(["b1", "b2"]),
    offset_ms=st.none() | st.integers(-(2**53), 2**53),
)


@given(MOMENTS, MOMENTS)
def test_no_clock_makes_work_later_than_its_arrival_or_fails(at: Moment, clock: Moment) -> None:
    found = work_time(at, clock, RECEIVED)

    assert found <= RECEIVED
    assert found.astimezone(UTC) == found
