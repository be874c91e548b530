"""How an order stands, with a visit or without: waiting for what, since when, and who owns it."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.rows import to_record, to_records
from server.database.tables.fulfilment import processes
from server.database.tables.offers import order_items, orders
from server.database.tables.people import audit
from server.database.tables.work import jobs
from server.fulfilment.ownership import owner_of
from server.fulfilment.records import Process, ProcessState
from server.jobs.records import Job
from server.orders.records import OrderState
from server.people.records import Role
from server.problems import NotFound
from sync_protocol.jobs import OPEN_STATES, JobState


class Awaited(msgspec.Struct, frozen=True, kw_only=True):
    """What an order waits for.

    ``code`` is a coded reason where the process has one, its step where it goes on by itself, and
    else the state of the job.
    """

    code: str
    since: datetime
    owner: Role


class OrderStanding(msgspec.Struct, frozen=True, kw_only=True):
    """An order and what came of it. ``intent`` and ``reason`` are those of one without a visit."""

    order_id: UUID
    order_item_id: UUID
    service_id: UUID
    number: str
    state: OrderState
    placed_at: datetime
    action: str
    intent: str | None
    reason: str | None
    job_id: UUID | None
    process_id: UUID | None
    waiting_for: Awaited | None
    """None: nothing is left to do."""


class _Placed(msgspec.Struct, frozen=True, kw_only=True):
    order_id: UUID
    order_item_id: UUID
    service_id: UUID
    number: str
    state: OrderState
    placed_at: datetime
    action: str
    intent: str | None
    reason: str | None


def get(db: sa.Connection, number: str) -> OrderStanding:
    """Get how an order stands.

    Raises:
        NotFound: no order has this number.
    """
    placed = _find(db, number)
    if placed is None:
        raise NotFound("order", number)
    job, job_since = _job(db, placed.order_item_id)
    process = _process(db, placed.order_item_id)
    return OrderStanding(
        **msgspec.structs.asdict(placed),
        job_id=None if job is None else job.id,
        process_id=None if process is None else process.id,
        waiting_for=awaited(
            placed.state, process, job, since=placed.placed_at if job_since is None else job_since
        ),
    )


def awaited(
    state: OrderState, process: Process | None, job: Job | None, *, since: datetime
) -> Awaited | None:
    """Say what an order waits for: its process, or else its visit. Pure.

    ``since`` is when the job was last changed. What nobody goes on with waits for a dispatcher.
    """
    if state is not OrderState.IN_PROGRESS:
        return None
    if process is not None and process.state not in {ProcessState.DONE, ProcessState.CANCELLED}:
        code = process.step if process.code is None else process.code
        return Awaited(code=code, since=process.updated_at, owner=owner_of(code))
    code = JobState.UNASSIGNED if job is None else job.state
    owner = Role.TECHNICIAN if code in OPEN_STATES else Role.DISPATCHER
    return Awaited(code=code, since=since, owner=owner)


def _find(db: sa.Connection, number: str) -> _Placed | None:
    row = db.execute(
        sa.select(
            orders.c.id.label("order_id"),
            order_items.c.id.label("order_item_id"),
            order_items.c.service_id,
            orders.c.number,
            orders.c.state,
            orders.c.created_at.label("placed_at"),
            order_items.c.action,
            order_items.c.intent,
            order_items.c.reason,
        )
        .join(order_items, order_items.c.order_id == orders.c.id)
        .where(orders.c.number == number)
    ).first()
    return None if row is None else to_record(row, _Placed)


def _job(db: sa.Connection, order_item_id: UUID) -> tuple[Job | None, datetime | None]:
    """Find the newest visit of an item, and when anything was last done with it."""
    of_item = sa.select(jobs).where(jobs.c.order_item_id == order_item_id)
    row = db.execute(of_item.order_by(jobs.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None, None
    job = to_record(row, Job)
    newest = sa.select(audit.c.at).where(audit.c.job_id == job.id).order_by(audit.c.at.desc())
    return job, db.execute(newest.limit(1)).scalar_one_or_none()


def _process(db: sa.Connection, order_item_id: UUID) -> Process | None:
    """Find the process of an item that goes on, or else the last one that ended."""
    of_item = sa.select(processes).where(processes.c.order_item_id == order_item_id)
    found = to_records(db.execute(of_item.order_by(processes.c.created_at)), Process)
    ended = {ProcessState.DONE, ProcessState.CANCELLED}
    return next((each for each in found if each.state not in ended), found[-1] if found else None)
