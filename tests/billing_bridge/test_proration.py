from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_bridge.errors import PeriodImpossible, ZoneUnknown
from billing_bridge.proration import (
    BillingPeriod,
    local_date,
    period_of,
    prorate_minor,
    split_minor,
)

JANUARY = BillingPeriod(start=date(2026, 1, 1), end=date(2026, 2, 1))
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 12, 31))
billing_days = st.integers(min_value=1, max_value=28)
prices = st.integers(min_value=0, max_value=10**9)


@st.composite
def cut_periods(draw: st.DrawFn) -> tuple[BillingPeriod, list[date]]:
    period = period_of(draw(days), draw(billing_days))
    inside = st.integers(min_value=1, max_value=period.days - 1)
    offsets = sorted(draw(st.sets(inside)))
    return period, [period.start + timedelta(days=offset) for offset in offsets]


@pytest.mark.parametrize(
    ("price_minor", "start", "end", "expected"),
    [
        (4900, date(2026, 1, 1), date(2026, 1, 14), 2055),
        (4900, date(2026, 1, 14), date(2026, 2, 1), 2845),
        (10_000, date(2026, 1, 1), date(2026, 1, 15), 4516),
        (4900, date(2026, 1, 1), date(2026, 2, 1), 4900),
        (4900, date(2026, 1, 31), date(2026, 2, 1), 158),
    ],
)
def test_days_served_in_a_month_of_31_cost_their_share(
    price_minor: int, start: date, end: date, expected: int
) -> None:
    assert prorate_minor(price_minor, BillingPeriod(start=start, end=end), JANUARY) == expected


def test_the_two_parts_of_a_month_sum_to_its_price() -> None:
    before, after = split_minor(4900, JANUARY, [date(2026, 1, 14)])

    assert (before.amount_minor, after.amount_minor) == (2055, 2845)
    assert (before.period.days, after.period.days) == (13, 18)


def test_a_tie_in_both_halves_is_charged_once() -> None:
    # 15 of 30 days of one minor unit is exactly half in either part.
    april = period_of(date(2026, 4, 1))

    parts = split_minor(1, april, [date(2026, 4, 16)])

    assert [part.amount_minor for part in parts] == [1, 0]


@settings(deadline=None)
@given(prices, cut_periods())
def test_parts_sum_to_the_whole_and_none_is_negative(
    price_minor: int, cut: tuple[BillingPeriod, list[date]]
) -> None:
    period, cuts = cut

    parts = split_minor(price_minor, period, cuts)

    assert sum(part.amount_minor for part in parts) == price_minor
    assert all(part.amount_minor >= 0 for part in parts)
    assert sum(part.period.days for part in parts) == period.days


@settings(deadline=None)
@given(prices, cut_periods())
def test_a_credit_splits_as_its_charge_does(
    price_minor: int, cut: tuple[BillingPeriod, list[date]]
) -> None:
    period, cuts = cut

    charged = [part.amount_minor for part in split_minor(price_minor, period, cuts)]
    credited = [part.amount_minor for part in split_minor(-price_minor, period, cuts)]

    assert credited == [-amount_minor for amount_minor in charged]


@settings(deadline=None)
@given(days, billing_days)
def test_periods_tile_the_calendar(day: date, billing_day: int) -> None:
    period = period_of(day, billing_day)

    assert period.start <= day < period.end
    assert period.start.day == period.end.day == billing_day
    assert 28 <= period.days <= 31
    assert period_of(period.end, billing_day).start == period.end
    assert period_of(period.start - timedelta(days=1), billing_day).end == period.start


@pytest.mark.parametrize(
    ("day", "expected_days"),
    [
        (date(2026, 2, 28), 28),
        (date(2028, 2, 29), 29),
        (date(2026, 4, 30), 30),
        (date(2026, 12, 31), 31),
        (date(2000, 2, 1), 29),
        (date(2100, 2, 1), 28),
    ],
)
def test_a_period_has_its_actual_days(day: date, expected_days: int) -> None:
    assert period_of(day).days == expected_days


@pytest.mark.parametrize("billing_day", [0, 29, 31, -1])
def test_a_billing_day_that_some_months_lack_is_refused(billing_day: int) -> None:
    with pytest.raises(PeriodImpossible, match=f"{billing_day} .* use 1 to 28"):
        period_of(date(2026, 1, 14), billing_day)


def test_a_period_without_a_day_is_refused() -> None:
    with pytest.raises(PeriodImpossible, match="2026-01-14 to 2026-01-14 holds no day"):
        BillingPeriod(start=date(2026, 1, 14), end=date(2026, 1, 14))


@pytest.mark.parametrize(
    "cuts",
    [
        [date(2025, 12, 31)],
        [date(2026, 2, 2)],
        [date(2026, 1, 1)],
        [date(2026, 1, 20), date(2026, 1, 10)],
    ],
)
def test_cuts_out_of_order_or_outside_are_refused(cuts: list[date]) -> None:
    with pytest.raises(PeriodImpossible):
        split_minor(4900, JANUARY, cuts)


def test_days_served_outside_the_period_are_refused() -> None:
    served = BillingPeriod(start=date(2026, 1, 20), end=date(2026, 2, 2))

    with pytest.raises(PeriodImpossible, match="2026-02-02 is not within"):
        prorate_minor(4900, served, JANUARY)


@pytest.mark.parametrize(
    ("instant", "zone", "expected"),
    [
        (datetime(2026, 1, 31, 23, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 2, 1)),
        (datetime(2026, 2, 1, 3, 0, tzinfo=UTC), "America/New_York", date(2026, 1, 31)),
        # Berlin leaves summer time on 25 October: 23:30 of that day is 22:30 UTC, no longer 21:30.
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 10, 25)),
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 10, 25)),
        # ... and enters it on 29 March: the day ends at 22:00 UTC.
        (datetime(2026, 3, 28, 22, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 28)),
        (datetime(2026, 3, 29, 22, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 30)),
        (
            datetime(2026, 1, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5))),
            "UTC",
            date(2026, 2, 1),
        ),
        (datetime(2026, 1, 31, 12, 0, tzinfo=UTC), "Pacific/Kiritimati", date(2026, 2, 1)),
    ],
)
def test_the_date_is_the_one_that_people_in_the_zone_write(
    instant: datetime, zone: str, expected: date
) -> None:
    assert local_date(instant, zone) == expected


@settings(deadline=None)
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Gaza"]),
    days,
)
def test_a_day_with_a_clock_change_is_one_day(zone: str, day: date) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    quarters = [midnight + timedelta(minutes=15 * quarter) for quarter in range(3 * 96)]

    dates = sorted({local_date(quarter, zone) for quarter in quarters})

    assert dates == [dates[0] + timedelta(days=n) for n in range(len(dates))]
    assert day in dates


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../etc/passwd", "", "CEST+1", "\x00"])
def test_an_unknown_zone_is_named(zone: str) -> None:
    with pytest.raises(ZoneUnknown, match="write it like America/New_York"):
        local_date(datetime(2026, 1, 1, tzinfo=UTC), zone)


def test_an_instant_without_offset_is_our_mistake() -> None:
    naive = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ValueError, match="has no offset"):
        local_date(naive, "UTC")
