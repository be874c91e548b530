"""What leaves the feeds and when: finished jobs, departures that all have read, ended tokens.

Units of bounded size; ``server.sync.keeping`` runs them once a day. A job leaves a scope by a write
like any other, never by the passing of time, so every tablet hears of it in the order of the feed.
On PostgreSQL several processes may run them at once: what another one has locked is left to it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.acts import Act
from server.database import FeedChange, Written
from server.database.tables.fulfilment import inbox_items, processes
from server.database.tables.people import audit, device_tokens, devices, enrolment_codes
from server.database.tables.sync import feed, feed_floors, feed_marks, issues, sync_head
from server.database.tables.work import jobs
from server.database.units import FeedKind
from sync_protocol.jobs import OPEN_STATES, JobState
from sync_protocol.messages import Cursor, LeaveReason

BATCH_MAX: Final = 200
ENDED_STATES: Final = (JobState.COMPLETED, JobState.NOT_DONE, JobState.ABORTED, JobState.CANCELLED)
_PROCESS_ENDED: Final = ("done", "cancelled")


class Held(msgspec.Struct, frozen=True, order=True):
    """A job in a scope, in the order of the feed's key."""

    scope: UUID
    job_id: UUID


def mark(db: sa.Connection, *, act: Act) -> Written[None]:
    """Note where the feed stands now; by that, later, the age of its rows is known."""
    head = db.execute(sa.select(sync_head.c.seq)).scalar_one()
    db.execute(sa.insert(feed_marks).values(marked_at=act.now, seq=head))
    return Written(None)


def horizon(db: sa.Connection, before: datetime) -> int:
    """Tell up to which number every row of the feed is older than an instant; 0 for none."""
    older = sa.select(sa.func.max(feed_marks.c.seq)).where(feed_marks.c.marked_at <= before)
    return db.execute(older).scalar_one() or 0


def leave_finished(
    db: sa.Connection, before: datetime, after: Held | None, *, limit: int = BATCH_MAX
) -> Written[Held | None]:
    """Let jobs leave their scopes that ended, of which nothing is open or has moved since.

    Answers where to go on; None: all were looked at.
    """
    held = feed.alias("held")
    statement = (
        sa.select(held.c.scope, jobs.c.id.label("job_id"))
        .select_from(held.join(jobs, held.c.entity_id == jobs.c.id))
        .where(
            held.c.entity == "job",
            held.c.kind != FeedKind.LEAVE,
            jobs.c.state.in_(ENDED_STATES),
            *_nothing_open(before),
        )
        .order_by(held.c.scope, jobs.c.id)
        .limit(limit)
        .with_for_update(of=jobs, skip_locked=True, key_share=True)
    )
    if after is not None:
        place = sa.tuple_(held.c.scope, jobs.c.id)
        known = (sa.literal(after.scope, sa.Uuid), sa.literal(after.job_id, sa.Uuid))
        statement = statement.where(place > sa.tuple_(*known))
    found = [Held(row.scope, row.job_id) for row in db.execute(statement)]
    changes = tuple(
        FeedChange(
            scope=each.scope,
            entity="job",
            entity_id=each.job_id,
            kind=FeedKind.LEAVE,
            reason=LeaveReason.FINISHED,
        )
        for each in found
    )
    return Written(found[-1] if len(found) == limit else None, feed=changes)


def _nothing_open(before: datetime) -> Iterable[sa.ColumnElement[bool]]:
    """Say of a job that nothing has happened to it since, and that nobody waits for anything."""
    shown = feed.alias("shown")
    yield ~sa.exists().where(audit.c.job_id == jobs.c.id, audit.c.at > before)
    yield ~sa.exists().where(
        processes.c.job_id == jobs.c.id, processes.c.state.not_in(_PROCESS_ENDED)
    )
    yield ~sa.exists().where(inbox_items.c.job_id == jobs.c.id, inbox_items.c.decided_at.is_(None))
    yield ~sa.exists().where(
        issues.c.job_id == jobs.c.id,
        shown.c.scope == issues.c.technician_id,
        shown.c.entity == "issue",
        shown.c.entity_id == issues.c.id,
        shown.c.kind != FeedKind.LEAVE,
    )


def return_missing(db: sa.Connection, *, limit: int = BATCH_MAX) -> Written[int]:
    """Let jobs enter the scope of their technician again that a damaged feed has lost.

    There are none unless something outside this program has removed rows.
    """
    held = (
        sa.exists()
        .where(
            feed.c.scope == jobs.c.assignee_id,
            feed.c.entity == "job",
            feed.c.entity_id == jobs.c.id,
            feed.c.kind != FeedKind.LEAVE,
        )
        .correlate(jobs)
    )
    rows = db.execute(
        sa.select(jobs.c.id, jobs.c.assignee_id)
        .where(jobs.c.assignee_id.is_not(None), jobs.c.state.in_(sorted(OPEN_STATES)), ~held)
        .order_by(jobs.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    changes = tuple(
        FeedChange(scope=row.assignee_id, entity="job", entity_id=row.id, kind=FeedKind.ENTER)
        for row in rows
    )
    return Written(len(rows), feed=changes)


def brief(db: sa.Connection, *, limit: int = BATCH_MAX) -> Written[int]:
    """Let a briefing enter the scope of whoever has a tablet and none.

    One enters at the enrolment; there is none where that was before there were any, or where a
    damaged feed has lost it.
    """
    told = (
        sa.exists()
        .where(feed.c.scope == devices.c.technician_id, feed.c.entity == "briefing")
        .correlate(devices)
    )
    wanted = sa.select(devices.c.technician_id).where(devices.c.revoked_at.is_(None), ~told)
    untold = db.execute(wanted.distinct().order_by(devices.c.technician_id).limit(limit)).scalars()
    changes = tuple(
        FeedChange(scope=whose, entity="briefing", entity_id=whose, kind=FeedKind.ENTER)
        for whose in untold
    )
    return Written(len(changes), feed=changes)


def compact(db: sa.Connection, up_to: int, *, limit: int = BATCH_MAX) -> Written[int]:
    """Remove departures up to a number of the feed and raise the floors over them, together.

    Answers how many were removed; as many as ``limit``: there may be more.
    """
    key = (feed.c.scope, feed.c.entity, feed.c.entity_id)
    rows = db.execute(
        sa.select(*key, feed.c.seq)
        .where(feed.c.kind == FeedKind.LEAVE, feed.c.seq <= up_to)
        .order_by(*key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return Written(0)
    gone = [sa.and_(*(c == row[i] for i, c in enumerate(key))) for row in rows]
    db.execute(sa.delete(feed).where(sa.or_(*gone)))
    floors: dict[UUID, Cursor] = {}
    for row in rows:
        removed = Cursor(seq=row.seq, entity=row.entity, entity_id=str(row.entity_id))
        floors[row.scope] = max(removed, floors.get(row.scope, removed))
    for scope, floor in sorted(floors.items()):
        _raise_floor(db, scope, floor)
    return Written(len(rows))


def _raise_floor(db: sa.Connection, scope: UUID, to: Cursor) -> None:
    """Raise a floor; one that is higher already stays, and still counts as raised."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(feed_floors).values(
        scope=scope, seq=to.seq, entity=to.entity, entity_id=UUID(to.entity_id), raised=1
    )
    new, old = statement.excluded, feed_floors.c
    is_higher = sa.tuple_(new.seq, new.entity, new.entity_id) > sa.tuple_(
        old.seq, old.entity, old.entity_id
    )
    highest = {
        name: sa.case((is_higher, new[name]), else_=old[name])
        for name in ("seq", "entity", "entity_id")
    }
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["scope"], set_={**highest, "raised": old.raised + 1}
        )
    )


def tidy(db: sa.Connection, before: datetime, *, limit: int = BATCH_MAX) -> Written[int]:
    """Remove tokens and codes that ended before an instant; answers how many."""
    removed = 0
    for table, key in (
        (device_tokens, device_tokens.c.secret_hash),
        (enrolment_codes, enrolment_codes.c.code_hash),
    ):
        ended = sa.select(key).where(table.c.expires_at < before).limit(limit)
        removed += db.execute(sa.delete(table).where(key.in_(ended))).rowcount
    return Written(removed)


def lock_marks(db: sa.Connection) -> None:
    """Keep other processes from marking until this transaction ends; what they marked is seen."""
    newest = sa.select(feed_marks.c.seq).order_by(feed_marks.c.marked_at.desc()).limit(1)
    db.execute(newest.with_for_update())


def forget_future(db: sa.Connection, after: datetime) -> None:
    """Remove marks of a future that a wrong clock believed in; the next ones tell of the age."""
    db.execute(sa.delete(feed_marks).where(feed_marks.c.marked_at > after))


def forget_marks(db: sa.Connection, before: datetime) -> Written[None]:
    """Remove marks that a newer one, old enough as well, has made superfluous."""
    newest = sa.select(sa.func.max(feed_marks.c.marked_at)).where(feed_marks.c.marked_at <= before)
    db.execute(sa.delete(feed_marks).where(feed_marks.c.marked_at < newest.scalar_subquery()))
    return Written(None)
