"""Opening a replica: safe SQLite release, key, settings read back, schema brought up to date."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from field_client.storage.driver import Connection, DatabaseError, Row, driver
from field_client.storage.files import make_folder
from field_client.storage.full_disk import is_full, naming_it
from field_client.storage.migrations import migrate
from sync_protocol.sqlite_builds import Version, require_safe

KEY_BYTES: Final = 32
APPLICATION_ID: Final = 0x464C5331
"""``FLS1``: tells file(1) and us whose file it is."""

_SETTINGS: Final[Mapping[str, int | str]] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "mmap_size": 0,
    "wal_autocheckpoint": 1000,
    "journal_size_limit": 64 * 1024 * 1024,
}
"""Per connection, read back. ``synchronous`` 2 is FULL: with NORMAL a power cut loses captures that
the technician was told are saved (296 of 400 sampled points)."""


class Unencrypted(msgspec.Struct, frozen=True):
    """The explicit choice of a replica without encryption, for a device that encrypts its disk."""


ReplicaKey = bytes | Unencrypted


class ReplicaUnreadable(RuntimeError):
    """The file is no replica of this key; nothing was changed."""


class SettingNotTaken(RuntimeError):
    """SQLite did not take a setting that durability rests on; the replica was closed again."""


def open_replica(
    path: Path, key: ReplicaKey, *, version: Version = driver.sqlite_version_info
) -> Connection:
    """Open or create a replica for one writer at a time; transactions are begun by hand.

    Raises:
        UnsafeSqlite: this build can corrupt the file.
        ReplicaUnreadable: wrong key, or not a replica.
        ReplicaTooNew: written by a later version of this program.
        SettingNotTaken: a PRAGMA was not obeyed.
        StorageFull: there is no room even to open it; what it holds is safe.
    """
    require_safe(version)
    with naming_it():
        make_folder(path.parent)
        return _opened(path, key)


def _opened(path: Path, key: ReplicaKey) -> Connection:
    db = driver.connect(str(path), isolation_level=None, check_same_thread=False)
    try:
        _unlock(db, key, path)
        _configure(db)
        migrate(db)
    except BaseException:
        db.close()
        raise
    db.row_factory = Row
    return db


def open_for_reading(path: Path, key: ReplicaKey) -> Connection:
    """Open a replica that exists, for queries only; a write through it fails."""
    db = open_replica(path, key)
    db.execute("PRAGMA query_only = ON")
    return db


def _unlock(db: Connection, key: ReplicaKey, path: Path) -> None:
    if isinstance(key, bytes):
        if len(key) != KEY_BYTES:
            raise ReplicaUnreadable(f"a replica key has {KEY_BYTES} bytes, not {len(key)}")
        # A raw key: the passphrase form would spend 170 ms on key derivation at every opening.
        db.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    try:
        found = db.execute("PRAGMA application_id").fetchone()[0]
        fault = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except DatabaseError as error:
        if is_full(error):
            raise  # it says nothing of the key
        raise ReplicaUnreadable(
            f"{path} cannot be read with this key; use the key folder that it was made with"
        ) from error
    if found not in {0, APPLICATION_ID}:
        raise ReplicaUnreadable(f"{path} belongs to another application (id {found:#x})")
    if fault != "ok":
        raise ReplicaUnreadable(f"{path} is damaged: {fault}")


def _configure(db: Connection) -> None:
    for name, wanted in _SETTINGS.items():
        db.execute(f"PRAGMA {name} = {wanted}")
        found = db.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted:
            raise SettingNotTaken(f"PRAGMA {name} is {found!r}, it must be {wanted!r}")
    # Written once: opening a replica must need no room.
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
