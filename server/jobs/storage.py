"""Storing jobs, captures and completions."""

from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.database.prepared import Prepared
from server.database.rows import to_row, to_rows
from server.database.tables.work import captures, completions, job_fields, jobs, visits
from server.jobs.records import Completion, FieldWrite, Job, StoredCapture, Visit


def insert(db: sa.Connection, job: Job) -> None:
    """Store a new job."""
    db.execute(sa.insert(jobs).values(**to_row(job)))


def update(db: sa.Connection, job: Job) -> None:
    """Store a job that was read under a lock in this transaction."""
    update_all(db, (job,))


def insert_capture(db: sa.Connection, capture: StoredCapture) -> None:
    """Store a capture; captures are never changed."""
    db.execute(sa.insert(captures).values(**to_row(capture)))


def insert_completion(db: sa.Connection, completion: Completion) -> None:
    """Store a completion; completions are never changed."""
    _INSERT_COMPLETION.run(db, to_row(completion))


def insert_visits(db: sa.Connection, ended: Sequence[Visit]) -> None:
    """Store how visits ended, in one statement; visits are never changed."""
    _INSERT_VISITS.run_many(db, to_rows(ended))


def update_all(db: sa.Connection, changed: Sequence[Job]) -> None:
    """Store jobs that were read under locks in this transaction, in one statement."""
    rows = [dict(to_row(job)) for job in changed]
    # A key that stays in a row would be set as well: the id moves to the condition.
    _UPDATE.run_many(db, [{"job": row.pop("id"), **row} for row in rows])


def set_fields(db: sa.Connection, writes: Sequence[FieldWrite]) -> None:
    """Store shared fields of jobs that are locked in this transaction, in one statement.

    Of several writes of a field the last one stands.
    """
    last = {(write.job_id, write.field): write for write in writes}
    _SET_FIELDS.run_many(db, [_field_row(write) for write in last.values()])


def _field_row(write: FieldWrite) -> Mapping[str, object]:
    entered = write.entered
    return {
        "job_id": write.job_id,
        "field": write.field,
        "value": write.value.value,
        "version": write.value.version,
        "set_by": entered.technician_id if entered else None,
        "set_at": entered.at if entered else None,
        "set_incarnation": entered.incarnation if entered else None,
        "set_dseq": entered.dseq if entered else None,
    }


def _setting(insert: postgresql.Insert | sqlite.Insert) -> sa.Executable:
    key = ("job_id", "field")
    new = {column.name: column for column in insert.excluded if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=new)


_INSERT_COMPLETION: Final = Prepared(sa.insert(completions))
_INSERT_VISITS: Final = Prepared(sa.insert(visits))
_SET_FIELDS: Final = Prepared(
    {
        "postgresql": _setting(postgresql.insert(job_fields)),
        "sqlite": _setting(sqlite.insert(job_fields)),
    }
)
_UPDATE: Final = Prepared(
    sa.update(jobs)
    .where(jobs.c.id == sa.bindparam("job"))
    .values({name: sa.bindparam(name) for name in Job.__struct_fields__ if name != "id"})
)
