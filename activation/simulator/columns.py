"""What the columns of every vendor have in common: how tables and scalars are read.

Which columns an OLT has is its vendor's affair; the system group is everybody's.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol, TypeAlias, TypeVar

from activation.simulator import oids
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.rows import Rows
from activation.simulator.tables import Column, Syntax, Value

Row = TypeVar("Row")
RowSeen_co = TypeVar("RowSeen_co", covariant=True)
Read: TypeAlias = Callable[[Row, datetime], Value]


def date_and_time(at: datetime | None) -> bytes:
    """Encode an instant as RFC 2579 DateAndTime in UTC, eleven bytes; none gives no bytes."""
    if at is None:
        return b""
    utc = at.astimezone(UTC)
    clock = (utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond // 100_000)
    return utc.year.to_bytes(2, "big") + bytes(clock) + b"+\x00\x00"


_ONLY: Final[Rows[None]] = Rows()
_ONLY.put((0,), None)


def scalar(oid: Oid, syntax: Syntax, read: Callable[[datetime], Value]) -> Column:
    """Serve one object that has no rows."""
    return Column(oid, syntax, _ONLY, lambda index, now: read(now) if index == (0,) else None)


class Source(Protocol[RowSeen_co]):
    """Rows by their index, in the order in which SNMP walks them; ``Rows`` is one."""

    def get(self, index: Oid) -> RowSeen_co | None:
        """Give the row, or None where there is none."""
        ...

    def after(self, index: Oid) -> Oid | None:
        """Give the first index behind this one, or None."""
        ...


def table(
    entry: Oid, rows: Source[Row], columns: Mapping[int, tuple[Syntax, Read[Row]]]
) -> list[Column]:
    """Serve columns of one table, by their number."""

    def reader(read: Read[Row]) -> Callable[[Oid, datetime], Value | None]:
        def read_at(index: Oid, now: datetime) -> Value | None:
            row = rows.get(index)
            return None if row is None else read(row, now)

        return read_at

    return [
        Column((*entry, number), syntax, rows, reader(read))
        for number, (syntax, read) in columns.items()
    ]


def system_columns(olt: Olt, object_id: Oid) -> list[Column]:
    """Serve the system group of RFC 3418, as far as a driver asks for it."""
    name, description = olt.scenario.name.encode(), olt.scenario.description.encode()
    return [
        scalar(oids.SYS_DESCR, Syntax.OCTETS, lambda _: description),
        scalar(oids.SYS_OBJECT_ID, Syntax.OID, lambda _: object_id),
        scalar(
            oids.SYS_UP_TIME,
            Syntax.TICKS,
            lambda now: int((now - olt.started_at).total_seconds() * 100) % 2**32,
        ),
        scalar(oids.SYS_NAME, Syntax.OCTETS, lambda _: name),
    ]


def interface_names(olt: Olt, written: Callable[[str], str]) -> list[Column]:
    """Serve ifName of RFC 2863 for every PON port; ``written`` makes the vendor's form of it."""
    names: dict[int, tuple[Syntax, Read[str]]] = {
        oids.IF_NAME[-1]: (Syntax.OCTETS, lambda name, _: written(name).encode())
    }
    return table(oids.IF_NAME[:-1], olt.ports, names)
