"""The bridge between rows and records: the only conversion in the code base."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

T = TypeVar("T")
# What both drivers bind and return as it is; everything else becomes plain JSON values.
_NATIVE = (datetime, date, UUID, bytes)


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
    return msgspec.to_builtins(record, builtin_types=_NATIVE)


def to_rows(records: Sequence[msgspec.Struct]) -> Sequence[Mapping[str, Any]]:
    """Turn many records into column values at once."""
    return msgspec.to_builtins(records, builtin_types=_NATIVE)
