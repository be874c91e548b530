"""What a batch is compared with, and how its rows are written as rows of a table."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import msgspec

from server.imports.kinds import Kind
from server.imports.rows import ImportRow

Key = tuple[Any, ...]
Values = Mapping[str, Any]
"""Column → value."""
Referred = Mapping[str, Mapping[str, Values]]
"""Kind → external id → our id, and what that kind lends to rows that refer to it."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the database holds of a batch's surroundings."""

    by_key: Mapping[Key, Values]
    holders: Mapping[Key, Key]
    """Values of the unique columns → key of the row that holds them."""
    referred: Referred
    taking_room: Mapping[str, UUID]
    """External id of a row that takes room → our id of the row in which it does."""
    dependants: Mapping[UUID, int]
    """Our id of a row → the number that its kind's dependants come to; absent where none are."""


def key_of(kind: Kind, row: ImportRow) -> Key:
    """Give what identifies a row."""
    return tuple(getattr(row, name) for name in kind.key)


def column_of(kind: Kind, field: str) -> str:
    """Name the column that a field is stored in."""
    return f"{field}_id" if field in kind.references else field


def values_of(kind: Kind, row: ImportRow, referred: Referred) -> Values:
    """Write a row for its table; what it refers to must be known."""
    values: dict[str, Any] = {}
    for field in row.__struct_fields__:
        value = getattr(row, field)
        target = kind.references.get(field)
        if target is not None and value is not None:
            value = referred[target][value]["id"]
        values[column_of(kind, field)] = _plain(value)
    return values


def lent_by(kind: Kind, row: Values) -> Values:
    """Keep of a row what rows that refer to it need."""
    return {column: row[column] for column in ("id", *kind.lends)}


def _plain(value: Any) -> Any:  # noqa: ANN401  any value of a row
    """Give a value as JSON columns return it, so that it compares equal."""
    return list(cast("tuple[Any, ...]", value)) if isinstance(value, tuple) else value
