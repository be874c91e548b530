"""Reading issues for the office."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from server.database.rows import to_record, to_records
from server.database.tables.people import technicians
from server.database.tables.plant import premises
from server.database.tables.sync import issues
from server.database.tables.work import job_fields, jobs
from server.issues.records import IssueFilter, IssueLine
from server.problems import NotFound
from server.sync.records import Issue

PAGE_SIZE = 25


def get(db: sa.Connection, issue_id: UUID, *, lock: bool = False) -> Issue:
    """Get an issue; ``lock`` holds it until the transaction ends, after its job.

    Raises:
        NotFound: no such issue.
    """
    statement = sa.select(issues).where(issues.c.id == issue_id)
    found = to_records(db.execute(statement.with_for_update() if lock else statement), Issue)
    if not found:
        raise NotFound("issue", issue_id)
    return found[0]


def list_open(
    db: sa.Connection, wanted: IssueFilter, *, limit: int = PAGE_SIZE
) -> tuple[IssueLine, ...]:
    """List open issues, newest first."""
    statement = (
        sa.select(
            issues,
            technicians.c.name.label("technician"),
            jobs.c.number.label("job_number"),
            premises.c.address,
            premises.c.zone,
            job_fields.c.value.label("standing"),
            job_fields.c.version.label("standing_version"),
        )
        .join(technicians, technicians.c.id == issues.c.technician_id)
        .outerjoin(jobs, jobs.c.id == issues.c.job_id)
        .outerjoin(premises, premises.c.id == jobs.c.premise_id)
        .outerjoin(
            job_fields,
            (job_fields.c.job_id == issues.c.job_id) & (job_fields.c.field == issues.c.field),
        )
        .where(issues.c.closed_at.is_(None), *_conditions(wanted))
        .order_by(issues.c.raised_at.desc(), issues.c.id.desc())
        .limit(limit)
    )
    return tuple(
        IssueLine(
            issue=to_record(row, Issue),
            technician=row.technician,
            job_number=row.job_number,
            address=row.address,
            zone=row.zone,
            standing=row.standing,
            standing_version=row.standing_version or 0,
        )
        for row in db.execute(statement)
    )


def _conditions(wanted: IssueFilter) -> Iterable[sa.ColumnElement[bool]]:
    if wanted.kind is not None:
        yield issues.c.kind == wanted.kind
    if wanted.technician_id is not None:
        yield issues.c.technician_id == wanted.technician_id
    if wanted.older_than is not None:
        last = issues.alias("last")
        place = sa.select(last.c.raised_at, last.c.id).where(last.c.id == wanted.older_than)
        yield sa.tuple_(issues.c.raised_at, issues.c.id) < place.scalar_subquery()
