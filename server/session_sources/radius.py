"""RADIUS accounting: sessions as FreeRADIUS writes them into the table ``radacct``.

Column names and their meaning are those of FreeRADIUS's public schemas
(raddb/mods-config/sql/main/*/schema.sql): a row per session, ``acctstoptime`` empty while it lasts.
"""

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from server.database import engines
from server.session_sources.aside import Aside
from server.session_sources.records import Answer, NoSession, Session, SourceUnavailable
from server.session_sources.wanted import RadiusAccounting

AT_ONCE: Final = 4
_CONNECT_S_MIN: Final = 2
"""psycopg takes no shorter time-out for connecting."""


class AccountingUnreadable(ValueError):
    """The table holds something else than FreeRADIUS writes."""


class RadiusAccountingSource:
    """Asks one database; each question is one statement in a transaction that cannot write."""

    def __init__(self, wanted: RadiusAccounting) -> None:
        self._limit_s = wanted.timeout_ms / 1000
        self._zone = ZoneInfo(wanted.zone)
        self._engine = _engine(wanted)
        self._newest = _newest(wanted.column)
        self._aside = Aside(at_once=AT_ONCE)

    async def ask(self, identifier: str) -> Answer:
        """Look for the newest session that has not stopped."""
        try:
            return await self._aside.ask(lambda: self._read(identifier), limit_s=self._limit_s)
        except TimeoutError:
            return SourceUnavailable(f"no answer within {self._limit_s:g} s")
        except AccountingUnreadable as error:
            return SourceUnavailable(str(error))
        except DBAPIError as error:
            return SourceUnavailable(_first_line(error.orig))
        except SQLAlchemyError as error:
            return SourceUnavailable(_first_line(error))

    async def close(self) -> None:
        """Close the connections that nobody waits for."""
        self._engine.dispose()

    def _read(self, identifier: str) -> Answer:
        with self._engine.connect() as db:
            row = db.execute(self._newest, {"identifier": identifier}).one_or_none()
        if row is None:
            return NoSession(identifier=identifier)
        address = None if row.framedipaddress is None else str(row.framedipaddress)
        since = read_instant(row.acctstarttime, self._zone)
        return Session(identifier=identifier, since=since, address=address or None)


def read_instant(value: Any, zone: ZoneInfo) -> datetime:  # noqa: ANN401  what a driver gives
    """Read a time of the table; one without an offset is of ``zone``.

    >>> read_instant("2026-07-02 14:00:00", ZoneInfo("Europe/Berlin")).isoformat()
    '2026-07-02T12:00:00+00:00'

    Raises:
        AccountingUnreadable: it is no time.
    """
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise AccountingUnreadable(
            f"acctstarttime is {str(value)[:40]!r}, which is no time like 2026-07-02 12:00:00"
        ) from error


def _newest(column: str) -> sa.Select[Any, Any]:
    names = ("acctstarttime", "acctstoptime", "framedipaddress", column)
    # Without types: each driver gives what it makes of the columns, and `read_instant` reads it.
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
    radacct = sa.table("radacct", *columns)
    return (
        sa.select(radacct.c.acctstarttime, radacct.c.framedipaddress)
        .where(
            radacct.c[column] == sa.bindparam("identifier"),
            radacct.c.acctstoptime.is_(None),
            radacct.c.acctstarttime.is_not(None),
        )
        .order_by(radacct.c.acctstarttime.desc())
        .limit(1)
    )


def _engine(wanted: RadiusAccounting) -> sa.Engine:
    url = engines.parse_url(wanted.url.reveal())
    limit_s = wanted.timeout_ms / 1000
    if url.get_backend_name() == "sqlite":
        read_only = url.set(
            database=f"file:{quote(str(url.database))}", query={"mode": "ro", "uri": "true"}
        )
        return sa.create_engine(read_only, connect_args={"timeout": limit_s}, **_POOLED)
    options = f"-c default_transaction_read_only=on -c statement_timeout={wanted.timeout_ms}"
    limits = {"connect_timeout": max(_CONNECT_S_MIN, round(limit_s)), "options": options}
    return sa.create_engine(url, connect_args=limits, **_POOLED)


def _first_line(error: object) -> str:
    return f"the database says: {str(error).strip().partition(chr(10))[0]}"


_POOLED: Final[dict[str, Any]] = {
    "poolclass": sa.QueuePool,
    "pool_size": AT_ONCE,
    "max_overflow": 0,
    "pool_pre_ping": True,
    "hide_parameters": True,
}
