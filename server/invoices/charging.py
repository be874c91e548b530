"""The first charge of a service, stored with the draft invoice that takes it."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from billing_bridge.ledger import (
    BilledService,
    BillingTerms,
    Invoice,
    InvoiceLine,
    InvoiceState,
    draft_invoice,
    first_charge,
)
from billing_bridge.money import PriceSnapshot
from billing_bridge.start import ServiceInstants, billing_start
from server.acts import Act
from server.database.prepared import Prepared
from server.database.rows import to_records, to_row
from server.database.tables.billing import invoice_lines, invoices
from server.database.tables.offers import accounts, products
from server.services.records import Service

_INSERT_LINE: Final = Prepared(sa.insert(invoice_lines))
_INSERT_INVOICE: Final = Prepared(sa.insert(invoices))
_FIND_INVOICE: Final = Prepared(
    sa.select(invoices)
    .where(
        invoices.c.account_id == sa.bindparam("account"),
        invoices.c.currency == sa.bindparam("paid_in"),
        invoices.c.period_start == sa.bindparam("starting"),
    )
    .with_for_update(key_share=True)
)
_TERMS: Final = Prepared(
    sa.select(accounts.c.zone, accounts.c.billing_day)
    .where(accounts.c.id == sa.bindparam("account"))
    .with_for_update(key_share=True)
)
_PRICE: Final = Prepared(
    sa.select(
        products.c.price_minor, products.c.currency, products.c.code, products.c.version
    ).where(products.c.id == sa.bindparam("product"))
)


def charge_first(
    db: sa.Connection, service: Service, order_item_id: UUID, instants: ServiceInstants, *, act: Act
) -> InvoiceLine:
    """Charge a service from its billing start to the end of that period; store the line."""
    terms = _terms(db, service.account_id)
    price = _price(db, service.product_id)
    start = billing_start(terms.policy, instants, terms.zone)
    wanted = draft_invoice(terms, price.currency, start, invoice_id=act.new_id())
    invoice = _draft(db, terms, wanted)
    line = first_charge(
        BilledService(service_id=service.id, order_item_id=order_item_id, price=price),
        instants,
        terms,
        line_id=act.new_id(),
        invoice_id=invoice.id,
        posted_at=act.now,
    )
    _INSERT_LINE.run(db, to_row(line))
    return line


def list_lines(db: sa.Connection, service_id: UUID) -> tuple[InvoiceLine, ...]:
    """List the charges of a service, oldest first."""
    rows = db.execute(
        sa.select(invoice_lines)
        .where(invoice_lines.c.service_id == service_id)
        .order_by(invoice_lines.c.posted_at, invoice_lines.c.id)
    )
    return to_records(rows, InvoiceLine)


def _draft(db: sa.Connection, terms: BillingTerms, wanted: Invoice) -> Invoice:
    """Find the draft of this account, currency and period, or open it.

    Where the invoice of the period is a draft no more, the charge goes on the draft of the next
    period that has one or can have one: an issued invoice never changes, and a line says itself
    which days it charges.
    """
    while (found := _find_invoice(db, wanted)) is not None:
        if found.state is InvoiceState.DRAFT:
            return found
        wanted = draft_invoice(terms, wanted.currency, wanted.period_end, invoice_id=wanted.id)
    _INSERT_INVOICE.run(db, to_row(wanted))
    return wanted


def _find_invoice(db: sa.Connection, wanted: Invoice) -> Invoice | None:
    # The lock keeps whoever issues it away until the line is in, or this away until it is issued.
    sought = {
        "account": wanted.account_id,
        "paid_in": wanted.currency,
        "starting": wanted.period_start,
    }
    return _FIND_INVOICE.record(db, sought, Invoice)


def _terms(db: sa.Connection, account_id: UUID) -> BillingTerms:
    # The lock makes two services of one account, going live at once, share one draft.
    (row,) = _TERMS.rows(db, {"account": account_id})
    return BillingTerms(account_id=account_id, zone=row["zone"], billing_day=row["billing_day"])


def _price(db: sa.Connection, product_id: UUID) -> PriceSnapshot:
    (row,) = _PRICE.rows(db, {"product": product_id})
    return PriceSnapshot(
        price_minor=row["price_minor"],
        currency=row["currency"],
        price_version=f"{row['code']}/{row['version']}",
    )
