"""The SQLite dialect of the server: one library, its settings, and real transactions.

The driver is ``sqlcipher3`` (a repaired SQLite, here without a key), never the standard library's:
see docs/adr/0003. Every connection sets and reads back the settings that durability rests on.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import NullPool, StaticPool

from server.database.types import JSON_BY_MSGSPEC
from sync_protocol import sqlite_builds
from sync_protocol.sqlite_builds import Version

# The values as SQLite reports them; synchronous 2 is FULL. An acknowledged commit survives a power
# cut only with FULL: a kill -9 never shows the difference, a power-cut replay does.
SETTINGS: Final[Mapping[str, str | int]] = {
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
APPLICATION_ID: Final = 0x464C5331  # "FLS1"


class SettingRefused(RuntimeError):
    """SQLite did not take a setting that durability rests on; nothing was written."""


class FirstlightSqlite(SQLiteDialect_pysqlite):
    """pysqlite's dialect over the sqlcipher3 driver."""

    driver = "firstlight"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:  # noqa: ANN401  SQLAlchemy's own type for a driver module
        """Give SQLAlchemy the driver module."""
        from sqlcipher3 import dbapi2  # noqa: PLC0415  pyright: ignore[reportMissingTypeStubs]

        return dbapi2

    @classmethod
    def get_pool_class(cls, url: sa.URL) -> type[sa.Pool]:
        """Choose the pool; the engines below name their own."""
        return NullPool if url.database else StaticPool


registry.register("sqlite.firstlight", "server.database.sqlite", "FirstlightSqlite")


def library_version() -> Version:
    """Tell the version of the SQLite library that the server uses."""
    return cast("Version", FirstlightSqlite.import_dbapi().sqlite_version_info)


def create_engines(url: sa.URL, *, version: Version | None = None) -> tuple[sa.Engine, sa.Engine]:
    """Open a writing engine of one connection and a reading engine.

    ``version`` is that of the library that would be used, and asked of it where it is not given.

    Raises:
        UnsafeSqlite: the library has the WAL-reset bug; nothing was opened.
    """
    sqlite_builds.require_safe(version or library_version())
    options = {**JSON_BY_MSGSPEC, "poolclass": sa.QueuePool}
    writing = sa.create_engine(url, pool_size=1, max_overflow=0, **options)
    _prepare(writing, begin="BEGIN IMMEDIATE", query_only=False)
    reading = sa.create_engine(url, pool_size=4, max_overflow=4, **options)
    _prepare(reading, begin="BEGIN", query_only=True)
    return writing, reading


def _prepare(engine: sa.Engine, *, begin: str, query_only: bool) -> None:
    def on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401  a driver connection
        connection.isolation_level = None  # the driver begins nothing; "begin" below does
        cursor = connection.cursor()
        for name, value in SETTINGS.items():
            cursor.execute(f"PRAGMA {name}={value}")
        if not query_only:
            cursor.execute(f"PRAGMA application_id={APPLICATION_ID}")
        cursor.execute(f"PRAGMA query_only={int(query_only)}")
        _read_back(cursor)
        cursor.close()

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _read_back(cursor: Any) -> None:  # noqa: ANN401  a driver cursor
    for name, wanted in SETTINGS.items():
        found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted:
            raise SettingRefused(f"PRAGMA {name} is {found!r}; the server needs {wanted!r}")
