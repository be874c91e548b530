"""What the office asks about tablets: who speaks, and what was sent."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.tables.sync import operations
from server.sync import devices, incarnations
from server.sync.records import IncarnationHead
from sync_protocol.messages import VerdictKind


class DeviceCard(msgspec.Struct, frozen=True, kw_only=True):
    """A tablet as the office sees it.

    More than one incarnation: its replica was restored from a copy, or a copy of it is at work.
    """

    id: UUID
    technician_id: UUID
    name: str
    enrolled_at: datetime
    revoked_at: datetime | None
    incarnations: tuple[IncarnationHead, ...]


def list_devices(db: sa.Connection, *, limit: int = 500) -> tuple[DeviceCard, ...]:
    """List tablets, newest first, each with the incarnations that it has spoken in."""
    known = devices.list_all(db, limit=limit)
    spoken = incarnations.by_device(db, [device.id for device in known])
    return tuple(
        DeviceCard(
            id=device.id,
            technician_id=device.technician_id,
            name=device.name,
            enrolled_at=device.enrolled_at,
            revoked_at=device.revoked_at,
            incarnations=spoken.get(device.id, ()),
        )
        for device in known
    )


def count_verdicts(db: sa.Connection) -> Mapping[VerdictKind, int]:
    """Count received operations by their verdict, each origin once.

    The *duplicate* of a re-issue is left out: its first arrival is counted.
    """
    rows = db.execute(
        sa.select(operations.c.verdict_kind, sa.func.count().label("received"))
        .where(operations.c.verdict_kind != VerdictKind.DUPLICATE)
        .group_by(operations.c.verdict_kind)
    )
    return {VerdictKind(row.verdict_kind): row.received for row in rows}
