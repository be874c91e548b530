"""The variables of a SET, each checked by itself and gathered by row.

What the rows may do to the OLT is judged by the vendor's own ``writes``.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

import msgspec

from activation.simulator.oids import Oid
from sync_protocol.serials import NotAnOntSerial, serial_from_bytes

ACTIVE: Final = 1
CREATE_AND_GO: Final = 4
DESTROY: Final = 6

Written: TypeAlias = int | bytes | Oid | None
"""A value as it came; None stands for a type that no column of the OLT has."""


class Status(enum.IntEnum):
    """Error statuses of RFC 3416 that the OLT answers with."""

    NO_ERROR = 0
    GENERAL = 5
    WRONG_TYPE = 7
    WRONG_LENGTH = 8
    WRONG_VALUE = 10
    NO_CREATION = 11
    INCONSISTENT_VALUE = 12
    AUTHORIZATION = 16
    NOT_WRITABLE = 17
    INCONSISTENT_NAME = 18


class Conflict(msgspec.Struct, frozen=True):
    """A serial that a SET wanted in one place while another holds it."""

    serial: str
    port_index: int
    holder: Oid


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A SET that changes nothing, with the variable that is to blame."""

    status: Status
    position: int
    """One for the first variable: the SNMP error index."""
    reason: str
    conflict: Conflict | None = None


class Refusal(Exception):
    """Carries a ``Refused`` out of the judging of one PDU; ``writes.judge`` catches it."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


class Cell(msgspec.Struct, frozen=True):
    """A checked value and its place in the PDU."""

    position: int
    value: int | str


class RowWrite(msgspec.Struct, frozen=True):
    """What one PDU says of one row."""

    entry: Oid
    index: Oid
    first: int
    cells: dict[int, Cell]

    def number(self, column: int, default: int) -> int:
        """Give a number that was written, or the default."""
        cell = self.cells.get(column)
        return cell.value if cell is not None and isinstance(cell.value, int) else default

    def text(self, column: int, default: str) -> str:
        """Give a text that was written, or the default."""
        cell = self.cells.get(column)
        return cell.value if cell is not None and isinstance(cell.value, str) else default

    def position(self, column: int) -> int:
        """Give the error index to blame: the column's own or that of the row's first variable."""
        cell = self.cells.get(column)
        return self.first if cell is None else cell.position

    def refuse(self, status: Status, column: int, reason: str) -> NoReturn:
        """Refuse the whole PDU because of this column."""
        refuse(status, self.position(column), reason)


def refuse(status: Status, position: int, reason: str) -> NoReturn:
    """Refuse the whole PDU because of the variable at this position."""
    raise Refusal(Refused(status=status, position=position, reason=reason))


Check: TypeAlias = Callable[[Written, int], int | str]
"""Takes a value and its position in the PDU; refuses, or gives the value back decoded."""

Writable: TypeAlias = Mapping[Oid, Mapping[int, Check]]
"""The columns that may be written, by the entry of their table."""


def rows_written(variables: Sequence[tuple[Oid, Written]], writable: Writable) -> list[RowWrite]:
    """Gather the variables of one PDU by row; each is checked by itself."""
    rows: dict[tuple[Oid, Oid], RowWrite] = {}
    for position, (oid, value) in enumerate(variables, start=1):
        entry = next((entry for entry in writable if oid[: len(entry)] == entry), None)
        column = oid[len(entry)] if entry is not None and len(oid) > len(entry) else -1
        if entry is None or column not in writable[entry]:
            refuse(Status.NOT_WRITABLE, position, "not_writable")
        index = oid[len(entry) + 1 :]
        row = rows.setdefault((entry, index), RowWrite(entry, index, position, {}))
        row.cells[column] = Cell(position, writable[entry][column](value, position))
    return list(rows.values())


def one_of(*allowed: int) -> Check:
    """Take these numbers."""
    return within(allowed)


def within(allowed: Sequence[int]) -> Check:
    """Take the numbers of a range."""

    def check(value: Written, position: int) -> int:
        if not isinstance(value, int):
            refuse(Status.WRONG_TYPE, position, "not_a_number")
        if value not in allowed:
            refuse(Status.WRONG_VALUE, position, "value_out_of_range")
        return value

    return check


def octets(length_max: int) -> Check:
    """Take a text of at most so many bytes."""

    def check(value: Written, position: int) -> str:
        if not isinstance(value, bytes):
            refuse(Status.WRONG_TYPE, position, "not_an_octet_string")
        if len(value) > length_max:
            refuse(Status.WRONG_LENGTH, position, "too_long")
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            refuse(Status.WRONG_VALUE, position, "not_utf_8")

    return check


def serial_octets(value: Written, position: int) -> str:
    """Take a serial in its eight bytes."""
    if not isinstance(value, bytes):
        refuse(Status.WRONG_TYPE, position, "not_an_octet_string")
    if len(value) != 8:  # noqa: PLR2004  the column is an OCTET STRING of eight
        refuse(Status.WRONG_LENGTH, position, "serial_is_not_eight_bytes")
    try:
        return serial_from_bytes(value)
    except NotAnOntSerial:
        refuse(Status.WRONG_VALUE, position, "no_vendor_letters_in_serial")
