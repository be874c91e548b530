"""Copying a SQLite database to a file that is a backup whole, or is not there at all."""

import os
import shutil
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from server.backups import lives
from server.backups.beside import sync_folder
from server.backups.lives import Horizon
from server.database import schema_versions
from server.database.engines import DatabaseUnusable
from server.database.sqlite import APPLICATION_ID, FirstlightSqlite


def part_of(file: Path) -> Path:
    """Name the file under which a backup is written until it is whole."""
    return file.with_name(f".{file.name}.part")


def back_up(database: Path, file: Path) -> Horizon:
    """Copy a database, which may be in use, to a new file; answer what the copy holds.

    Raises:
        DatabaseUnusable: the file exists, cannot be written, or the copy is not sound; no file of
            this name was left.
    """
    refuse_existing(file)
    part = part_of(file)
    part.unlink(missing_ok=True)
    try:
        copy_in_use(database, part)
        horizon = verify(part)
        _sync(part)
        # A link fails where the name was taken meanwhile; a rename would write over it.
        try:
            os.link(part, file)
        except FileExistsError as error:
            raise DatabaseUnusable(f"{str(file)!r} exists; name a new file") from error
    finally:
        part.unlink(missing_ok=True)
    sync_folder(file.parent)
    return horizon


def copy_in_use(database: Path, target: Path) -> None:
    """Copy a database that may be in use, as it was at one instant; the target is not flushed.

    Raises:
        DatabaseUnusable: it cannot be read, or the target not written.
    """
    _run_alone(database, "VACUUM INTO ?", str(target))


def empty_log(database: Path) -> None:
    """Bring the log of a database that nobody uses into its file, and flush that.

    Raises:
        DatabaseUnusable: it cannot be written.
    """
    _run_alone(database, "PRAGMA wal_checkpoint(TRUNCATE)")
    _sync(database)


def _run_alone(database: Path, statement: str, *values: str) -> None:
    """Run what SQLite runs in no transaction, past the engines, which begin one for everything."""
    driver = FirstlightSqlite.import_dbapi()
    db = driver.connect(str(database), timeout=30, isolation_level=None)
    try:
        db.execute(statement, values).fetchall()
    except driver.Error as error:
        raise DatabaseUnusable(f"{statement.partition(' ')[0]} of {database}: {error}") from error
    finally:
        db.close()


def refuse_existing(file: Path) -> None:
    """Refuse to write over anything.

    Raises:
        DatabaseUnusable: the file exists, or its folder does not.
    """
    if os.path.lexists(file):
        raise DatabaseUnusable(f"{str(file)!r} exists; name a new file")
    if not file.parent.is_dir():
        raise DatabaseUnusable(f"the folder {str(file.parent)!r} does not exist")


def verify(file: Path) -> Horizon:
    """Check that a file is a sound database of this program's schema; answer what it holds.

    Raises:
        DatabaseUnusable: it is not, and why.
    """
    with _opened(file) as db:
        _require_sound(db, file)
        found, newest = schema_versions.current(db), schema_versions.newest()
        if found != newest:
            raise DatabaseUnusable(
                f"{str(file)!r} is at revision {found}, this program needs {newest}"
            )
        return lives.read_horizon(db)


def log_of(database: Path) -> Path:
    """Name the log beside a database: what it holds is in the database, and not in its file."""
    return database.with_name(database.name + "-wal")


def require_backup(copy: Path, backup: Path) -> None:
    """Check that the copy of a backup is a database that this program can bring to its own schema.

    Raises:
        DatabaseUnusable: it is damaged, something else, or of a newer program.
    """
    with _opened(copy) as db:
        _require_sound(db, backup)
        found = schema_versions.current(db)
    if found is None or found not in schema_versions.known():
        raise DatabaseUnusable(
            f"{str(backup)!r} is at revision {found}, which this program does not know; restore it "
            "with the version of firstlight that made it"
        )


def copy_durably(source: Path, target: Path) -> None:
    """Copy a database that nobody uses, with its log where it has one, and flush the copy.

    A database that was put aside after a crash, or copied by hand, holds its last commits there.

    Raises:
        DatabaseUnusable: it cannot be written; nothing was left.
    """
    try:
        shutil.copyfile(source, target)
        if log_of(source).exists():
            shutil.copyfile(log_of(source), log_of(target))
            empty_log(target)
        _sync(target)
    except OSError as error:
        target.unlink(missing_ok=True)
        log_of(target).unlink(missing_ok=True)
        raise DatabaseUnusable(f"cannot copy the backup: {error}") from error


def _opened(file: Path) -> sa.Connection:
    # immutable: the file is nobody's database, and looking at it must leave nothing beside it.
    url = sa.URL.create(
        "sqlite+firstlight",
        database=f"{file.resolve().as_uri()}",
        query={"immutable": "1", "uri": "true"},
    )
    return sa.create_engine(url, poolclass=sa.NullPool).connect()


def _require_sound(db: sa.Connection, shown: Path) -> None:
    try:
        application_id = db.exec_driver_sql("PRAGMA application_id").scalar_one()
        found = db.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    except DBAPIError as error:
        raise DatabaseUnusable(f"{str(shown)!r} is not a backup: {error.orig}") from error
    if application_id != APPLICATION_ID:
        raise DatabaseUnusable(f"{str(shown)!r} is not a database of firstlight")
    if found != "ok":
        raise DatabaseUnusable(f"{str(shown)!r} is damaged: {found}")


def _sync(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())
