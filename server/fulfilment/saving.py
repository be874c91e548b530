"""Saving an OLT: one save serves everything that was written before it began.

A failure holds no service back: what was written works, and is found missing and registered again
where the OLT restarts before a later save.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from activation.driver import OltDriver
from activation.requests import Saved
from server.acts import Act
from server.database import Connection, Store, Written
from server.database.tables.fulfilment import olt_saves
from server.fulfilment import storage
from server.fulfilment.records import Process, Progress


def is_covered(written_at: datetime | None, saved_at: datetime | None) -> bool:
    """Say whether the last save began after this was written. Pure.

    One that began at the same instant may have missed it.
    """
    return written_at is not None and saved_at is not None and saved_at > written_at


async def save(
    store: Store,
    process: Process,
    olt_id: UUID,
    driver: OltDriver,
    *,
    begin_act: Callable[[], Act],
) -> Progress:
    """Save the OLT unless a save covers this process; answer the progress with what came of it."""
    saved_at = await store.read(load_saved_at, olt_id)
    if is_covered(process.progress.written_at, saved_at):
        return process.progress
    begun_at = begin_act().now
    answer = await driver.save_configuration()
    if isinstance(answer, Saved):
        await store.write(note_saved, process, olt_id, begun_at)
        return process.progress
    return msgspec.structs.replace(process.progress, save_code=answer.code)


def load_saved_at(db: sa.Connection, olt_id: UUID) -> datetime | None:
    """Tell when the last save of an OLT began; None: not known, so it is not saved."""
    statement = sa.select(olt_saves.c.begun_at).where(olt_saves.c.olt_id == olt_id)
    return db.execute(statement).scalar_one_or_none()


def note_saved(db: Connection, process: Process, olt_id: UUID, begun_at: datetime) -> Written[None]:
    """Keep when a save began that the OLT took to its end.

    Raises:
        LeaseLost: the process was leased again; nothing was kept.
    """
    storage.require_lease(db, process.id, token=process.fencing_token)
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(olt_saves).values(olt_id=olt_id, begun_at=begun_at)
    db.execute(
        statement.on_conflict_do_update(index_elements=["olt_id"], set_={"begun_at": begun_at})
    )
    return Written(None)
