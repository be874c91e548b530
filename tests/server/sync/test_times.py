from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sync.times import SKEW_MAX, UNDER_WAY_MAX, derive
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
    assert derive(at, clock, RECEIVED).at == DONE


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
    found = derive(at, clock, RECEIVED)

    assert found.at <= found.latest <= RECEIVED
    assert found.earliest is None or found.earliest <= found.at
    assert found.at.tzinfo is UTC


def test_within_one_boot_the_bounds_are_as_wide_as_a_request_may_be_under_way() -> None:
    found = derive(moment(DONE - WRONG, 0), moment(RECEIVED - WRONG, AGE_MS), RECEIVED)

    assert (found.earliest, found.latest) == (DONE - UNDER_WAY_MAX, DONE)
    assert found.is_sure


@pytest.mark.parametrize(
    ("offset", "set_by", "is_sure"),
    [
        pytest.param(None, timedelta(0), True, id="right and never measured"),
        pytest.param(None, SKEW_MAX * 2, False, id="wrong now, never measured"),
        pytest.param(SKEW_MAX * 3, SKEW_MAX * 3, True, id="as wrong as when it was measured"),
        pytest.param(SKEW_MAX * 3, timedelta(0), False, id="set right meanwhile"),
    ],
)
def test_after_a_reboot_a_clock_is_trusted_if_it_was_not_set(
    offset: timedelta | None, set_by: timedelta, *, is_sure: bool
) -> None:
    offset_ms = None if offset is None else int(offset.total_seconds() * 1000)
    at = moment(DONE - (offset or set_by), 99, offset_ms=offset_ms)

    found = derive(at, moment(RECEIVED - set_by, 5, boot="b2"), RECEIVED)

    assert found.is_sure == is_sure
    assert found.is_skewed == (set_by > SKEW_MAX)
    assert (found.earliest, found.latest) == (None, RECEIVED)
