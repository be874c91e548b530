"""Storing jobs, captures and completions."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.database.rows import to_row
from server.database.tables.work import captures, completions, job_fields, jobs
from server.jobs.records import Completion, Job, StoredCapture
from sync_protocol.documents import VersionedValue


def insert(db: sa.Connection, job: Job) -> None:
    """Store a new job."""
    db.execute(sa.insert(jobs).values(**to_row(job)))


def update(db: sa.Connection, job: Job) -> None:
    """Store a job that was read under a lock in this transaction."""
    values: dict[str, Any] = dict(to_row(job))
    db.execute(sa.update(jobs).where(jobs.c.id == values.pop("id")).values(**values))


def insert_capture(db: sa.Connection, capture: StoredCapture) -> None:
    """Store a capture; captures are never changed."""
    db.execute(sa.insert(captures).values(**to_row(capture)))


def insert_completion(db: sa.Connection, completion: Completion) -> None:
    """Store a completion; completions are never changed."""
    db.execute(sa.insert(completions).values(**to_row(completion)))


def set_field(db: sa.Connection, job_id: UUID, field: str, value: VersionedValue) -> None:
    """Store a shared field of a job that is locked in this transaction."""
    key = (job_fields.c.job_id == job_id) & (job_fields.c.field == field)
    changed = db.execute(
        sa.update(job_fields).where(key).values(value=value.value, version=value.version)
    )
    if changed.rowcount == 0:
        db.execute(
            sa.insert(job_fields).values(
                job_id=job_id, field=field, value=value.value, version=value.version
            )
        )
