"""The embedded ledger: its records, and the rule for the first charge of a service.

Pure. The server stores these records in its own transaction, together with the feed event. A line
keeps everything that its amount was worked out from, so that it explains itself years later;
numbering, issue, credit notes and payments are built on these records, not into them.
"""

import enum
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from billing_bridge.money import PriceMinor, PriceSnapshot, PriceVersion, format_money
from billing_bridge.proration import (
    BillingDay,
    BillingPeriod,
    ZoneName,
    period_of,
    prorate_minor,
)
from billing_bridge.start import BillingStartPolicy, ServiceInstants, billing_start
from sync_protocol.units import CurrencyCode, Instant, MinorUnits

Revision = Annotated[int, Meta(ge=1, le=2**31, description="1 for the first, then one more")]
Days = Annotated[int, Meta(ge=1, le=366, description="whole local days")]


class ChargeKind(enum.StrEnum):
    """What a line charges for."""

    FIRST_PERIOD = "first_period"
    """From billing start to the end of that billing period, in advance."""
    RECURRING = "recurring"
    """One whole billing period, in advance."""


class InvoiceState(enum.StrEnum):
    """A draft may still change; what is issued is corrected by a credit note alone."""

    DRAFT = "draft"
    ISSUED = "issued"
    VOID = "void"


class BillingTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How one account is billed."""

    account_id: UUID
    zone: ZoneName
    billing_day: BillingDay = 1
    policy: BillingStartPolicy = BillingStartPolicy.LIVE_DAY


class BilledService(msgspec.Struct, frozen=True, kw_only=True):
    """A service that is to be charged: what was sold, at which price."""

    service_id: UUID
    order_item_id: UUID
    price: PriceSnapshot


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """A collection of lines for one account, currency and billing period."""

    id: UUID
    account_id: UUID
    currency: CurrencyCode
    period_start: date
    period_end: date
    state: InvoiceState = InvoiceState.DRAFT


class ChargeKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a line charges: unique in the ledger, so that a repeat of a charge is no charge."""

    service_id: UUID
    charge_kind: ChargeKind
    period_start: date
    period_end: date
    revision: Revision


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One charge, with everything that it was worked out from.

    ``period_start`` and ``period_end`` are the billed days, half-open, in the account's zone;
    ``period_days`` are the days of the whole billing period that contains them. The amount is
    ``price_minor * billed_days / period_days``, rounded half up.
    """

    id: UUID
    invoice_id: UUID
    service_id: UUID
    order_item_id: UUID
    charge_kind: ChargeKind
    period_start: date
    period_end: date
    revision: Revision
    amount_minor: MinorUnits
    currency: CurrencyCode
    price_minor: PriceMinor
    price_version: PriceVersion
    billed_days: Days
    period_days: Days
    billing_start: date
    policy: BillingStartPolicy
    zone: ZoneName
    posted_at: Instant

    @property
    def charge_key(self) -> ChargeKey:
        """Give the columns that are unique together."""
        return ChargeKey(
            service_id=self.service_id,
            charge_kind=self.charge_kind,
            period_start=self.period_start,
            period_end=self.period_end,
            revision=self.revision,
        )


def draft_invoice(
    terms: BillingTerms, currency: CurrencyCode, day: date, *, invoice_id: UUID
) -> Invoice:
    """Give the draft that takes the charges of a day; there is one per account and period."""
    period = period_of(day, terms.billing_day)
    return Invoice(
        id=invoice_id,
        account_id=terms.account_id,
        currency=currency,
        period_start=period.start,
        period_end=period.end,
    )


def first_charge(
    service: BilledService,
    instants: ServiceInstants,
    terms: BillingTerms,
    *,
    line_id: UUID,
    invoice_id: UUID,
    posted_at: Instant,
) -> InvoiceLine:
    """Charge a service from its billing start to the end of that billing period.

    Later periods are whole and belong to the bill run, also where the start lies in a past period.

    Raises:
        ZoneUnknown: the account's zone is no IANA zone; correct the account and charge again.
        PeriodImpossible: the account's billing day is not 1 to 28.
    """
    start = billing_start(terms.policy, instants, terms.zone)
    whole = period_of(start, terms.billing_day)
    billed = BillingPeriod(start=start, end=whole.end)
    price = service.price
    return InvoiceLine(
        id=line_id,
        invoice_id=invoice_id,
        service_id=service.service_id,
        order_item_id=service.order_item_id,
        charge_kind=ChargeKind.FIRST_PERIOD,
        period_start=billed.start,
        period_end=billed.end,
        revision=1,
        amount_minor=prorate_minor(price.price_minor, billed, whole),
        currency=price.currency,
        price_minor=price.price_minor,
        price_version=price.price_version,
        billed_days=billed.days,
        period_days=whole.days,
        billing_start=start,
        policy=terms.policy,
        zone=terms.zone,
        posted_at=posted_at,
    )


def explain(line: InvoiceLine) -> str:
    """Say in one sentence how the amount of a line came about."""
    price = format_money(line.price_minor, line.currency)
    amount = format_money(line.amount_minor, line.currency)
    return (
        f"{line.billed_days} of {line.period_days} days "
        f"({line.period_start} up to, not including, {line.period_end}, {line.zone}) "
        f"of {price} (price {line.price_version}) = {amount}; "
        f"billing starts {line.billing_start} by policy {line.policy}"
    )
