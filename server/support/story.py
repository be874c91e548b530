"""Reading everything that support needs to know of one service, in one snapshot."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from billing_bridge.ledger import InvoiceLine
from server.alarms import alarm_storage
from server.alarms import storage as alarm_states
from server.alarms.records import Alarm, AlarmKind, OntLight, OntState, PlantFault
from server.database.rows import to_record, to_records
from server.database.tables.alarms import plant_faults, pon_polls
from server.database.tables.billing import invoice_lines
from server.database.tables.fulfilment import ont_allocations, processes
from server.database.tables.offers import (
    accounts,
    order_items,
    orders,
    products,
    suspensions,
)
from server.database.tables.plant import premises
from server.database.tables.work import completions, jobs
from server.fulfilment import situation
from server.fulfilment.records import Process
from server.fulfilment.situation import Reserved
from server.orders.records import OrderState
from server.services import storage as services
from server.services.records import Service, SuspensionReason
from sync_protocol.documents import JobKind
from sync_protocol.jobs import JobState

ORDERS_MAX: Final = 30
CHARGES_MAX: Final = 5
PRODUCTS_MAX: Final = 200


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """Who has the service and where: what a caller is known by, and nothing else."""

    account: str
    account_number: str
    phone: str | None
    currency: str
    billing_zone: str
    address: str
    city: str
    zone: str


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """A product by its code, in its newest version."""

    id: UUID
    code: str
    name: str
    down_mbps: int
    up_mbps: int


class OpenSuspension(msgspec.Struct, frozen=True, kw_only=True):
    """A reason that holds, since when."""

    reason: SuspensionReason
    begun_at: datetime


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """An order about the service, of whatever kind, with its visit if it has one."""

    item_id: UUID
    number: str
    created_at: datetime
    state: OrderState
    intent: str | None
    reason: str | None
    job_id: UUID | None
    job_number: str | None
    job_kind: JobKind | None
    job_state: JobState | None
    job_starts_at: datetime | None
    job_ends_at: datetime | None
    is_signed: bool
    """The job has evidence that is signed."""


class ServiceStory(msgspec.Struct, frozen=True, kw_only=True):
    """One service with all that explains how it is."""

    service: Service
    subscriber: Subscriber
    product: Sold
    others: tuple[Sold, ...]
    """Products that it could have instead, each in its newest version."""
    suspensions: tuple[OpenSuspension, ...]
    own: Reserved | None
    state: OntState | None
    """None: never polled."""
    polled_at: datetime | None
    light: OntLight | None
    alarms: tuple[Alarm, ...]
    silent_olt: Alarm | None
    fault: PlantFault | None
    orders: tuple[Ordered, ...]
    """The newest first."""
    orders_in_all: int
    processes: tuple[Process, ...]
    """Of these orders, the oldest first."""
    charges: tuple[InvoiceLine, ...]
    """The newest first."""


def load(db: sa.Connection, service_id: UUID) -> ServiceStory:
    """Read a service's story, in a fixed number of statements.

    Raises:
        NotFound: no such service.
    """
    service = services.get(db, service_id)
    subscriber = _subscriber(db, service)
    ordered = _orders(db, service_id)
    own = situation.load_reserved(db, service_id)
    stands = alarm_states.find_state(db, service_id)
    sold = to_record(db.execute(_SOLD.where(products.c.id == service.product_id)).one(), Sold)
    silence = AlarmKind.OLT_UNREACHABLE
    return ServiceStory(
        service=service,
        subscriber=subscriber,
        product=sold,
        others=_others(db, sold.id, subscriber.currency),
        suspensions=_suspensions(db, service_id),
        own=own,
        state=None if stands is None else stands[0],
        polled_at=_polled_at(db, service_id),
        light=alarm_storage.find_light(db, service_id),
        alarms=alarm_storage.list_of_service(db, service_id),
        silent_olt=None if own is None else alarm_storage.find_of_olt(db, own.olt.id, silence),
        fault=_fault(db, None if stands is None else stands[1]),
        orders=ordered,
        orders_in_all=_count_orders(db, service_id),
        processes=_processes(db, [each.item_id for each in ordered]),
        charges=_charges(db, service_id),
    )


def _subscriber(db: sa.Connection, service: Service) -> Subscriber:
    row = db.execute(
        sa.select(
            accounts.c.name.label("account"),
            accounts.c.external_id.label("account_number"),
            accounts.c.phone,
            accounts.c.currency,
            accounts.c.zone.label("billing_zone"),
            premises.c.address,
            premises.c.city,
            premises.c.zone,
        )
        .join_from(accounts, premises, premises.c.id == service.premise_id)
        .where(accounts.c.id == service.account_id)
    ).one()
    return to_record(row, Subscriber)


_SOLD: Final = sa.select(
    products.c.id, products.c.code, products.c.name, products.c.down_mbps, products.c.up_mbps
)


def _others(db: sa.Connection, product_id: UUID, currency: str) -> tuple[Sold, ...]:
    newest = (
        sa.select(products.c.code, sa.func.max(products.c.version).label("version"))
        .group_by(products.c.code)
        .subquery()
    )
    is_newest = sa.exists().where(
        newest.c.code == products.c.code, newest.c.version == products.c.version
    )
    listed = _SOLD.where(is_newest, products.c.id != product_id, products.c.currency == currency)
    rows = db.execute(listed.order_by(products.c.code).limit(PRODUCTS_MAX))
    return to_records(rows, Sold)


def _suspensions(db: sa.Connection, service_id: UUID) -> tuple[OpenSuspension, ...]:
    rows = db.execute(
        sa.select(suspensions.c.reason, suspensions.c.begun_at)
        .where(suspensions.c.service_id == service_id, suspensions.c.ended_at.is_(None))
        .order_by(suspensions.c.begun_at)
    )
    return to_records(rows, OpenSuspension)


def _polled_at(db: sa.Connection, service_id: UUID) -> datetime | None:
    return db.execute(
        sa.select(pon_polls.c.polled_at)
        .join(ont_allocations, ont_allocations.c.pon_port_id == pon_polls.c.pon_port_id)
        .where(ont_allocations.c.service_id == service_id)
    ).scalar_one_or_none()


def _fault(db: sa.Connection, fault_id: UUID | None) -> PlantFault | None:
    if fault_id is None:
        return None
    row = db.execute(sa.select(plant_faults).where(plant_faults.c.id == fault_id)).one()
    return to_record(row, PlantFault)


def _orders(db: sa.Connection, service_id: UUID) -> tuple[Ordered, ...]:
    is_signed = sa.exists().where(
        completions.c.job_id == jobs.c.id, completions.c.signature.is_not(None)
    )
    rows = db.execute(
        sa.select(
            order_items.c.id.label("item_id"),
            orders.c.number,
            orders.c.created_at,
            order_items.c.state,
            order_items.c.intent,
            order_items.c.reason,
            jobs.c.id.label("job_id"),
            jobs.c.number.label("job_number"),
            jobs.c.kind.label("job_kind"),
            jobs.c.state.label("job_state"),
            jobs.c.starts_at.label("job_starts_at"),
            jobs.c.ends_at.label("job_ends_at"),
            is_signed.label("is_signed"),
        )
        .select_from(order_items)
        .join(orders, orders.c.id == order_items.c.order_id)
        .outerjoin(jobs, jobs.c.order_item_id == order_items.c.id)
        .where(order_items.c.service_id == service_id)
        .order_by(orders.c.created_at.desc(), order_items.c.id.desc(), jobs.c.id.desc())
        .limit(ORDERS_MAX)
    )
    return to_records(rows, Ordered)


def _count_orders(db: sa.Connection, service_id: UUID) -> int:
    counted = sa.select(sa.func.count()).where(order_items.c.service_id == service_id)
    return db.execute(counted).scalar_one()


def _processes(db: sa.Connection, item_ids: list[UUID]) -> tuple[Process, ...]:
    rows = db.execute(
        sa.select(processes)
        .where(processes.c.order_item_id.in_(item_ids))
        .order_by(processes.c.created_at, processes.c.id)
        .limit(2 * ORDERS_MAX)
    )
    return to_records(rows, Process)


def _charges(db: sa.Connection, service_id: UUID) -> tuple[InvoiceLine, ...]:
    rows = db.execute(
        sa.select(invoice_lines)
        .where(invoice_lines.c.service_id == service_id)
        .order_by(invoice_lines.c.posted_at.desc(), invoice_lines.c.id.desc())
        .limit(CHARGES_MAX)
    )
    return to_records(rows, InvoiceLine)
