"""Storing a planned batch: one statement, executed for many rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.imports.kinds import Kind


def upsert(db: sa.Connection, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or update those whose key another transaction has stored in the meantime."""
    if not rows:
        return
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(kind.table)
    kept = {"id", *kind.key}
    db.execute(
        statement.on_conflict_do_update(
            index_elements=list(kind.key),
            set_={
                column.name: statement.excluded[column.name]
                for column in kind.table.c
                if column.name not in kept
            },
        ),
        list(rows),
    )
