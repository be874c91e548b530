"""Rows of a table in the order in which SNMP walks them."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from typing import Generic, TypeVar

from activation.simulator.oids import Oid

Row = TypeVar("Row")


class Rows(Generic[Row]):
    """A mapping from a row's index to the row that always knows its lexicographic order."""

    def __init__(self) -> None:
        self._rows: dict[Oid, Row] = {}
        self._order: list[Oid] = []

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, index: Oid) -> bool:
        return index in self._rows

    def get(self, index: Oid) -> Row | None:
        """Give the row, or None where there is none."""
        return self._rows.get(index)

    def put(self, index: Oid, row: Row) -> None:
        """Add the row or replace the one that is there."""
        if index not in self._rows:
            insort(self._order, index)
        self._rows[index] = row

    def drop(self, index: Oid) -> Row | None:
        """Take the row out, if it is there, and give it back."""
        if index in self._rows:
            self._order.pop(bisect_right(self._order, index) - 1)
        return self._rows.pop(index, None)

    def after(self, index: Oid) -> Oid | None:
        """Give the first index behind this one, which need not exist itself.

        >>> rows = Rows[str]()
        >>> rows.put((2, 1), "b"); rows.put((1, 10), "a")
        >>> rows.after(()), rows.after((1, 10)), rows.after((2, 1))
        ((1, 10), (2, 1), None)
        """
        position = bisect_right(self._order, index)
        return self._order[position] if position < len(self._order) else None

    def values(self) -> list[Row]:
        """List the rows in order."""
        return [self._rows[index] for index in self._order]


def rows_of_names(names: Iterable[str]) -> Rows[str]:
    """Give names as rows whose index is the name itself, letter by letter."""
    rows: Rows[str] = Rows()
    for name in names:
        rows.put(tuple(name.encode("ascii")), name)
    return rows
