"""The feed that tablets pull: one row per scope and entity, numbered by commit group.

Transactions that change no feed never touch the counter, so polls and deliveries do not queue
behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.database.prepared import Prepared
from server.database.tables.offers import services
from server.database.tables.sync import feed, sync_head
from server.database.tables.work import jobs
from server.database.units import Embedded, EmbeddedChange, FeedChange, FeedKind


def append(
    db: sa.Connection,
    changes: Sequence[FeedChange],
    embedded: Sequence[EmbeddedChange] = (),
) -> int | None:
    """Store the changes of a commit group under the next number; answer it, or None for none.

    The number is taken under the lock of one row: no other group's rows come between.
    """
    if not changes and not embedded:
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
    _UPSERT.run_many(db, [row for row in rows if row["kind"] is not FeedKind.UPDATE])
    _TOUCH.run_many(
        db,
        [
            {"the_seq": seq, **{f"the_{key.name}": row[key.name] for key in _KEY}}
            for row in rows
            if row["kind"] is FeedKind.UPDATE
        ],
    )
    for what, touch in _TOUCH_HOLDERS.items():
        told = [each.key for each in embedded if each.what is what]
        keys = sorted({key for key in told if key is not None}, key=str)
        if told:
            touch.run(db, {"the_seq": seq, **({"keys": keys} if keys else {})})
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
    """Write what enters and leaves; by ``entered_seq`` a tablet is told that it enters."""
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["scope", "entity", "entity_id"],
        set_={name: new[name] for name in ("seq", "kind", "reason", "entered_seq")},
    )


_KEY: Final = (feed.c.scope, feed.c.entity, feed.c.entity_id)
# What changed and is in scope; an update brings nothing back that has left.
_UPDATE: Final = (
    sa.update(feed)
    .where(feed.c.kind != FeedKind.LEAVE)
    .values(
        seq=sa.bindparam("the_seq"),
        kind=FeedKind.UPDATE,
        entered_seq=sa.func.coalesce(feed.c.entered_seq, sa.bindparam("the_seq")),
    )
)
_TOUCH: Final = Prepared(
    _UPDATE.where(*(column == sa.bindparam(f"the_{column.name}") for column in _KEY))
)


def _holding(wanted: sa.Select[tuple[UUID]]) -> Prepared:
    return Prepared(_UPDATE.where(feed.c.entity == "job", feed.c.entity_id.in_(wanted)))


_BRIEFINGS: Final = _UPDATE.where(feed.c.entity == "briefing")
_KEYS: Final[sa.BindParameter[Any]] = sa.bindparam("keys", expanding=True)
_TOUCH_HOLDERS: Final[Mapping[Embedded, Prepared]] = {
    Embedded.PREMISE: _holding(sa.select(jobs.c.id).where(jobs.c.premise_id.in_(_KEYS))),
    Embedded.ACCOUNT: _holding(
        sa.select(jobs.c.id)
        .join(services, services.c.id == jobs.c.service_id)
        .where(services.c.account_id.in_(_KEYS))
    ),
    Embedded.RESERVED_ONT: _holding(sa.select(jobs.c.id).where(jobs.c.reserved_serial.in_(_KEYS))),
    Embedded.VAN: Prepared(_BRIEFINGS.where(feed.c.entity_id.in_(_KEYS))),
    Embedded.ONT_MODELS: Prepared(_BRIEFINGS),
}
"""What embeds it, wherever it is held."""
_UPSERT: Final = Prepared(
    {
        "postgresql": _upserting(postgresql.insert(feed)),
        "sqlite": _upserting(sqlite.insert(feed)),
    }
)
_NEXT: Final = Prepared(
    sa.update(sync_head).values(seq=sync_head.c.seq + 1).returning(sync_head.c.seq)
)
