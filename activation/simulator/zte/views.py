"""The rows of the neutral OLT under ZTE's other indexes: those of tree 1082, and of optics."""

from typing import Generic, TypeVar

from activation.simulator.columns import Source
from activation.simulator.oids import Oid
from activation.simulator.zte import oids

Row = TypeVar("Row")

_NEWER_LEAST, _NEWER_MOST = 0x11010000, 0x1101FFFF


class Newer(Generic[Row]):
    """Rows by the number that their port has in tree 1082; the order is the same."""

    def __init__(self, rows: Source[Row]) -> None:
        self._rows = rows

    def get(self, index: Oid) -> Row | None:
        """Give the row, or None where there is none."""
        if not index or not _NEWER_LEAST <= index[0] <= _NEWER_MOST:
            return None
        return self._rows.get(_first_tree(index))

    def after(self, index: Oid) -> Oid | None:
        """Give the first index behind this one, which need not exist itself."""
        if index and index[0] > _NEWER_MOST:
            return None
        inside = bool(index) and index[0] >= _NEWER_LEAST
        following = self._rows.after(_first_tree(index) if inside else ())
        return None if following is None else (oids.newer_number(following[0]), *following[1:])


def _first_tree(index: Oid) -> Oid:
    place = index[0] - _NEWER_LEAST
    return (oids.port_number(place >> 8, place & 0xFF), *index[1:])


class Optics(Generic[Row]):
    """Rows of ONTs with the number of their only optics behind."""

    def __init__(self, rows: Source[Row]) -> None:
        self._rows = rows

    def get(self, index: Oid) -> Row | None:
        """Give the row, or None where there is none."""
        return self._rows.get(index[:-1]) if len(index) == 3 and index[-1] == 1 else None  # noqa: PLR2004  port, ONT, optics

    def after(self, index: Oid) -> Oid | None:
        """Give the first index behind this one, which need not exist itself."""
        ont, behind = index[:2], index[2:]
        if len(ont) == 2 and behind < (1,) and self._rows.get(ont) is not None:  # noqa: PLR2004  port and ONT
            return (*ont, 1)
        following = self._rows.after(ont)
        return None if following is None else (*following, 1)
