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
from server.database.prepared import Prepared
from server.database.tables.people import device_tokens

LIFE: Final = timedelta(minutes=5)
LIFE_MIN: Final = LIFE / 2
"""Whoever gets a challenge has at least this long to sign it."""
ALIVE_MAX: Final = 8
_PREFIX: Final = "challenge:"
_OF_DEVICE: Final = (
    device_tokens.c.device_id == sa.bindparam("device"),
    device_tokens.c.secret_hash.startswith(_PREFIX, autoescape=True),
)
_DELETE_ENDED: Final = Prepared(
    sa.delete(device_tokens).where(*_OF_DEVICE, device_tokens.c.expires_at <= sa.bindparam("now"))
)
_ALIVE: Final = Prepared(
    sa.select(device_tokens.c.secret_hash, device_tokens.c.expires_at)
    .where(*_OF_DEVICE, device_tokens.c.expires_at > sa.bindparam("now"))
    .order_by(device_tokens.c.expires_at)
)
_DELETE: Final = Prepared(
    sa.delete(device_tokens)
    .where(device_tokens.c.secret_hash == sa.bindparam("key"))
    .returning(device_tokens.c.secret_hash)
)
_ADD: Final = Prepared(sa.insert(device_tokens))


def give(db: Connection, device_id: UUID, fresh: str, now: datetime) -> str:
    """Give a challenge to sign: the fresh one, or one that is there already.

    The caller holds the device's row, else two that come at once would each add one.
    """
    _DELETE_ENDED.run(db, {"device": device_id, "now": now})
    alive = _ALIVE.rows(db, {"device": device_id, "now": now})
    if len(alive) >= ALIVE_MAX:
        newest = alive[-1]
        if newest["expires_at"] - now >= LIFE_MIN:
            return str(newest["secret_hash"]).removeprefix(_PREFIX)
        _delete(db, alive[0]["secret_hash"])
    _ADD.run(
        db,
        {"secret_hash": _PREFIX + fresh, "device_id": device_id, "expires_at": now + LIFE},
    )
    return fresh


def take(db: Connection, device_id: UUID, challenge: str, now: datetime) -> bool:
    """Use a challenge up; False when it is not this device's, was used, or has ended."""
    alive = _ALIVE.rows(db, {"device": device_id, "now": now})
    # Compared here: what a caller sends may hold a NUL, which PostgreSQL does not take.
    wanted = _PREFIX + challenge
    return any(row["secret_hash"] == wanted for row in alive) and _delete(db, wanted)


def _delete(db: Connection, key: str) -> bool:
    return _DELETE.row(db, {"key": key}) is not None
