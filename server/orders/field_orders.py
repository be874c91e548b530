"""Jobs that technicians begin in the field, each with an order that changes no service."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from server import audit
from server.acts import Act
from server.database import Connection
from server.jobs import storage as jobs
from server.jobs.records import Job
from server.orders import storage
from server.orders.records import NO_CHANGE, Order, OrderItem, OrderState
from server.services import storage as services
from sync_protocol.documents import JobKind
from sync_protocol.field_jobs import number_of
from sync_protocol.jobs import JobState
from sync_protocol.operations import CreateJob

VISIT: Final = timedelta(hours=2)
"""How long the appointment of such a job is; it began when the technician began it."""


def begin(
    body: CreateJob, beside: Job, *, technician_id: UUID, order_item_id: UUID, at: datetime
) -> Job:
    """Give the job as it is to be stored, at the premise of another and for its service. Pure."""
    return Job(
        id=body.job_id,
        number=number_of(body.job_id),
        kind=JobKind(body.kind),
        order_item_id=order_item_id,
        service_id=beside.service_id,
        premise_id=beside.premise_id,
        assignee_id=technician_id,
        state=JobState.ASSIGNED,
        state_version=1,
        starts_at=at,
        ends_at=at + VISIT,
        required_photos=(),
        reserved_serial=None,
    )


def store_all(db: Connection, created: Iterable[Job], *, act: Act) -> None:
    """Store jobs that began in the field, each with its order."""
    for job in created:
        service = services.get(db, job.service_id)
        order = Order(
            id=act.new_id(),
            number=job.number,
            account_id=service.account_id,
            state=OrderState.IN_PROGRESS,
            created_at=act.now,
        )
        item = OrderItem(
            id=job.order_item_id,
            order_id=order.id,
            action=NO_CHANGE,
            product_id=service.product_id,
            premise_id=job.premise_id,
            service_id=job.service_id,
            state=OrderState.IN_PROGRESS,
        )
        storage.insert(db, order, item)
        jobs.insert(db, job)
        audit.record(db, act, "order.placed", order_id=order.id, detail={"number": order.number})
