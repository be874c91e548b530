"""The feed that tablets pull: one row per scope and entity, numbered by commit group.

Transactions that change no feed never touch the counter, so polls and deliveries do not queue
behind it.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.database.prepared import Prepared
from server.database.tables.sync import feed, sync_head
from server.database.units import FeedChange, FeedKind


def append(db: sa.Connection, changes: Sequence[FeedChange]) -> int | None:
    """Store the changes of a commit group under the next number; answer it, or None for none."""
    if not changes:
        return None
    seq: int = _NEXT.rows(db, {})[0]["seq"]
    rows = [
        {
            "scope": change.scope,
            "entity": change.entity,
            "entity_id": change.entity_id,
            "seq": seq,
            "kind": change.kind,
            "entered_seq": None if change.kind is FeedKind.LEAVE else seq,
            "reason": change.reason,
        }
        for change in _latest(changes)
    ]
    _UPSERT.run_many(db, rows)
    return seq


def _latest(changes: Iterable[FeedChange]) -> list[FeedChange]:
    """Fold a group's changes to one per entity.

    An update adds nothing to what the group has said before: what entered still enters, and what
    left is not brought back by a unit that did not know.
    """
    folded: dict[tuple[UUID, str, UUID], FeedChange] = {}
    for change in changes:
        key = (change.scope, change.entity, change.entity_id)
        if key not in folded or change.kind is not FeedKind.UPDATE:
            folded[key] = change
    return [folded[key] for key in sorted(folded)]


def _upserting(insert: postgresql.Insert | sqlite.Insert) -> sa.Executable:
    """Write the rows; ``entered_seq`` tells a tablet that has not pulled since that it enters."""
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["scope", "entity", "entity_id"],
        set_={
            "seq": new.seq,
            "kind": new.kind,
            "reason": new.reason,
            "entered_seq": sa.case(
                (new.kind == FeedKind.UPDATE, sa.func.coalesce(feed.c.entered_seq, new.seq)),
                else_=new.entered_seq,
            ),
        },
    )


_UPSERT: Final = Prepared(
    {
        "postgresql": _upserting(postgresql.insert(feed)),
        "sqlite": _upserting(sqlite.insert(feed)),
    }
)
_NEXT: Final = Prepared(
    sa.update(sync_head).values(seq=sync_head.c.seq + 1).returning(sync_head.c.seq)
)
