"""The audit: append-only, what was done, by whom, to which job, order or process."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.acts import Act, ActorKind
from server.database.prepared import Prepared
from server.database.rows import to_records
from server.database.tables.offers import order_items
from server.database.tables.people import audit
from server.database.tables.work import jobs

TIMELINE_MAX = 500
_INSERT: Final = Prepared(sa.insert(audit))


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit. ``detail`` holds ids, codes and numbers, never personal data."""

    id: UUID
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    action: str
    job_id: UUID | None
    order_id: UUID | None
    process_id: UUID | None
    detail: Mapping[str, Any]


def record(  # noqa: PLR0913  the columns of a line, each by name
    db: sa.Connection,
    act: Act,
    action: str,
    *,
    job_id: UUID | None = None,
    order_id: UUID | None = None,
    process_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one line. ``action`` is a noun with a past verb: ``job.assigned``."""
    _INSERT.run(
        db,
        {
            "id": act.new_id(),
            "at": act.now,
            "actor_kind": act.actor.kind,
            "actor_id": act.actor.id,
            "action": action,
            "job_id": job_id,
            "order_id": order_id,
            "process_id": process_id,
            "detail": dict(detail or {}),
        },
    )


def list_of_job(db: sa.Connection, job_id: UUID) -> tuple[AuditEntry, ...]:
    """List what happened to a job, its order and its processes; of the newest, the oldest first."""
    order_id = (
        sa.select(order_items.c.order_id)
        .join(jobs, jobs.c.order_item_id == order_items.c.id)
        .where(jobs.c.id == job_id)
        .scalar_subquery()
    )
    rows = db.execute(
        sa.select(audit)
        .where((audit.c.job_id == job_id) | (audit.c.order_id == order_id))
        .order_by(audit.c.at.desc(), audit.c.id.desc())
        .limit(TIMELINE_MAX)
    )
    return to_records(rows, AuditEntry)[::-1]
