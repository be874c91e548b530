"""Storing a planned batch: one statement, executed for many rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.imports.kinds import Kind
from server.imports.stored import column_of


def upsert(db: sa.Connection, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or update those whose key another transaction has stored in the meantime.

    Written is what a file of this kind says; a column of which it says nothing stays as it is.
    """
    if not rows:
        return
    columns = (column_of(kind, field) for field in kind.row_type.__struct_fields__)
    said = {"id", *columns, *kind.dated}
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(kind.table)
    kept = {"id", *kind.key}
    db.execute(
        statement.on_conflict_do_update(
            index_elements=list(kind.key),
            set_={
                column.name: statement.excluded[column.name]
                for column in kind.table.c
                if column.name in said - kept
            },
        ),
        [{name: value for name, value in row.items() if name in said} for row in rows],
    )
