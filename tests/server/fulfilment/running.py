"""A service that runs, and orders and visits about it."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.database import Connection
from server.database.tables.fulfilment import ont_allocations, processes
from server.database.tables.offers import products
from server.fulfilment import service_orders, storage
from server.fulfilment.records import Intent, Process
from server.fulfilment.service_orders import ServiceOrder, Wanted
from server.orders import commands as orders
from server.orders.records import PlacedOrder, WantedOrder
from sync_protocol.documents import JobKind
from sync_protocol.operations import CaptureBody, Photo
from tests.server.factories import OFFICE, act, assign, change, rows
from tests.server.fulfilment.shift import Shift
from tests.server.olt import plugged
from tests.server.tablets import SERIAL, Tablet, bodies, enrolled, push


async def running(shift: Shift) -> UUID:
    """Let the service of house 1 go live; answer its id."""
    placed, _ = shift.complete_job()
    await shift.worker.settle()
    return placed.service_id


def order(
    shift: Shift,
    service_id: UUID,
    intent: Intent,
    number: str,
    *,
    reason: str | None = None,
    product: str | None = None,
) -> ServiceOrder:
    """Order something that needs no visit."""
    wanted = Wanted(
        number=number, service_id=service_id, intent=intent, reason=reason, product=product
    )
    return shift.store.write_now(
        service_orders.place, wanted, act=act(shift.world.clock(), actor=OFFICE)
    )


def visit(
    shift: Shift, kind: JobKind, captured: tuple[CaptureBody, ...], code: str, number: str = "V-1"
) -> tuple[PlacedOrder, Tablet]:
    """Order a visit, do it, and push the completion."""
    now = shift.world.clock()
    wanted = WantedOrder(
        number=number,
        kind=kind,
        account="A-1",
        premise="P-1",
        appointment_starts_at=now,
        appointment_ends_at=now + timedelta(hours=2),
    )
    placed = shift.store.write_now(orders.place, wanted, act=act(now, actor=OFFICE))
    assign(shift.store, placed.job_id, shift.town.ada)
    tablet = enrolled(shift.store, shift.town.ada)
    tablet.complete(placed.job_id, captured)
    said = tablet.said.pop()
    tablet.said.append(said.replace(b'"code":"D02"', b'"code":"%s"' % code.encode()))
    push(shift.store, tablet, now=now)
    return placed, tablet


def swap(shift: Shift, serial: str, kind: JobKind = JobKind.SWAP) -> PlacedOrder:
    """Put another ONT on the fiber of house 1, and tell the server."""
    shift.world.olt.unplug(SERIAL)
    shift.world.olt.plug(plugged(serial))
    repaired = Photo(subject="repaired", sha256="d" * 64, size_bytes=5)
    placed, _ = visit(shift, kind, (*bodies(serial), repaired), "D07")
    return placed


def add_product(shift: Shift, code: str, **changes: object) -> UUID:
    """Sell what the town sells under another code, with changes."""
    product_id = uuid7()
    present = rows(shift.store, products)[0]
    stored = {**present, **changes, "id": product_id, "code": code}
    change(shift.store, sa.insert(products).values(**stored))
    return product_id


def process_of(shift: Shift, intent: Intent) -> Process:
    """Get the only process of an intent."""

    def query(db: Connection) -> UUID:
        statement = sa.select(processes.c.id).where(processes.c.intent == intent)
        return db.execute(statement).scalar_one()

    return shift.store.read_now(storage.get, shift.store.read_now(query))


def ids_kept(shift: Shift) -> list[tuple[int, int, str]]:
    """Name the ONT ids, service ports and serials that are kept for services."""
    kept = rows(shift.store, ont_allocations)
    return [(row["ont_id"], row["service_port"], row["serial"]) for row in kept]


def active_onts(shift: Shift) -> dict[str, bool]:
    """Say of each registered ONT whether it is activated on the OLT."""
    known = shift.world.olt.exchange.olt.registrations.values()
    return {each.row.serial: each.row.active for each in known}
