"""``firstlight restore``: put a backup in place of the database, in a new epoch."""

import argparse
import contextlib
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server import process_lock, settings
from server.acts import SYSTEM, act_of, utc_now
from server.backups import beside, copying, lives
from server.database import schema_versions
from server.database.engines import DatabaseUnusable, parse_url
from server.opened import opened_url

_DESCRIPTION = """\
Put a backup in place of the database. Stop the server first. The database that is there now is kept
beside it under a dated name. Tablets then send again what the backup lacks; readers of the
completion feed begin anew; mails that wait in the backup are held until you have looked.

On PostgreSQL put the database back with its own tools and run firstlight migrate. Then, before any
server starts, run firstlight restore without FILE: it begins the new epoch.
"""


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``restore`` to the command line."""
    parser = subparsers.add_parser(
        "restore",
        help="put a backup in place of the database",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="made by firstlight backup (SQLite)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restore a backup.

    Raises:
        DatabaseUnusable: nothing was changed; the text says why.
    """
    url = parse_url(settings.load_installation(args.settings, os.environ).database_url)
    if url.get_backend_name() == "postgresql":
        return _begin_after_other_tools(url, args.file)
    if args.file is None:
        raise DatabaseUnusable("name the backup that is to be put back; nothing was changed")
    database = Path(str(url.database)).resolve()
    with process_lock.held(url):
        epoch, aside = put_back(args.file, database, now=utc_now())
    kept = f"; what was there is {aside}" if aside is not None else ""
    sys.stdout.write(f"{database} is {args.file}, epoch {epoch}{kept}\n")
    return 0


def _begin_after_other_tools(url: sa.URL, file: Path | None) -> int:
    """Begin the new epoch of a database that was put back by PostgreSQL's own tools."""
    if file is not None:
        raise DatabaseUnusable(
            f"firstlight restore cannot put {str(file)!r} into PostgreSQL; with the servers "
            "stopped run pg_restore, then firstlight restore without a file"
        )
    with opened_url(url.render_as_string(hide_password=False)) as store:
        epoch = store.write_now(lives.begin, "firstlight restore", act=act_of(SYSTEM))
    sys.stdout.write(f"{url.database} begins epoch {epoch}\n")
    return 0


def put_back(backup: Path, database: Path, *, now: datetime) -> tuple[UUID, Path | None]:
    """Put a backup in place; answer the new epoch and where the former database is kept.

    Ended at any point it leaves the former database, no database and its copy aside, or the new
    one; run again it succeeds.

    Raises:
        DatabaseUnusable: no such backup, none that can be used, or the copy cannot be written;
            nothing was changed.
    """
    if not backup.is_file():
        raise DatabaseUnusable(f"there is no backup {str(backup)!r}")
    fresh = database.with_name(f".{database.name}.restoring")
    _remove(fresh)
    try:
        copying.copy_durably(backup, fresh)
        copying.require_backup(fresh, backup)
        epoch, place = _prepare(fresh, f"firstlight restore {backup.name}")
        aside = _put_aside(database, now)
        fresh.rename(database)
    finally:
        _remove(fresh)
    beside.sync_folder(database.parent)
    beside.write(beside.file_of(database), place)
    return epoch, aside


def _prepare(fresh: Path, reason: str) -> tuple[UUID, lives.Place]:
    """Bring the copy to this schema and into its new epoch, with no log left beside it."""
    url = f"sqlite:///{fresh}"
    schema_versions.upgrade(url)
    with opened_url(url) as store:
        epoch = store.write_now(lives.begin, reason, act=act_of(SYSTEM))
        place = store.read_now(lives.get_place)
    copying.empty_log(fresh)
    return epoch, place


def _put_aside(database: Path, now: datetime) -> Path | None:
    """Rename the database and its log; the log goes first: it would damage another database."""
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
    found = database.exists()
    if found:
        copying.refuse_existing(aside)
    for suffix in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            database.with_name(database.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside if found else None


def _remove(fresh: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
