"""Opening a database: the URL people write, and one engine to write with and one to read with."""

from pathlib import Path
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from psycopg import conninfo
from sqlalchemy.exc import ArgumentError

from server.database import sqlite
from server.database.types import JSON_BY_MSGSPEC

READERS: Final = 4
POSTGRES_WRITERS: Final = 4


class DatabaseUnusable(RuntimeError):
    """The database cannot be opened as configured; nothing was changed."""


def create(url: sa.URL) -> tuple[sa.Engine, sa.Engine]:
    """Open a writing and a reading engine; each read is one snapshot.

    Raises:
        UnsafeSqlite: the SQLite library has the WAL-reset bug; nothing was opened.
    """
    if url.get_backend_name() == "sqlite":
        return sqlite.create_engines(url)
    return (
        sa.create_engine(url, pool_size=POSTGRES_WRITERS, **JSON_BY_MSGSPEC),
        sa.create_engine(
            url,
            pool_size=READERS + POSTGRES_WRITERS,  # a writer reads what its callers ask for next
            isolation_level="REPEATABLE READ",
            **JSON_BY_MSGSPEC,
        ),
    )


def parse_url(url: str) -> sa.URL:
    """Read a database URL: ``sqlite:///path`` or ``postgresql://…``, with our drivers put in.

    Raises:
        DatabaseUnusable: another database, or a SQLite file in a folder that does not exist.
    """
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError) as error:
        # What cannot be read may hold a password anywhere; a mere path or name holds none.
        named = "what is given" if {"@", "?"} & set(url) else repr(url)
        raise DatabaseUnusable(
            f"{named} is no database URL; write sqlite:///firstlight.db or "
            "postgresql://user:password@host:5432/name"
        ) from error
    match parsed.get_backend_name():
        case "postgresql":
            return _postgres(parsed)
        case "sqlite":
            return _sqlite(parsed)
        case other:
            raise DatabaseUnusable(f"{other!r} is not supported; use sqlite or postgresql")


def _postgres(parsed: sa.URL) -> sa.URL:
    try:
        conninfo.make_conninfo("", **dict.fromkeys(parsed.query, ""))
    except psycopg.ProgrammingError as error:
        raise DatabaseUnusable(
            f"{str(error).strip()}; after the '?' stand options of libpq, like sslmode=require"
        ) from error
    return parsed.set(drivername="postgresql+psycopg")


def _sqlite(parsed: sa.URL) -> sa.URL:
    if not parsed.database or parsed.database == ":memory:" or parsed.host:
        raise DatabaseUnusable("the database needs a file; write sqlite:///firstlight.db")
    file = Path(parsed.database)
    if not file.parent.is_dir():
        raise DatabaseUnusable(f"the folder {str(file.parent)!r} does not exist")
    if file.is_dir():
        raise DatabaseUnusable(f"{str(file)!r} is a folder; name a file in it")
    return parsed.set(drivername="sqlite+firstlight")


def in_transaction(db: sa.Connection) -> bool:
    """Ask the driver whether its transaction is still there; SQLite ends one over some errors.

    SQLAlchemy does not notice, and a commit then stores nothing without a word.
    """
    raw: Any = db.connection.dbapi_connection
    if db.dialect.name == "sqlite":
        return bool(raw.in_transaction)
    return raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE


def can_commit(db: sa.Connection) -> bool:
    """Ask the driver whether a commit would store what was done; after some errors it would not.

    PostgreSQL answers the commit of a transaction that has failed as if all were well.
    """
    raw: Any = db.connection.dbapi_connection
    if db.dialect.name == "sqlite":
        return bool(raw.in_transaction)
    return raw.info.transaction_status != psycopg.pq.TransactionStatus.INERROR


def require_present(url: sa.URL) -> None:
    """Refuse a SQLite file that does not exist, where opening it would make an empty one.

    Raises:
        DatabaseUnusable: says which command makes the database, or that the file has two names.
    """
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        raise DatabaseUnusable(
            f"there is no database {str(url.database)!r}; run: firstlight migrate"
        )
    require_one_name(url)


def require_one_name(url: sa.URL) -> None:
    """Refuse a SQLite file that has several names (hard links).

    SQLite finds its log beside the name it was given: under two names it has two logs for one file,
    and each writes over what the other holds.

    Raises:
        DatabaseUnusable: nothing was opened.
    """
    file = Path(str(url.database))
    if url.get_backend_name() != "sqlite" or not file.exists():
        return
    names = file.stat().st_nlink
    if names > 1:
        raise DatabaseUnusable(
            f"the database {str(file)!r} has {names} names (hard links), under which SQLite would "
            "damage it; remove the others, or make them copies"
        )
