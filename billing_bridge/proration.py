"""Billing periods, and the shares of a price that fall into parts of them.

A period is a half-open range of local dates, ``[start, end)``, in the account's IANA zone, and its
length is its actual number of days. Dates never become instants here, so a day that a clock change
makes 23 or 25 hours long counts as one day.
"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from billing_bridge.errors import PeriodImpossible, ZoneUnknown
from billing_bridge.money import share_minor
from sync_protocol.units import MinorUnits

BillingDay = Annotated[
    int, Meta(ge=1, le=28, description="day of the month on which a period starts")
]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64, description="IANA time zone")]

_DECEMBER = 12


class BillingPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """Local dates from ``start`` up to, but not including, ``end``.

    Raises:
        PeriodImpossible: the period would hold no day.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise PeriodImpossible(
                f"a period from {self.start} to {self.end} holds no day; it ends after it starts"
            )

    @property
    def days(self) -> int:
        """Count the days of the period."""
        return (self.end - self.start).days


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a period and the share of the amount that falls into it."""

    period: BillingPeriod
    amount_minor: MinorUnits


def local_date(instant: datetime, zone: ZoneName) -> date:
    """Give the date that people in the zone write at an instant.

    >>> from datetime import UTC
    >>> local_date(datetime(2026, 1, 31, 23, 30, tzinfo=UTC), "Europe/Berlin")
    datetime.date(2026, 2, 1)

    Raises:
        ZoneUnknown: no such IANA zone.
        ValueError: the instant has no offset; that is our mistake.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no offset; instants are aware")
    try:
        return instant.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # ZoneInfo answers OSError for a folder ("Europe") and ValueError for a path ("../x").
        raise ZoneUnknown(
            f"{zone!r} is no IANA time zone; write it like America/New_York"
        ) from error


def period_of(day: date, billing_day: BillingDay = 1) -> BillingPeriod:
    """Give the monthly period that a day belongs to.

    >>> period_of(date(2026, 1, 14)).days, period_of(date(2026, 3, 9), 10).start
    (31, datetime.date(2026, 2, 10))

    Raises:
        PeriodImpossible: the billing day is not in every month.
    """
    try:
        msgspec.convert(billing_day, BillingDay)
    except msgspec.ValidationError as error:
        raise PeriodImpossible(
            f"billing day {billing_day} is not in every month; use 1 to 28"
        ) from error
    this = day.replace(day=billing_day)
    if day < this:
        return BillingPeriod(start=_month_before(this), end=this)
    return BillingPeriod(start=this, end=_month_after(this))


def prorate_minor(amount_minor: MinorUnits, served: BillingPeriod, whole: BillingPeriod) -> int:
    """Give the share of a period's amount for the days served in it, rounded half up, once.

    Raises:
        PeriodImpossible: days were served outside the period.
    """
    if served.start < whole.start or served.end > whole.end:
        raise PeriodImpossible(
            f"{served.start} to {served.end} is not within {whole.start} to {whole.end}"
        )
    return share_minor(amount_minor, served.days, whole.days)


def split_minor(
    amount_minor: MinorUnits, period: BillingPeriod, cuts: Sequence[date]
) -> tuple[Part, ...]:
    """Split a period's amount at the start of each cut day; the parts always sum to it.

    The sum up to each cut is rounded half up and each part is the difference to the sum before, so
    the last is what remains. (Rounding every part for itself can add up to more than the amount.)

    >>> period = period_of(date(2026, 1, 1))
    >>> [part.amount_minor for part in split_minor(4900, period, [date(2026, 1, 14)])]
    [2055, 2845]

    Raises:
        PeriodImpossible: the cuts are not in order, or not inside the period.
    """
    edges = (period.start, *cuts, period.end)
    sums = [share_minor(amount_minor, _days_until(edge, period), period.days) for edge in edges]
    return tuple(
        Part(
            period=BillingPeriod(start=start, end=end),
            amount_minor=sum_after - sum_before,
        )
        for (start, end), (sum_before, sum_after) in zip(
            pairwise(edges), pairwise(sums), strict=True
        )
    )


def _days_until(edge: date, period: BillingPeriod) -> int:
    if not period.start <= edge <= period.end:
        raise PeriodImpossible(f"cut {edge} is not within {period.start} to {period.end}")
    return (edge - period.start).days


def _month_after(day: date) -> date:
    if day.month == _DECEMBER:
        return day.replace(year=day.year + 1, month=1)
    return day.replace(month=day.month + 1)


def _month_before(day: date) -> date:
    if day.month == 1:
        return day.replace(year=day.year - 1, month=_DECEMBER)
    return day.replace(month=day.month - 1)
