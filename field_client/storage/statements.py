"""Named SQL: ``queries.sql`` holds the statements, this module finds and runs them by name."""

import re
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from field_client.storage.driver import Connection, Row

_HEADING: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def read_sql(file_name: str) -> str:
    """Read an SQL file of this package."""
    return resources.files("field_client.storage").joinpath(file_name).read_text("utf-8")


def parse_statements(text: str) -> Mapping[str, str]:
    """Split a file at its ``-- name:`` lines.

    Raises:
        ValueError: two statements have one name; a mistake of ours.
    """
    parts = _HEADING.split(text)
    statements: dict[str, str] = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        if name in statements:
            raise ValueError(f"two statements are named {name}")
        statements[name] = body.strip().removesuffix(";")
    return statements


STATEMENTS: Final = parse_statements(read_sql("queries.sql"))

Value = str | int | bytes | None


def fetch_all(db: Connection, name: str, **values: Value) -> list[Row]:
    """Run a named query; every row."""
    return db.execute(STATEMENTS[name], values).fetchall()


def find_row(db: Connection, name: str, **values: Value) -> Row | None:
    """Run a named query; its first row, if there is one."""
    return db.execute(STATEMENTS[name], values).fetchone()


def fetch_row(db: Connection, name: str, **values: Value) -> Row:
    """Run a named query that always has a row; LookupError is a mistake of ours."""
    row = find_row(db, name, **values)
    if row is None:
        raise LookupError(f"{name} found no row for {values}")
    return row


def run(db: Connection, name: str, **values: Value) -> int:
    """Run a named statement; how many rows it changed."""
    return db.execute(STATEMENTS[name], values).rowcount


def run_many(db: Connection, name: str, rows: list[dict[str, Any]]) -> None:
    """Run a named statement once per row."""
    db.executemany(STATEMENTS[name], rows)
