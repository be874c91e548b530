"""The incarnations of a device: a replica that was restored or copied goes on in a new one.

A device may push in each of them, for a restored tablet and its copy both work on, and a request of
before may still be under way. Whoever changes one holds the row of its device.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from server.acts import Act
from server.database import Connection
from server.database.prepared import Prepared
from server.database.rows import to_records, to_row
from server.database.tables.people import incarnations
from server.database.tables.sync import backups
from server.sync.records import IncarnationHead
from sync_protocol import wire
from sync_protocol.ids import Incarnation

_FIND: Final = Prepared(
    sa.select(incarnations).where(incarnations.c.incarnation == sa.bindparam("wanted"))
)
_MOVE_HEAD: Final = Prepared(
    sa.update(incarnations)
    .where(incarnations.c.incarnation == sa.bindparam("moved"))
    .values(head_dseq=sa.bindparam("to_dseq"), chain=sa.bindparam("to_chain"))
)
_IS_BACKED_UP: Final = sa.select(sa.exists(sa.select(backups.c.id)))


def insert(
    db: Connection, device_id: UUID, incarnation: UUID, *, after: UUID | None, act: Act
) -> IncarnationHead:
    """Add an incarnation that has said nothing yet."""
    head = IncarnationHead(
        incarnation=incarnation,
        device_id=device_id,
        after=after,
        head_dseq=0,
        chain=wire.first_chain(Incarnation(incarnation)),
        begun_at=act.now,
        # Where backups are made, one that holds what it says will come.
        durable_dseq=0 if db.execute(_IS_BACKED_UP).scalar_one() else None,
    )
    db.execute(sa.insert(incarnations).values(**to_row(head)))
    return head


def find(db: sa.Connection, incarnation: UUID) -> IncarnationHead | None:
    """Find an incarnation, whosever it is."""
    return _FIND.record(db, {"wanted": incarnation}, IncarnationHead)


def move_head(db: sa.Connection, incarnation: UUID, *, dseq: int, chain: str) -> None:
    """Remember how far an incarnation has been heard."""
    _MOVE_HEAD.run(db, {"moved": incarnation, "to_dseq": dseq, "to_chain": chain})


def by_device(
    db: sa.Connection, device_ids: list[UUID]
) -> Mapping[UUID, tuple[IncarnationHead, ...]]:
    """List the incarnations of devices, the first begun first."""
    rows = db.execute(
        sa.select(incarnations)
        .where(incarnations.c.device_id.in_(device_ids))
        .order_by(incarnations.c.begun_at, incarnations.c.incarnation)
    )
    found: dict[UUID, tuple[IncarnationHead, ...]] = {}
    for head in to_records(rows, IncarnationHead):
        found[head.device_id] = (*found.get(head.device_id, ()), head)
    return found
