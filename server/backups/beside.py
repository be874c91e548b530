"""The epoch beside the database: a small file, so that a database put back by hand cannot hide it.

``<database>.epoch`` holds the epoch and a feed number that was surely committed. A database that is
of another epoch, or that has less, is not the one that ran here last.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import msgspec
import structlog

from server.acts import SYSTEM, act_of
from server.backups import lives
from server.backups.lives import Place
from server.database import Store
from server.database.engines import DatabaseUnusable

PACE_S: Final = 5.0


def file_of(database: Path) -> Path:
    """Name the file beside a database; links are followed, as for the lock."""
    resolved = database.resolve()
    return resolved.with_name(resolved.name + ".epoch")


def read(file: Path) -> Place | None:
    """Read what was noted; None where nothing was.

    Raises:
        DatabaseUnusable: the file is not one of ours.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=Place)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise DatabaseUnusable(
            f"{str(file)!r} cannot be read ({error}); if you put the database back, remove this "
            "file and run firstlight restore with the backup"
        ) from error


def write(file: Path, place: Place) -> None:
    """Note a place, whole or not at all, and durably."""
    fresh = file.with_name(file.name + ".new")
    with fresh.open("wb") as out:
        out.write(msgspec.json.encode(place))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def why_restored(noted: Place | None, found: Place) -> str | None:
    """Say why a database is not the one that ran here last; None where it may be."""
    if noted is None:
        return None
    if noted.epoch != found.epoch:
        return f"the database is of epoch {found.epoch}, {noted.epoch} ran here"
    if found.seq < noted.seq:
        return f"the database ends at {found.seq}, {noted.seq} was committed here"
    return None


def reconcile(store: Store) -> None:
    """At the start: begin a new epoch where the database was put back by hand, and note the place.

    Raises:
        DatabaseUnusable: the file beside the database cannot be read; nothing was changed.
    """
    if store.is_postgres:
        return
    file = _file(store)
    reason = why_restored(read(file), store.read_now(lives.get_place))
    if reason is not None:
        structlog.get_logger().warning("server.restored_by_hand", reason=reason)
        store.write_now(lives.begin, reason, act=act_of(SYSTEM))
    note(store)


def note(store: Store) -> None:
    """Note how far the database has surely got; on PostgreSQL nothing is noted."""
    if not store.is_postgres:
        write(_file(store), store.read_now(lives.get_place))


@contextlib.asynccontextmanager
async def noting(store: Store, *, pace_s: float = PACE_S) -> AsyncGenerator[None]:
    """Note the place at a calm pace while the context lasts, and once at its end."""
    task = asyncio.create_task(_go_on_noting(store, pace_s))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await asyncio.to_thread(note, store)


async def _go_on_noting(store: Store, pace_s: float) -> None:
    while True:
        await asyncio.sleep(pace_s)
        try:
            await asyncio.to_thread(note, store)
        except Exception as error:  # noqa: BLE001  a full disk must not end the server; the next one may succeed
            structlog.get_logger().warning("server.epoch_not_noted", error=repr(error))


def _file(store: Store) -> Path:
    return file_of(Path(str(store.url.database)))
