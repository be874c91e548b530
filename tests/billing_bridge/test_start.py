from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_bridge.start import BillingStartPolicy, ServiceInstants, billing_start

from .factories import instants

PROVEN = BillingStartPolicy.COMPLETION_DAY_IF_NETWORK_PROVES_LIGHT
moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001  Hypothesis takes naive bounds
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001  Hypothesis takes naive bounds
    timezones=st.just(UTC),
)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (BillingStartPolicy.LIVE_DAY, date(2026, 1, 16)),
        (BillingStartPolicy.DAY_AFTER_LIVE, date(2026, 1, 17)),
        (PROVEN, date(2026, 1, 14)),
    ],
)
def test_each_policy_chooses_its_day(policy: BillingStartPolicy, expected: date) -> None:
    told = instants(completed_at=at(14), received_at=at(16), live_at=at(16), lit_since=at(14, 11))

    assert billing_start(policy, told, "Europe/Berlin") == expected


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (instants(completed_at=at(14), live_at=at(16)), "the OLT does not say"),
        (
            instants(completed_at=at(14), live_at=at(16), lit_since=at(15)),
            "the light came a day after the completion",
        ),
        (
            instants(completed_at=at(20), live_at=at(16), lit_since=at(14)),
            "the tablet's clock is ahead of the live day",
        ),
    ],
)
def test_a_completion_that_the_network_does_not_prove_is_billed_from_the_live_day(
    told: ServiceInstants, why: str
) -> None:
    assert billing_start(PROVEN, told, "UTC") == date(2026, 1, 16), why


def test_the_day_is_the_one_of_the_accounts_zone() -> None:
    told = instants(live_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))

    assert billing_start(BillingStartPolicy.LIVE_DAY, told, "Europe/Berlin") == date(2026, 2, 1)
    assert billing_start(BillingStartPolicy.LIVE_DAY, told, "America/Lima") == date(2026, 1, 31)


@settings(deadline=None)
@given(
    st.builds(
        ServiceInstants,
        completed_at=moments,
        received_at=moments,
        live_at=moments,
        lit_since=st.none() | moments,
    ),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"]),
)
def test_no_clock_of_a_tablet_bills_later_than_live_or_earlier_than_light(
    told: ServiceInstants, zone: str
) -> None:
    start = billing_start(PROVEN, told, zone)

    live_day = billing_start(BillingStartPolicy.LIVE_DAY, told, zone)
    assert start <= live_day
    if start < live_day:
        assert told.lit_since is not None
        assert start >= billing_start(
            BillingStartPolicy.LIVE_DAY,
            ServiceInstants(
                completed_at=told.completed_at,
                received_at=told.received_at,
                live_at=told.lit_since,
            ),
            zone,
        )
