"""Served variables in the order in which SNMP walks them.

Which columns the OLT has is said in ``activation.simulator.columns``, what a SET may change in
``activation.simulator.writes``.
"""

import enum
from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol, TypeAlias

import msgspec

from activation.simulator.oids import Oid


class Syntax(enum.Enum):
    """How a value is encoded."""

    INTEGER = "integer"
    UNSIGNED = "unsigned"
    OCTETS = "octets"
    OID = "oid"
    TICKS = "ticks"


class Absence(enum.Enum):
    """Why a variable has no value (RFC 3416, 4.2.1)."""

    NO_SUCH_OBJECT = "no such object"
    NO_SUCH_INSTANCE = "no such instance"
    END_OF_VIEW = "end of view"


Value: TypeAlias = int | bytes | Oid


class Binding(msgspec.Struct, frozen=True):
    """One variable with its value."""

    oid: Oid
    syntax: Syntax
    value: Value


class Ordered(Protocol):
    """The indexes of a table; ``Rows`` is one."""

    def after(self, index: Oid) -> Oid | None:
        """Give the first index behind this one, or None."""
        ...


class Column(msgspec.Struct, frozen=True):
    """One column, or one scalar, whose only index is 0."""

    oid: Oid
    syntax: Syntax
    order: Ordered
    read: Callable[[Oid, datetime], Value | None]


class Tree:
    """All columns of one agent."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._columns = sorted(columns, key=lambda column: column.oid)
        self._starts = [column.oid for column in self._columns]

    def column_of(self, oid: Oid) -> Column | None:
        """Give the column that a variable would be in, whether it exists or not."""
        position = bisect_right(self._starts, oid) - 1
        if position < 0:
            return None
        column = self._columns[position]
        return column if oid[: len(column.oid)] == column.oid else None

    def get(self, oid: Oid, now: datetime) -> Binding | Absence:
        """Read one variable."""
        column = self.column_of(oid)
        if column is None:
            return Absence.NO_SUCH_OBJECT
        value = column.read(oid[len(column.oid) :], now)
        if value is None:
            return Absence.NO_SUCH_INSTANCE
        return Binding(oid, column.syntax, value)

    def get_next(self, oid: Oid, now: datetime) -> Binding | Absence:
        """Read the first variable behind this name, which need not exist itself."""
        position = max(0, bisect_right(self._starts, oid) - 1)
        for column in self._columns[position:]:
            inside = oid[: len(column.oid)] == column.oid
            if not inside and column.oid < oid:
                continue
            index = column.order.after(oid[len(column.oid) :] if inside else ())
            value = None if index is None else column.read(index, now)
            if index is not None and value is not None:
                return Binding((*column.oid, *index), column.syntax, value)
        return Absence.END_OF_VIEW
