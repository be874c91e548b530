"""Sending the feed: one page of what is new for a technician, read in one snapshot."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.briefings import queries as briefings
from server.database.prepared import Prepared
from server.database.tables.sync import feed, issues, sync_head
from server.database.units import FeedKind
from server.jobs import queries as job_queries
from server.sync import floors
from server.sync.fingerprints import Fingerprints, Reference, Standing
from server.sync.floors import SnapshotReason
from server.sync.records import Issue
from sync_protocol import wire
from sync_protocol.digest import DigestedDocument, digest_of_digests, document_digest
from sync_protocol.documents import IssueDocument, IssueKind
from sync_protocol.ids import Epoch, Incarnation, IssueId, JobId
from sync_protocol.messages import (
    BriefingUpdated,
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
from sync_protocol.units import Sha256Hex

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
_PRESENT: Final = Prepared(
    sa.select(feed.c.entity, feed.c.entity_id, feed.c.seq).where(
        feed.c.scope == sa.bindparam("of"), feed.c.kind != FeedKind.LEAVE
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
    def reference(self) -> Reference:
        """The entity that this row is about."""
        return Reference(self.entity, self.entity_id)

    @property
    def cursor(self) -> Cursor:
        """The place right after this row."""
        return Cursor(seq=self.seq, entity=self.entity, entity_id=str(self.entity_id))


def read(  # noqa: PLR0913  what a request says, each by name
    db: sa.Connection,
    technician_id: UUID,
    known_epoch: UUID | None,
    cursor: Cursor | None,
    *,
    limit: int = PAGE_ENTRIES_MAX,
    check_scope: bool = False,
    fingerprints: Fingerprints | None = None,
) -> tuple[Epoch, PullPage]:
    """Read the server's epoch and the next page, in one snapshot.

    A cursor of another epoch counts places in another feed: the page begins a snapshot.
    """
    current = epoch(db)
    digesting = _Digesting(db, current, fingerprints)
    if cursor is None or known_epoch in {None, current}:
        return current, _page(digesting, technician_id, cursor, limit, check_scope=check_scope)
    begun = _page(digesting, technician_id, None, limit, check_scope=check_scope)
    return current, msgspec.structs.replace(begun, snapshot_reason=SnapshotReason.OTHER_EPOCH)


def epoch(db: sa.Connection) -> Epoch:
    """Tell which life of the server this is; it changes when a backup is restored."""
    return Epoch(_EPOCH.rows(db, {})[0]["epoch"])


class _Digesting(msgspec.Struct, frozen=True):
    """Where documents are read, and what is known of those that were rendered before."""

    db: sa.Connection
    epoch: Epoch
    fingerprints: Fingerprints | None


def _page(
    reading: _Digesting,
    technician_id: UUID,
    cursor: Cursor | None,
    limit: int,
    *,
    check_scope: bool,
) -> PullPage:
    """Read the next page of a technician's feed after a cursor; None begins from nothing.

    A cursor that may have missed a departure, because the feed was compacted, begins anew. A last
    page that brings something carries the digest of the scope; an empty one does where
    ``check_scope`` asks for it, so that a sync without news costs nothing.
    """
    db = reading.db
    floor = floors.find(db, technician_id)
    place = floors.place_of(cursor, floor)
    rows = rows_after(db, technician_id, place.after, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    is_digested = not more and (check_scope or bool(rows))
    scope = _scope(db, technician_id) if is_digested else ()
    present = {row.reference for row in rows if row.kind is not FeedKind.LEAVE}
    # What is rendered is digested as it is sent, whatever was known of it.
    known = {} if check_scope else _known(reading, scope, present)
    unknown = (row.reference for row in scope if row not in known)
    documents = _documents(db, {*unknown, *present})
    return PullPage(
        cursor=floors.cursor_after(place, rows[-1].cursor if rows else None, floor, more=more),
        more=more,
        entries=tuple(_entry(row, place.after, documents) for row in rows),
        snapshot=place.after is None,
        snapshot_reason=place.reason,
        digest=_digest(reading, scope, known, documents) if is_digested else None,
    )


def _scope(db: sa.Connection, technician_id: UUID) -> tuple[Standing, ...]:
    """List what is in a technician's scope."""
    rows = _PRESENT.rows(db, {"of": technician_id})
    return tuple(
        Standing(technician_id, row["entity"], row["entity_id"], row["seq"]) for row in rows
    )


def _known(
    reading: _Digesting, scope: Iterable[Standing], rendered: AbstractSet[Reference]
) -> dict[Standing, Sha256Hex]:
    """Find the digests of what need not be rendered."""
    if reading.fingerprints is None:
        return {}
    rest = (row for row in scope if row.reference not in rendered)
    found = ((row, reading.fingerprints.find(reading.epoch, row)) for row in rest)
    return {row: digest for row, digest in found if digest is not None}


def _digest(
    reading: _Digesting,
    scope: Iterable[Standing],
    known: dict[Standing, Sha256Hex],
    documents: Mapping[Reference, bytes],
) -> Sha256Hex:
    rendered = {row: document_digest(documents[row.reference]) for row in scope if row not in known}
    if reading.fingerprints is not None:
        reading.fingerprints.keep(reading.epoch, rendered.items())
    return digest_of_digests(
        DigestedDocument(row.entity, str(row.entity_id), digest)
        for row, digest in (known | rendered).items()
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


def _entry(row: FeedRow, cursor: Cursor | None, documents: Mapping[Reference, bytes]) -> FeedEntry:
    if row.entity == "issue":
        if row.kind is FeedKind.LEAVE:
            return IssueClosed(issue_id=IssueId(row.entity_id))
        return IssueRaised(issue=msgspec.Raw(documents[row.reference]))
    if row.entity == "briefing":
        return BriefingUpdated(briefing=msgspec.Raw(documents[row.reference]))
    if row.kind is FeedKind.LEAVE:
        return JobLeft(job_id=JobId(row.entity_id), reason=LeaveReason(row.reason or "reassigned"))
    # A tablet that has not read the place where the job entered is told that it enters.
    enters = cursor is None or row.entered_seq is None or row.entered_seq >= cursor.seq
    document = msgspec.Raw(documents[row.reference])
    return JobEntered(job=document) if enters else JobUpdated(job=document)


def _documents(db: sa.Connection, wanted: AbstractSet[Reference]) -> Mapping[Reference, bytes]:
    """Render documents as they travel, once each: sent and digested are the same bytes."""
    jobs = job_queries.documents(db, [each.entity_id for each in wanted if each.entity == "job"])
    raised = _issues(db, [each.entity_id for each in wanted if each.entity == "issue"])
    told = briefings.documents(db, [each.entity_id for each in wanted if each.entity == "briefing"])
    return {
        **{Reference("job", job_id): wire.encode(job) for job_id, job in jobs.items()},
        **{Reference("issue", issue_id): wire.encode(issue) for issue_id, issue in raised.items()},
        **{Reference("briefing", whose): wire.encode(briefing) for whose, briefing in told.items()},
    }


def _issues(db: sa.Connection, issue_ids: list[UUID]) -> Mapping[UUID, IssueDocument]:
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
        field_by=issue.field_by,
        field_at=issue.field_at,
        office_by=issue.office_by,
        office_at=issue.office_at,
    )
