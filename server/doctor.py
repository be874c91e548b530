"""``firstlight doctor``: does this installation hold what the server rests on?"""

import argparse
import asyncio
import enum
import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from server import settings
from server.database import engines, schema_versions, sqlite
from server.database.engines import DatabaseUnusable
from server.session_sources import sources
from server.session_sources.records import SourceUnavailable
from server.session_sources.sources import NamedSource
from server.settings import Settings, SettingsUnusable
from server.settings_checks import require_usable
from sync_protocol import sqlite_builds
from sync_protocol.sqlite_builds import UnsafeSqlite, Version

_DESCRIPTION = """\
Check this installation and print one line per check:
  ok      as it must be
  note    missing, but only something optional suffers
  FAILED  must be put right before the server holds work

exit status: 0 nothing failed, 1 something did, 2 the settings cannot be used
"""


class Finding(enum.StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"
    FAILED = "FAILED"


class Check(msgspec.Struct, frozen=True):
    """One line of the doctor."""

    finding: Finding
    text: str


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``doctor`` to the command line."""
    parser = subparsers.add_parser(
        "doctor",
        help="check this installation: SQLite build, database, folders, scanner",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Examine the installation that the settings describe.

    Raises:
        SettingsUnusable: nothing was examined.
    """
    checks = list(examine(settings.load_installation(args.settings, os.environ)))
    for check in checks:
        sys.stdout.write(f"{check.finding:<6}  {check.text}\n")
    return 1 if any(check.finding is Finding.FAILED for check in checks) else 0


def examine(wanted: Settings) -> Iterator[Check]:
    """Make all checks; none of them changes anything that is kept."""
    yield check_settings(wanted)
    yield check_sqlite_build(sqlite.library_version())
    yield from check_database(wanted.database_url)
    yield check_blob_folder(Path(wanted.blob_folder))
    yield from check_session_sources(wanted)
    yield check_reader("zxingcpp", importlib.import_module)
    yield check_optional_reader("pyzbar.pyzbar", importlib.import_module)


def check_settings(wanted: Settings) -> Check:
    """Judge the settings as the server does before it starts."""
    try:
        require_usable(wanted)
    except SettingsUnusable as error:
        return Check(Finding.FAILED, str(error))
    return Check(Finding.OK, "settings can be used")


def check_sqlite_build(version: Version) -> Check:
    """Judge the SQLite library."""
    try:
        sqlite_builds.require_safe(version)
    except UnsafeSqlite as error:
        return Check(Finding.FAILED, str(error))
    shown = ".".join(map(str, version))
    return Check(Finding.OK, f"SQLite {shown} is free of the WAL-reset bug")


def check_database(url: str) -> Iterator[Check]:
    """Open the database as the server does, which reads its settings back, and ask its revision."""
    try:
        parsed = engines.parse_url(url)
        engines.require_present(parsed)
        writing, reading = engines.create(parsed)
    except (DatabaseUnusable, UnsafeSqlite) as error:
        yield Check(Finding.FAILED, f"database: {error}")
        return
    try:
        with reading.connect() as db, db.begin():
            yield Check(Finding.OK, _describe(db))
            yield _check_revision(db)
    except DBAPIError as error:
        yield Check(Finding.FAILED, f"database: cannot be opened: {str(error.orig).strip()}")
    except sqlite.SettingRefused as error:
        yield Check(Finding.FAILED, f"database: {error}")
    finally:
        writing.dispose()
        reading.dispose()


def _describe(db: sa.Connection) -> str:
    if db.dialect.name == "postgresql":
        version = db.exec_driver_sql("SHOW server_version").scalar_one()
        return f"PostgreSQL {version} answers"
    found = ", ".join(
        f"{name}={db.exec_driver_sql(f'PRAGMA {name}').scalar_one()}" for name in sqlite.SETTINGS
    )
    return f"SQLite settings read back: {found}"


def _check_revision(db: sa.Connection) -> Check:
    try:
        schema_versions.require_newest(db)
    except schema_versions.SchemaOutdated as error:
        return Check(Finding.FAILED, f"schema: {error}")
    return Check(Finding.OK, f"schema is at revision {schema_versions.newest()}")


def check_blob_folder(folder: Path) -> Check:
    """Write, flush and remove a file where photos go; the folder itself may still be missing."""
    place = folder if folder.exists() else folder.absolute().parent
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"firstlight")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Check(Finding.FAILED, f"blob folder {str(folder)!r}: {error.strerror}")
    return Check(Finding.OK, f"blob folder {str(folder)!r} can be written")


def check_session_sources(wanted: Settings) -> tuple[Check, ...]:
    """Ask each session source that is used for a service that does not exist."""
    if any(sources.find_unusable(wanted)):
        return ()  # said already, with all that is wrong with the settings
    return asyncio.run(_ask_session_sources(wanted))


async def _ask_session_sources(wanted: Settings) -> tuple[Check, ...]:
    async with sources.opened_sources(wanted) as opened:
        named = () if opened is None else opened.named.values()
        return tuple([await _check_session_source(each, wanted) for each in named])


async def _check_session_source(asked: NamedSource, wanted: Settings) -> Check:
    answer = await asked.source.ask(asked.template.example)
    if not isinstance(answer, SourceUnavailable):
        return Check(Finding.OK, f"session source {asked.name!r} answers")
    finding = Finding.FAILED if wanted.session_proof == "required" else Finding.NOTE
    return Check(finding, f"session source {asked.name!r} is unavailable: {answer.reason}")


Load = Callable[[str], object]


def check_reader(module: str, load: Load) -> Check:
    """Judge the barcode reader that scanning needs."""
    try:
        load(module)
    except ImportError as error:
        return Check(Finding.FAILED, f"scanner: {module} cannot be loaded: {error}")
    return Check(Finding.OK, f"scanner: {module} reads labels")


def check_optional_reader(module: str, load: Load) -> Check:
    """Judge the second barcode reader, without which scanning works too."""
    try:
        load(module)
    except ImportError as error:
        reason = str(error).split("\n", 1)[0]
        return Check(
            Finding.NOTE, f"scanner: works without {module}, which cannot be loaded: {reason}"
        )
    return Check(Finding.OK, f"scanner: {module} helps with hard labels")
