"""The last step: in one transaction the service is active, charged, published and announced."""

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from billing_bridge.feed import InstallCompleted
from billing_bridge.ledger import InvoiceLine
from billing_bridge.money import PriceSnapshot
from billing_bridge.start import ServiceInstants
from server import audit
from server.acts import Act
from server.alarms import watching
from server.alarms.records import OntLight
from server.backups import lives
from server.database import EmbeddedChange, FeedChange
from server.database.rows import to_record
from server.database.tables.work import completions
from server.database.units import Embedded
from server.fulfilment.records import InboxItem, Process
from server.fulfilment.storage import add_inbox_item
from server.invoices import charging, feed
from server.jobs import commands as job_commands
from server.jobs.records import Completion
from server.notifications import outbox
from server.orders import queries as orders
from server.orders import storage as order_storage
from server.orders.records import OrderItem, OrderState
from server.services import storage as services
from server.services.records import Service, ServiceState, require_move
from sync_protocol import evidence
from sync_protocol.operations import Manifest

FIRST_POLL: Final = timedelta(minutes=1)
"""After a service went live its port is polled: the ONT itself was seen online just now."""
FIRST_LIGHT: Final = timedelta(days=1)
"""After that its light is read again: it was read just now."""


class ProgressIncomplete(RuntimeError):
    """A process came to its last step without what the earlier ones must find: our mistake."""


class WentLive(msgspec.Struct, frozen=True, kw_only=True):
    """What going live changed, for the unit that concludes the process."""

    feed: tuple[FeedChange, ...]
    embedded: tuple[EmbeddedChange, ...]
    """Other jobs of the same service tell of it too."""
    event_id: str
    invoice_line_id: UUID


def go_live(db: sa.Connection, process: Process, *, operator_slug: str, act: Act) -> WentLive:
    """Make a service live; part of the unit that holds the lease of its process."""
    progress = process.progress
    if progress.live_at is None or progress.serial is None or progress.rx_power_cdbm is None:
        raise ProgressIncomplete(f"process {process.id} reached its last step with {progress}")
    completion = _completion(db, progress.completion_id)
    item = orders.get_item(db, process.order_item_id, lock=True)
    service = services.get(db, process.service_id, lock=True)
    instants = ServiceInstants(
        completed_at=completion.completed_at,
        received_at=completion.received_at,
        live_at=progress.live_at,
    )
    require_move(service.state, ServiceState.ACTIVE)
    line = charging.charge_first(db, service, item.id, instants, act=act)
    live = msgspec.structs.replace(
        service,
        state=ServiceState.ACTIVE,
        ont_serial=progress.serial,
        completed_at=completion.completed_at,
        received_at=completion.received_at,
        live_at=progress.live_at,
        billing_start=line.billing_start,
        baseline_cdbm=progress.measured_cdbm,
    )
    services.update(db, live)
    light = OntLight(
        service_id=service.id,
        serial=progress.serial,
        next_at=act.now + FIRST_LIGHT,
        baseline_cdbm=progress.rx_power_cdbm,
        rx_cdbm=progress.rx_power_cdbm,
        measured_at=progress.live_at,
    )
    watching.watch(db, service.id, first_at=act.now + FIRST_POLL, light=light)
    order_storage.set_item_state(db, item, OrderState.COMPLETED)
    if progress.measured_fails:
        _show_disagreement(db, process, act)
    outbox.record(
        db,
        "service_live",
        account_id=service.account_id,
        service_id=service.id,
        order_item_id=item.id,
        act=act,
    )
    lives.hold_if_repeated(
        db,
        service.id,
        completed_at=completion.completed_at,
        received_at=completion.received_at,
    )
    audit.record(
        db,
        act,
        "service.live",
        job_id=process.job_id,
        order_id=item.order_id,
        process_id=process.id,
        detail={"serial": progress.serial, "rx_power_cdbm": progress.rx_power_cdbm},
    )
    event = feed.append(
        db,
        _published(live, item, line, completion, progress.rx_power_cdbm),
        operator_slug=operator_slug,
        act=act,
    )
    return WentLive(
        feed=job_commands.service_changed(db, process.service_id),
        embedded=(EmbeddedChange(what=Embedded.PREMISE, key=service.premise_id),),
        event_id=event.id,
        invoice_line_id=line.id,
    )


def _show_disagreement(db: sa.Connection, process: Process, act: Act) -> None:
    """Put before a person that technician and network saw different light."""
    progress = process.progress
    detail = {"measured_cdbm": progress.measured_cdbm, "rx_power_cdbm": progress.rx_power_cdbm}
    add_inbox_item(
        db,
        InboxItem(
            id=act.new_id(),
            kind="light_disagrees",
            job_id=process.visited_job_id,
            completion_id=progress.completion_id,
            code="LIGHT_READING_FAILS",
            detail=detail,
            raised_at=act.now,
            decided_at=None,
        ),
    )
    audit.record(
        db,
        act,
        "light.disagrees",
        job_id=process.job_id,
        process_id=process.id,
        detail=detail,
    )


def _published(
    service: Service, item: OrderItem, line: InvoiceLine, completion: Completion, rx_power_cdbm: int
) -> InstallCompleted:
    """Say for the feed what happened; everything in it was stored in the same transaction."""
    if service.ont_serial is None or service.live_at is None:
        raise ProgressIncomplete(f"service {service.id} is not live")
    return InstallCompleted(
        service_id=service.id,
        order_id=item.order_id,
        order_item_id=item.id,
        premise_id=service.premise_id,
        ont_serial=service.ont_serial,
        completed_at=completion.completed_at,
        received_at=completion.received_at,
        live_at=service.live_at,
        rx_power_cdbm=rx_power_cdbm,
        billing_start=line.billing_start,
        billing_policy=line.policy,
        price=PriceSnapshot(
            price_minor=line.price_minor,
            currency=line.currency,
            price_version=line.price_version,
        ),
        evidence_digest=_evidence_digest(completion),
    )


def _completion(db: sa.Connection, completion_id: UUID | None) -> Completion:
    row = db.execute(sa.select(completions).where(completions.c.id == completion_id)).one()
    return to_record(row, Completion)


def _evidence_digest(completion: Completion) -> str:
    """Name the evidence by the bytes that the device signed."""
    manifest = msgspec.convert(completion.manifest, Manifest)
    return hashlib.sha256(evidence.bytes_to_sign(manifest)).hexdigest()
