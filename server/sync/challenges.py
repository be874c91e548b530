"""Challenges that wait to be signed, so few per device that nobody can pile them up.

Anybody who knows a device's id may ask for one, so two things must hold at once: asking often makes
no more rows, and does not take away what the device itself is about to sign. Once there are enough,
the newest is given again; none is withdrawn before ``LIFE_MIN`` of its life.

A challenge is no secret (only the device can sign it) and stands among the tokens as it is, under a
prefix that no hash of a token can have.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from server.database import Connection
from server.database.tables.people import device_tokens

LIFE: Final = timedelta(minutes=5)
LIFE_MIN: Final = LIFE / 2
"""Whoever gets a challenge has at least this long to sign it."""
ALIVE_MAX: Final = 8
_PREFIX: Final = "challenge:"


def give(db: Connection, device_id: UUID, fresh: str, now: datetime) -> str:
    """Give a challenge to sign: the fresh one, or one that is there already.

    The caller holds the device's row, else two that come at once would each add one.
    """
    mine = _of_device(device_id)
    db.execute(sa.delete(device_tokens).where(*mine, device_tokens.c.expires_at <= now))
    alive = db.execute(
        sa.select(device_tokens).where(*mine).order_by(device_tokens.c.expires_at)
    ).all()
    if len(alive) >= ALIVE_MAX:
        if alive[-1].expires_at - now >= LIFE_MIN:
            return str(alive[-1].secret_hash).removeprefix(_PREFIX)
        _delete(db, alive[0].secret_hash)
    db.execute(
        sa.insert(device_tokens).values(
            secret_hash=_PREFIX + fresh, device_id=device_id, expires_at=now + LIFE
        )
    )
    return fresh


def take(db: Connection, device_id: UUID, challenge: str, now: datetime) -> bool:
    """Use a challenge up; False when it is not this device's, was used, or has ended."""
    alive = db.execute(
        sa.select(device_tokens.c.secret_hash).where(
            *_of_device(device_id), device_tokens.c.expires_at > now
        )
    ).scalars()
    # Compared here: what a caller sends may hold a NUL, which PostgreSQL does not take.
    found = next((key for key in alive if key == _PREFIX + challenge), None)
    return found is not None and _delete(db, found)


def _of_device(device_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        device_tokens.c.device_id == device_id,
        device_tokens.c.secret_hash.startswith(_PREFIX, autoescape=True),
    )


def _delete(db: Connection, key: str) -> bool:
    return (
        db.execute(sa.delete(device_tokens).where(device_tokens.c.secret_hash == key)).rowcount > 0
    )
