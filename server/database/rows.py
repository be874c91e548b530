"""The bridge between rows and records: the only conversion in the code base."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import NoneType
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

T = TypeVar("T")
# What both drivers bind and return as they are; everything else becomes plain JSON values.
_NATIVE = frozenset({datetime, date, UUID, bytes, str, int, bool, float, NoneType})


class _Row(Protocol):
    """A row of SQLAlchemy, whatever its columns; their types are checked by the record."""

    @property
    def _mapping(self) -> Mapping[Any, Any]: ...


def to_record(row: _Row, record_type: type[T]) -> T:
    """Build a record from a row, checking every field."""
    # SQLAlchemy names columns by a subclass of str, which msgspec does not take for a field name.
    values = {str(name): value for name, value in row._mapping.items()}  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  SQLAlchemy's public name
    return msgspec.convert(values, record_type)


def to_records(rows: Iterable[_Row], record_type: type[T]) -> tuple[T, ...]:
    """Build the records of many rows."""
    return tuple(to_record(row, record_type) for row in rows)


def to_row(record: msgspec.Struct) -> Mapping[str, Any]:
    """Turn a record into column values; nested records become JSON."""
    values = msgspec.structs.asdict(record)
    for name, value in values.items():
        if type(value) not in _NATIVE:
            values[name] = msgspec.to_builtins(value)
    return values
