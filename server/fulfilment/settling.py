"""The end of a process about a running service: in one transaction it is what was ordered.

Nothing is charged or credited here, and the completion feed says nothing of it: both know installs
only (docs/adr/0026).
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import sqlalchemy as sa

from server import audit
from server.acts import Act
from server.database import EmbeddedChange, FeedChange
from server.database.units import Embedded
from server.fulfilment.records import Intent, Process
from server.fulfilment.reservations import note_given, release_now
from server.jobs import commands as job_commands
from server.orders import queries as orders
from server.orders import storage as order_storage
from server.orders.records import OrderItem, OrderState
from server.services import storage as services
from server.services import suspensions
from server.services.records import Service, ServiceState, SuspensionReason, require_move

_PAST: Final[Mapping[Intent, str]] = {
    Intent.SUSPEND: "service.suspended",
    Intent.RESUME: "service.resumed",
    Intent.CHANGE: "service.changed",
    Intent.SWAP: "service.ont_swapped",
    Intent.REPROVISION: "service.reprovisioned",
    Intent.DISCONNECT: "service.terminated",
}


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Who has to hear of a service that is another one now."""

    feed: tuple[FeedChange, ...]
    embedded: tuple[EmbeddedChange, ...]


def settle(db: sa.Connection, process: Process, *, act: Act) -> Settled:
    """Let a service become what was ordered; part of the unit that holds the lease."""
    item = orders.get_item(db, process.order_item_id, lock=True)
    service = services.get(db, process.service_id, lock=True)
    services.update(db, become(service, item, process))
    _follow(db, process, item, act)
    order_storage.set_item_state(db, item, OrderState.COMPLETED)
    audit.record(
        db,
        act,
        _PAST[process.intent],
        job_id=process.job_id,
        order_id=item.order_id,
        process_id=process.id,
        detail={"reason": item.reason, "save_code": process.progress.save_code},
    )
    return told(db, service)


def become(service: Service, item: OrderItem, process: Process) -> Service:
    """Say what a service is once its process is settled. Pure.

    Raises:
        ServiceMoveNotAllowed: it is not in a state from which this is possible.
    """
    match process.intent:
        case Intent.SUSPEND:
            state = require_move(service.state, ServiceState.SUSPENDED)
            return msgspec.structs.replace(service, state=state)
        case Intent.RESUME:
            state = require_move(service.state, ServiceState.ACTIVE)
            return msgspec.structs.replace(service, state=state)
        case Intent.CHANGE:
            return msgspec.structs.replace(service, product_id=item.product_id)
        case Intent.SWAP:
            progress = process.progress
            return msgspec.structs.replace(
                service, ont_serial=progress.serial, baseline_cdbm=progress.measured_cdbm
            )
        case Intent.REPROVISION:
            return service
        case Intent.DISCONNECT:
            state = require_move(service.state, ServiceState.TERMINATED)
            return msgspec.structs.replace(service, state=state)
        case Intent.ACTIVATE:
            raise AssertionError("an activation goes live; it is not settled")


def call_off(db: sa.Connection, process: Process, *, act: Act) -> Settled:
    """Cancel the order of a process of which nothing is left on the OLT."""
    item = orders.get_item(db, process.order_item_id, lock=True)
    service = services.get(db, process.service_id, lock=True)
    if service.state is ServiceState.RESERVED and process.intent is Intent.ACTIVATE:
        state = require_move(service.state, ServiceState.DESIGNED)
        before = msgspec.structs.replace(service, state=state, completed_at=None, received_at=None)
        services.update(db, before)
    order_storage.set_item_state(db, item, OrderState.CANCELLED)
    audit.record(
        db,
        act,
        "order.cancelled",
        job_id=process.job_id,
        order_id=item.order_id,
        process_id=process.id,
        detail={},
    )
    return told(db, service)


def told(db: sa.Connection, service: Service) -> Settled:
    """Name who holds a copy of a service."""
    return Settled(
        feed=job_commands.service_changed(db, service.id),
        embedded=(EmbeddedChange(what=Embedded.PREMISE, key=service.premise_id),),
    )


def _follow(db: sa.Connection, process: Process, item: OrderItem, act: Act) -> None:
    """Bring what belongs to the service after it: its reasons, its ids."""
    match process.intent:
        case Intent.SUSPEND:
            suspensions.begin(db, item.service_id, SuspensionReason(str(item.reason)), act=act)
        case Intent.RESUME:
            suspensions.end(db, item.service_id, SuspensionReason(str(item.reason)), act=act)
        case Intent.DISCONNECT:
            release_now(db, process)
            suspensions.end_all(db, item.service_id, act=act)
        case Intent.CHANGE | Intent.SWAP | Intent.REPROVISION:
            note_given(db, process)
        case Intent.ACTIVATE:
            pass
