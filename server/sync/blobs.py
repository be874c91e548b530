"""Which blobs are here, as the database knows it."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.database import Written
from server.database.tables.sync import blobs


def mark_present(db: sa.Connection, sha256: str, size_bytes: int, now: datetime) -> Written[None]:
    """Note that a blob is here; whoever waits for one is woken."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    db.execute(
        insert(blobs)
        .values(sha256=sha256, size_bytes=size_bytes, present_at=now)
        .on_conflict_do_nothing(index_elements=["sha256"])
    )
    return Written(None, topics=frozenset({"blobs"}))


def present(db: sa.Connection, wanted: Iterable[str]) -> frozenset[str]:
    """Say which of these blobs are here."""
    rows = db.execute(
        sa.select(blobs.c.sha256).where(
            blobs.c.sha256.in_(list(wanted)), blobs.c.present_at.is_not(None)
        )
    )
    return frozenset(rows.scalars())
