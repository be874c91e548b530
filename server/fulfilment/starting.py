"""Starting a process: one per service, order item and intent, whatever arrives and how often."""

from uuid import UUID

import sqlalchemy as sa

from server.acts import Act
from server.fulfilment import storage
from server.fulfilment.records import Intent, Process, ProcessState, Progress, effect_key
from server.fulfilment.steps import first
from server.orders.records import OrderItem


def start(
    db: sa.Connection, intent: Intent, item: OrderItem, job_id: UUID | None, *, act: Act
) -> Process | None:
    """Start what an order item causes, with or without a visit; None: it was started before."""
    process = Process(
        id=act.new_id(),
        effect_key=effect_key(item.service_id, item.id, intent),
        intent=intent,
        service_id=item.service_id,
        order_item_id=item.id,
        job_id=job_id,
        state=ProcessState.READY,
        step=first(intent, is_visit=job_id is not None),
        attempt=0,
        lane=None,
        next_at=act.now,
        lease_owner=None,
        lease_until=None,
        fencing_token=0,
        code=None,
        progress=Progress(),
        created_at=act.now,
        updated_at=act.now,
    )
    return process if storage.add_process(db, process) else None
