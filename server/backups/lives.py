"""The life of a server: a database that was put back begins a new epoch, by one and the same code.

What the database shows as waiting may have been done after the backup was made. Processes read an
OLT before they write to it, and webhooks keep their ids, so both go on; a mail may have been
read by a person, so each one that waits, or is caused again by work that comes back, is held until
somebody has looked.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.database.rows import to_record
from server.database.tables.billing import notifications
from server.database.tables.people import incarnations
from server.database.tables.sync import backups, sync_head

HELD = "held: a backup was restored, and the mail may have been sent since it was made"
_MOVE_HORIZON: Final = (
    sa.update(incarnations)
    .where(
        incarnations.c.incarnation == sa.bindparam("which"),
        sa.func.coalesce(incarnations.c.durable_dseq, -1) < sa.bindparam("held_dseq"),
    )
    .values(durable_dseq=sa.bindparam("held_dseq"))
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a database has got: its epoch, and the last number of its feed."""

    epoch: UUID
    seq: int


class Horizon(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: its place, and the heads of incarnations that no earlier one held."""

    place: Place
    heads: tuple[tuple[UUID, int], ...]


def get_place(db: sa.Connection) -> Place:
    """Read how far this database has got."""
    return to_record(db.execute(sa.select(sync_head.c.epoch, sync_head.c.seq)).one(), Place)


def read_horizon(db: sa.Connection) -> Horizon:
    """Read what a copy of the database holds."""
    rows = db.execute(
        sa.select(incarnations.c.incarnation, incarnations.c.head_dseq)
        .where(sa.func.coalesce(incarnations.c.durable_dseq, -1) < incarnations.c.head_dseq)
        .order_by(incarnations.c.incarnation)
    )
    heads = tuple((row.incarnation, row.head_dseq) for row in rows)
    return Horizon(place=get_place(db), heads=heads)


def begin(db: Connection, reason: str, *, act: Act) -> Written[UUID]:
    """Begin a new epoch; answer it. Part of whatever puts a database back."""
    before = get_place(db)
    epoch = act.new_id()
    db.execute(sa.update(sync_head).values(epoch=epoch, restored_at=act.now))
    held = _hold(db)
    detail = {
        "reason": reason,
        "epoch": str(epoch),
        "epoch_before": str(before.epoch),
        "seq": before.seq,
        "notifications_held": held,
    }
    audit.record(db, act, "server.restored", detail=detail)
    return Written(epoch)


def hold_if_repeated(
    db: sa.Connection, service_id: UUID, *, completed_at: datetime, received_at: datetime
) -> None:
    """Hold the mails of a service whose work was done before this life, and arrived in it.

    The former life may have had that work, and sent them. Work that waited on a tablet across the
    restore looks the same, and is held as well.
    """
    restored_at = db.execute(sa.select(sync_head.c.restored_at)).scalar_one()
    if restored_at is not None and completed_at < restored_at <= received_at:
        _hold(db, notifications.c.service_id == service_id)


def _hold(db: sa.Connection, *which: sa.ColumnElement[bool]) -> int:
    return db.execute(
        sa.update(notifications)
        .where(notifications.c.state == "waiting", *which)
        .values(state="failed", last_status=HELD)
    ).rowcount


def mark_durable(db: Connection, horizon: Horizon, *, act: Act) -> Written[None]:
    """Note that a backup exists which holds this much; a horizon never moves back.

    Of another epoch it says nothing about this database, and only the backup is noted.
    """
    db.execute(
        sa.insert(backups).values(
            id=act.new_id(),
            made_at=act.now,
            epoch=horizon.place.epoch,
            seq=horizon.place.seq,
        )
    )
    if horizon.heads and horizon.place.epoch == get_place(db).epoch:
        db.execute(
            _MOVE_HORIZON,
            [{"which": which, "held_dseq": dseq} for which, dseq in horizon.heads],
        )
    audit.record(db, act, "backup.made", detail={"seq": horizon.place.seq})
    return Written(None)
