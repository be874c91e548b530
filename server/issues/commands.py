"""Closing issues in the office; what technicians answer comes through ``server.sync``."""

from uuid import UUID

import msgspec

from server import audit
from server.acts import Act
from server.database import Connection, FeedChange, Written
from server.issues import queries, storage
from server.issues.records import Closing, Ruling
from server.jobs import commands as job_commands
from server.jobs import queries as job_queries
from server.jobs import storage as job_storage
from server.jobs.records import FieldWrite, Job
from server.problems import Conflicting, WrongInput
from server.sync import conflicts
from server.sync.records import Issue
from sync_protocol.documents import VersionedValue
from sync_protocol.issues import is_of_field


def close(db: Connection, issue_id: UUID, ruling: Ruling, *, act: Act) -> Written[Issue]:
    """Close an issue, and let one of its values stand where it tells of two.

    Both values stay in the issue. What a tablet enters meanwhile over another version clashes with
    what is set here, as with any edit.

    Raises:
        NotFound: no such issue.
        WrongInput: a value is to stand, and the issue tells of none.
        Conflicting: it is closed already, or the field is not as it was shown; nothing was changed.
    """
    known = queries.get(db, issue_id)
    # In the order in which a push locks them.
    job = None if known.job_id is None else job_queries.find(db, known.job_id, lock=True)
    issue = queries.get(db, issue_id, lock=True)
    if issue.closed_at is not None:
        raise Conflicting("this issue is closed already; nothing was changed")
    told = _let_stand(db, job, issue, ruling)
    closed = msgspec.structs.replace(
        issue,
        closed_at=act.now,
        closed_by=act.actor.id,
        closing=ruling.closing,
        remark=ruling.remark.strip() or None,
    )
    storage.close(db, closed)
    audit.record(
        db,
        act,
        "issue.closed",
        job_id=None if job is None else job.id,
        detail={"issue_id": str(issue.id), "closing": ruling.closing, "field": issue.field},
    )
    left = () if issue.answer is not None else (conflicts.left(issue),)
    return Written(
        closed,
        feed=(*told, *left),
        topics=frozenset() if job is None else job_commands.topics(job),
    )


def _let_stand(
    db: Connection, job: Job | None, issue: Issue, ruling: Ruling
) -> tuple[FeedChange, ...]:
    if ruling.closing is Closing.AS_IT_IS:
        return ()
    if job is None or issue.field is None or not is_of_field(issue.code, issue.field):
        raise WrongInput(
            "this issue tells of no two values; it can only be closed as it is. Nothing was changed"
        )
    mine = ruling.closing is Closing.FIELD_VALUE
    value = (issue.field_value if mine else issue.office_value) or ""
    known = job_queries.fields_of(db, [job.id]).get(job.id, {})
    now = known.get(issue.field, VersionedValue(value="", version=0))
    if now.version != ruling.seen_version:
        raise Conflicting(
            f"{issue.field} of job {job.number} has changed since the page was shown; load it "
            "again. Nothing was changed"
        )
    if now.value == value:
        return ()
    written = VersionedValue(value=value, version=now.version + 1)
    write = FieldWrite(job_id=job.id, field=issue.field, value=written, entered=None)
    job_storage.set_fields(db, (write,))
    return job_commands.updated(job)
