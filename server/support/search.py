"""Finding a service by what a caller can say: account, address, serial, order number."""

from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.rows import to_records
from server.database.tables.offers import accounts, order_items, orders, products, services
from server.database.tables.plant import premises
from server.database.tables.work import jobs
from server.services.records import ServiceState
from sync_protocol.serials import NotAnOntSerial, parse_serial

FOUND_MAX: Final = 50
LETTERS_MIN: Final = 2


class FoundService(msgspec.Struct, frozen=True, kw_only=True):
    """A service in a list: enough to know whether it is the one."""

    id: UUID
    account: str
    account_number: str
    address: str
    city: str
    product: str
    state: ServiceState
    ont_serial: str | None


_LINES: Final = (
    sa.select(
        services.c.id,
        accounts.c.name.label("account"),
        accounts.c.external_id.label("account_number"),
        premises.c.address,
        premises.c.city,
        products.c.name.label("product"),
        services.c.state,
        services.c.ont_serial,
    )
    .join(accounts, accounts.c.id == services.c.account_id)
    .join(premises, premises.c.id == services.c.premise_id)
    .join(products, products.c.id == services.c.product_id)
)


def find(db: sa.Connection, text: str, *, limit: int) -> tuple[FoundService, ...]:
    """Find services, the newest first; nothing for a text too short to tell any from another."""
    if len(text) < LETTERS_MIN:
        return ()
    by_order = (
        sa.select(order_items.c.service_id)
        .join(orders, orders.c.id == order_items.c.order_id)
        .where(orders.c.number == text)
    )
    by_job = sa.select(jobs.c.service_id).where(jobs.c.number == text)
    known = sa.or_(
        accounts.c.external_id == text,
        accounts.c.name.icontains(text, autoescape=True),
        premises.c.address.icontains(text, autoescape=True),
        services.c.ont_serial == _serial(text),
        services.c.id.in_(by_order),
        services.c.id.in_(by_job),
    )
    rows = db.execute(_LINES.where(known).order_by(services.c.id.desc()).limit(limit))
    return to_records(rows, FoundService)


def list_by_id(db: sa.Connection, service_ids: tuple[UUID, ...]) -> tuple[FoundService, ...]:
    """List services in the order of their ids; the caller bounds how many."""
    listed = _LINES.where(services.c.id.in_(service_ids))
    return to_records(db.execute(listed.order_by(services.c.id)), FoundService)


def _serial(text: str) -> str:
    try:
        return parse_serial(text)
    except NotAnOntSerial:
        return text.upper()
