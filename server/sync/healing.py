"""Scopes that healed: what tablets report of differences that they found and mended."""

from uuid import UUID

import sqlalchemy as sa

from server import audit
from server.acts import Act
from server.database.tables.sync import scope_heals


def note(db: sa.Connection, device_id: UUID, healed: int, *, act: Act) -> None:
    """Keep and audit how often a tablet has begun anew; the same report again changes nothing.

    The device is locked by the caller. A replica that was rolled back counts less than before and
    is heard of again when it has passed that.
    """
    if not healed:
        return
    known = db.execute(
        sa.select(scope_heals.c.heals).where(scope_heals.c.device_id == device_id)
    ).scalar_one_or_none()
    if known is not None and known >= healed:
        return
    values = {"heals": healed, "reported_at": act.now}
    if known is None:
        db.execute(sa.insert(scope_heals).values(device_id=device_id, **values))
    else:
        db.execute(
            sa.update(scope_heals).where(scope_heals.c.device_id == device_id).values(**values)
        )
    detail = {"device_id": str(device_id), "heals": healed}
    audit.record(db, act, "scope.healed", detail=detail)
