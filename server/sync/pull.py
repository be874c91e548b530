"""Sending the feed: one page of what is new for a technician, read in one snapshot."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.tables.sync import feed, issues, sync_head
from server.database.units import FeedKind
from server.jobs import queries as job_queries
from server.sync.records import Issue
from sync_protocol.documents import IssueDocument, IssueKind, JobDocument
from sync_protocol.ids import Epoch, Incarnation, IssueId, JobId
from sync_protocol.messages import (
    Cursor,
    FeedEntry,
    IssueClosed,
    IssueRaised,
    JobEntered,
    JobLeft,
    JobUpdated,
    LeaveReason,
    PullPage,
)

PAGE_ENTRIES_MAX: Final = 100
_PAGE: Final = (
    sa.select(
        feed.c.entity,
        feed.c.entity_id,
        feed.c.seq,
        feed.c.kind,
        feed.c.entered_seq,
        feed.c.reason,
    )
    .where(feed.c.scope == sa.bindparam("scope"))
    .order_by(feed.c.seq, feed.c.entity, feed.c.entity_id)
    .limit(sa.bindparam("most"))
)
_FROM_NOTHING: Final = Prepared(_PAGE.where(feed.c.kind != FeedKind.LEAVE))
_AFTER: Final = Prepared(
    _PAGE.where(
        sa.tuple_(feed.c.seq, feed.c.entity, feed.c.entity_id)
        > sa.tuple_(
            sa.bindparam("seq", type_=feed.c.seq.type),
            sa.bindparam("entity", type_=feed.c.entity.type),
            sa.bindparam("entity_id", type_=feed.c.entity_id.type),
        )
    )
)
_EPOCH: Final = Prepared(sa.select(sync_head.c.epoch))
_ISSUES: Final = Prepared(
    sa.select(issues).where(issues.c.id.in_(sa.bindparam("ids", expanding=True)))
)


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a scope's feed."""

    entity: str
    entity_id: UUID
    seq: int
    kind: FeedKind
    entered_seq: int | None
    reason: str | None

    @property
    def cursor(self) -> Cursor:
        """The place right after this row."""
        return Cursor(seq=self.seq, entity=self.entity, entity_id=str(self.entity_id))


def read(
    db: sa.Connection,
    technician_id: UUID,
    known_epoch: UUID | None,
    cursor: Cursor | None,
    *,
    limit: int = PAGE_ENTRIES_MAX,
) -> tuple[Epoch, PullPage]:
    """Read the server's epoch and the next page, in one snapshot.

    A cursor of another epoch counts places in another feed: the page begins a snapshot.
    """
    current = epoch(db)
    valid = cursor if known_epoch in {None, current} else None
    return current, page(db, technician_id, valid, limit=limit)


def is_ours(cursor: Cursor) -> bool:
    """Say whether a cursor can be one that a page ended with."""
    if cursor.entity not in {"job", "issue"}:
        return False
    try:
        UUID(cursor.entity_id)
    except ValueError:
        return False
    return True


def epoch(db: sa.Connection) -> Epoch:
    """Tell which life of the server this is; it changes when a backup is restored."""
    return Epoch(_EPOCH.rows(db, {})[0]["epoch"])


def page(
    db: sa.Connection,
    technician_id: UUID,
    cursor: Cursor | None,
    *,
    limit: int = PAGE_ENTRIES_MAX,
) -> PullPage:
    """Read the next page of a technician's feed after a cursor; None begins from nothing."""
    rows = rows_after(db, technician_id, cursor, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    present = [row for row in rows if row.kind is not FeedKind.LEAVE]
    documents = job_queries.documents(db, [r.entity_id for r in present if r.entity == "job"])
    raised = _issues(db, [r.entity_id for r in present if r.entity == "issue"])
    return PullPage(
        cursor=rows[-1].cursor if rows else cursor,
        more=more,
        entries=tuple(_entry(row, cursor, documents, raised) for row in rows),
        snapshot=cursor is None,
    )


def rows_after(
    db: sa.Connection, technician_id: UUID, cursor: Cursor | None, limit: int
) -> tuple[FeedRow, ...]:
    """Read so many rows of a scope that come after a cursor, in the feed's order."""
    wanted = {"scope": technician_id, "most": limit}
    if cursor is None:
        return _FROM_NOTHING.records(db, wanted, FeedRow)
    place = {"seq": cursor.seq, "entity": cursor.entity, "entity_id": UUID(cursor.entity_id)}
    return _AFTER.records(db, wanted | place, FeedRow)


def _entry(
    row: FeedRow,
    cursor: Cursor | None,
    documents: Mapping[UUID, JobDocument],
    raised: dict[UUID, IssueDocument],
) -> FeedEntry:
    if row.entity == "issue":
        if row.kind is FeedKind.LEAVE:
            return IssueClosed(issue_id=IssueId(row.entity_id))
        return IssueRaised(issue=raised[row.entity_id])
    if row.kind is FeedKind.LEAVE:
        return JobLeft(job_id=JobId(row.entity_id), reason=LeaveReason(row.reason or "reassigned"))
    # A tablet that has not read the place where the job entered is told that it enters.
    enters = cursor is None or row.entered_seq is None or row.entered_seq >= cursor.seq
    document = documents[row.entity_id]
    return JobEntered(job=document) if enters else JobUpdated(job=document)


def _issues(db: sa.Connection, issue_ids: list[UUID]) -> dict[UUID, IssueDocument]:
    if not issue_ids:
        return {}
    found = _ISSUES.records(db, {"ids": issue_ids}, Issue)
    return {issue.id: _issue_document(issue) for issue in found}


def _issue_document(issue: Issue) -> IssueDocument:
    return IssueDocument(
        id=IssueId(issue.id),
        job_id=None if issue.job_id is None else JobId(issue.job_id),
        kind=IssueKind(issue.kind),
        code=issue.code,
        incarnation=Incarnation(issue.incarnation),
        dseq=issue.dseq,
        raised_at=issue.raised_at,
        field=issue.field,
        base_value=issue.base_value,
        field_value=issue.field_value,
        office_value=issue.office_value,
    )
