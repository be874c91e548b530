"""Where a pull goes on, and when it has to begin anew because its feed was compacted meanwhile.

A floor is the place of the last departure that was removed from a scope's feed. A cursor before it
may have missed one, so the pull begins a snapshot.
"""

import enum
import re
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.tables.sync import feed_floors
from sync_protocol.messages import Cursor

_FIND: Final = Prepared(sa.select(feed_floors).where(feed_floors.c.scope == sa.bindparam("of")))
_ENTITY: Final = re.compile(r"(job|issue|briefing)(?:@([0-9]{1,15}))?")


class SnapshotReason(enum.StrEnum):
    """Why a pull begins a snapshot; told to the tablet."""

    NO_CURSOR = "no_cursor"
    OTHER_EPOCH = "other_epoch"
    CURSOR_TOO_OLD = "cursor_too_old"


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """How far a feed is compacted. ``raised`` counts how often."""

    cursor: Cursor | None = None
    raised: int = 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page begins; ``after`` None is the start of a snapshot, and ``reason`` says why."""

    after: Cursor | None
    is_snapshot: bool
    reason: SnapshotReason | None = None


def find(db: sa.Connection, scope: UUID) -> Floor:
    """Find the floor of a scope; one that was never compacted has none."""
    row = _FIND.row(db, {"of": scope})
    if row is None:
        return Floor()
    cursor = Cursor(seq=row["seq"], entity=row["entity"], entity_id=str(row["entity_id"]))
    return Floor(cursor=cursor, raised=row["raised"])


def is_ours(cursor: Cursor) -> bool:
    """Say whether a cursor can be one that a page ended with."""
    if _ENTITY.fullmatch(cursor.entity) is None:
        return False
    try:
        UUID(cursor.entity_id)
    except ValueError:
        return False
    return True


def place_of(cursor: Cursor | None, floor: Floor) -> Place:
    """Work out where to go on from a cursor, or that the pull has to begin anew.

    Amid a snapshot the cursor may well lie before the floor, for what was removed is not in the
    snapshot; but a departure that is removed while it is being paged would be missed.
    """
    if cursor is None:
        return Place(after=None, is_snapshot=True, reason=SnapshotReason.NO_CURSOR)
    entity, _, raised = cursor.entity.partition("@")
    after = msgspec.structs.replace(cursor, entity=entity)
    if raised and int(raised) == floor.raised:
        return Place(after=after, is_snapshot=True)
    if raised or (floor.cursor is not None and after < floor.cursor):
        return Place(after=None, is_snapshot=True, reason=SnapshotReason.CURSOR_TOO_OLD)
    return Place(after=after, is_snapshot=False)


def cursor_after(place: Place, last: Cursor | None, floor: Floor, *, more: bool) -> Cursor | None:
    """Name the place after a page whose last row is ``last``, if it has any.

    A snapshot that is not finished carries in its cursor the floor that it began over; one that is
    finished ends at the floor at least, or its cursor would be too old at once.
    """
    if not place.is_snapshot:
        return last or place.after
    if more and last is not None:
        return msgspec.structs.replace(last, entity=f"{last.entity}@{floor.raised}")
    return max(filter(None, (last, place.after, floor.cursor)), default=None)
