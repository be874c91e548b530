"""A table of RADIUS accounting, as FreeRADIUS makes it, for the columns that are read."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from server.database import engines

# PostgreSQL's schema has inet and a time with its zone, MySQL's and SQLite's neither.
_TYPES: Mapping[str, tuple[str, str]] = {
    "postgresql": ("timestamp with time zone", "inet"),
    "sqlite": ("datetime", "varchar(15)"),
}


class Radacct:
    """One database in which a RADIUS server would write."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(engines.parse_url(url), poolclass=sa.NullPool)
        time, address = _TYPES[self._engine.dialect.name]
        self.write(
            "CREATE TABLE radacct (radacctid integer PRIMARY KEY, acctsessionid text, "
            f"username text, nasportid text, acctstarttime {time}, acctstoptime {time}, "
            f"callingstationid text, framedipaddress {address})"
        )

    def write(self, statement: str) -> None:
        with self._engine.begin() as db:
            db.exec_driver_sql(statement)

    def add(self, number: int, *, into: str = "radacct", **values: Any) -> None:  # noqa: ANN401  of any column
        """Add an accounting record; what is not given is empty."""
        columns = {"radacctid": number, **values}
        named: list[sa.ColumnClause[Any]] = [sa.column(name) for name in columns]
        table = sa.table(into, *named)
        with self._engine.begin() as db:
            db.execute(sa.insert(table).values(columns))
