from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_bridge.errors import ZoneUnknown
from billing_bridge.ledger import (
    BillingTerms,
    ChargeKind,
    InvoiceLine,
    InvoiceState,
    draft_invoice,
    explain,
    first_charge,
)
from billing_bridge.money import PriceSnapshot
from billing_bridge.proration import BillingPeriod, period_of, prorate_minor
from billing_bridge.start import BillingStartPolicy, ServiceInstants

from .factories import PRICE, a_service, instants, terms

LINE_ID = UUID("019aae00-0000-7000-8000-0000000000f1")
INVOICE_ID = UUID("019aae00-0000-7000-8000-0000000000f0")
POSTED_AT = datetime(2026, 1, 14, 15, 30, 10, tzinfo=UTC)


def charge(
    *,
    told: ServiceInstants | None = None,
    billed_by: BillingTerms | None = None,
    price: PriceSnapshot = PRICE,
    line_id: UUID = LINE_ID,
) -> InvoiceLine:
    return first_charge(
        a_service(price=price),
        told or instants(),
        billed_by or terms(),
        line_id=line_id,
        invoice_id=INVOICE_ID,
        posted_at=POSTED_AT,
    )


def test_a_service_live_on_the_14th_is_charged_18_of_31_days() -> None:
    line = charge()

    assert (line.amount_minor, line.currency) == (2845, "EUR")
    assert (line.period_start, line.period_end) == (date(2026, 1, 14), date(2026, 2, 1))
    assert (line.billed_days, line.period_days) == (18, 31)
    assert line.charge_kind is ChargeKind.FIRST_PERIOD


@pytest.mark.parametrize(
    ("live_at", "changes", "amount_minor", "billed_days"),
    [
        (datetime(2026, 1, 1, 12, tzinfo=UTC), {}, 4900, 31),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), {}, 158, 1),
        # 23:30 UTC on the 31st is February in Berlin: a whole month.
        (datetime(2026, 1, 31, 23, 30, tzinfo=UTC), {}, 4900, 28),
        (
            datetime(2026, 1, 31, 12, tzinfo=UTC),
            {"policy": BillingStartPolicy.DAY_AFTER_LIVE},
            4900,
            28,
        ),
        (datetime(2026, 1, 14, 12, tzinfo=UTC), {"billing_day": 15}, 158, 1),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), {}, 169, 1),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), {}, 158, 1),
    ],
)
def test_the_first_charge_runs_to_the_end_of_the_billing_period(
    live_at: datetime, changes: dict[str, object], amount_minor: int, billed_days: int
) -> None:
    line = charge(told=instants(live_at=live_at), billed_by=terms(**changes))

    assert (line.amount_minor, line.billed_days) == (amount_minor, billed_days)


def test_the_same_charge_has_the_same_key_whatever_its_id() -> None:
    again = charge(line_id=UUID("019aae00-0000-7000-8000-0000000000f2"))

    assert again.charge_key == charge().charge_key


@pytest.mark.parametrize(
    "change",
    [
        {"service_id": UUID(int=1)},
        {"charge_kind": ChargeKind.RECURRING},
        {"period_start": date(2026, 1, 15)},
        {"period_end": date(2026, 2, 2)},
        {"revision": 2},
    ],
)
def test_another_charge_has_another_key(change: dict[str, object]) -> None:
    line = charge()

    assert msgspec.structs.replace(line, **change).charge_key != line.charge_key


@settings(deadline=None)
@given(
    live_at=st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001  Hypothesis takes naive bounds
        max_value=datetime(2040, 1, 1),  # noqa: DTZ001  Hypothesis takes naive bounds
        timezones=st.just(UTC),
    ),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
    billing_day=st.integers(min_value=1, max_value=28),
    price_minor=st.integers(min_value=0, max_value=10**9),
    policy=st.sampled_from(BillingStartPolicy),
)
def test_a_line_can_be_worked_out_again_from_what_it_stores(
    live_at: datetime, zone: str, billing_day: int, price_minor: int, policy: BillingStartPolicy
) -> None:
    line = charge(
        told=instants(live_at=live_at),
        billed_by=terms(zone=zone, billing_day=billing_day, policy=policy),
        price=PriceSnapshot(price_minor=price_minor, currency="EUR", price_version="1"),
    )

    billed = BillingPeriod(start=line.period_start, end=line.period_end)
    whole = period_of(line.period_start, billing_day)
    assert (line.billed_days, line.period_days) == (billed.days, whole.days)
    assert line.amount_minor == prorate_minor(line.price_minor, billed, whole)
    assert 0 <= line.amount_minor <= line.price_minor
    assert line.period_start == line.billing_start
    assert line.period_end == whole.end


def test_a_line_explains_itself() -> None:
    assert explain(charge()) == (
        "18 of 31 days (2026-01-14 up to, not including, 2026-02-01, Europe/Berlin) "
        "of 49.00 EUR (price 2026-01) = 28.45 EUR; "
        "billing starts 2026-01-14 by policy live_day"
    )


def test_a_draft_covers_the_billing_period_of_the_day() -> None:
    invoice = draft_invoice(terms(billing_day=10), "EUR", date(2026, 1, 9), invoice_id=INVOICE_ID)

    assert invoice.state is InvoiceState.DRAFT
    assert (invoice.period_start, invoice.period_end) == (date(2025, 12, 10), date(2026, 1, 10))


def test_an_account_in_an_unknown_zone_is_not_charged() -> None:
    with pytest.raises(ZoneUnknown, match="Mars/Olympus"):
        charge(billed_by=terms(zone="Mars/Olympus"))


def test_a_line_survives_storage() -> None:
    line = charge(told=instants(live_at=POSTED_AT + timedelta(days=3)))

    assert msgspec.json.decode(msgspec.json.encode(line), type=InvoiceLine) == line
