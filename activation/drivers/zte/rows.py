"""ZTE places and registrations as values: what was read, and what is written. Pure."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from activation.drivers.zte import oids
from activation.failures import Failure, PortUnknown, Unsupported
from activation.requests import OntRef, OntSpec, PonPort, parse_pon_port
from activation.snmp import Binding, Oid, SnmpValue
from sync_protocol.serials import NotAnOntSerial, OntSerial, serial_bytes, serial_from_bytes

Cells = Mapping[Oid, SnmpValue | None]

_NUMBERS: Final = range(1, 0x100)
"""Slots and ports of an index; each has eight bits."""
# gpon_1/2/1 and gpon-olt_1/2/1 on a C320, gpon_olt-1/3/1 on a C600; gpon-onu_1/2/1:1 is an ONT.
_PON_INTERFACE: Final = re.compile(r"gpon(?:[-_]olt)?[-_]([0-9]+/[0-9]+/[0-9]+)", re.IGNORECASE)


class SpecNotEncodable(ValueError):
    """A value of a specification does not fit the OLT; correct the product before asking again."""


class OntRow(msgspec.Struct, frozen=True, kw_only=True):
    """A registered ONT. The serial is canonical, or hex when it is no serial."""

    serial: str
    type_name: str
    enabled: bool | None
    """None where the OLT does not tell."""
    can_reboot: bool


class PortIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a port in the two trees."""

    pon: int
    newer: int


def port_index(port: PonPort) -> PortIndex | PortUnknown:
    """Compute the numbers of a port; what there is at all is told by ``standing``.

    >>> port_index(PonPort(frame=1, slot=3, port=1))
    PortIndex(pon=268632320, newer=285278977)
    """
    if port.frame != oids.FRAME or port.slot not in _NUMBERS or port.port not in _NUMBERS:
        return PortUnknown(port=port)
    return PortIndex(
        pon=oids.PORT_INDEX_BASE + port.slot * oids.PER_SLOT + port.port * oids.PER_PORT,
        newer=oids.NEWER_INDEX_BASE + port.slot * oids.NEWER_PER_SLOT + port.port,
    )


def port_named(name: SnmpValue | None) -> PonPort | None:
    """Read a PON port from an ifName; None for any other interface.

    >>> port_named(b"gpon-olt_1/2/1")
    PonPort(frame=1, slot=2, port=1)
    >>> port_named(b"gpon-onu_1/2/1:1") is None
    True
    """
    match = _PON_INTERFACE.fullmatch(text(name).strip())
    return parse_pon_port(match[1]) if match else None


def port_cells(index: PortIndex) -> tuple[Oid, Oid]:
    """Name the cells that tell whether a port exists, and in which tree."""
    return f"{oids.IF_NAME}.{index.pon}", f"{oids.IF_NAME}.{index.newer}"


def missing_port(port: PonPort, index: PortIndex, cells: Cells) -> Failure | None:
    """Say that a port does not exist, or only where this driver cannot write; None if it does."""
    known, newer = (port_named(cells.get(cell)) for cell in port_cells(index))
    if known == port:
        return None
    if newer == port:
        return Unsupported(
            what=f"port {port} of an OLT that answers in tree 1082 alone",
            detail="no source shows how such an OLT, like the C600, is written to by SNMP",
        )
    return PortUnknown(port=port)


def text(value: SnmpValue | None) -> str:
    """Show an octet string; zeros at its end are padding."""
    if not isinstance(value, bytes):
        return "" if value is None else str(value)
    return value.rstrip(b"\x00").decode("utf-8", errors="replace")


def number(value: SnmpValue | None) -> int | None:
    """Read an integer; None for anything else."""
    return value if isinstance(value, int) else None


def serial_of(value: SnmpValue | None) -> OntSerial | None:
    """Read a serial; None for what is none, such as the four spaces before an ONT has told it."""
    try:
        return serial_from_bytes(value) if isinstance(value, bytes) else None
    except NotAnOntSerial:
        return None


def serial_text(value: SnmpValue | None) -> str:
    """Bring a serial into its canonical form, or show its bytes when it has none."""
    serial = serial_of(value)
    if serial is None:
        return value.hex() if isinstance(value, bytes) else text(value)
    return serial


def ont_cells(index: PortIndex, ont_id: int) -> tuple[Oid, ...]:
    """Name the cells of a registration that are read back."""
    columns = (oids.ONT_SERIAL, oids.ONT_ROW_STATUS, oids.ONT_TYPE, oids.ONT_ADMIN, oids.ONT_REBOOT)
    return tuple(f"{column}.{index.pon}.{ont_id}" for column in columns)


def ont_row(cells: Cells, wanted: tuple[Oid, ...]) -> OntRow | None:
    """Read a registration; ``wanted`` are its ``ont_cells``.

    A row without a serial is one, too: it was made by hand and holds its id.
    """
    serial, status, type_name, admin, reboot = (cells.get(oid) for oid in wanted)
    if serial is None and status is None:
        return None
    return OntRow(
        serial=serial_text(serial),
        type_name=text(type_name),
        enabled=None if admin is None else admin == oids.ENABLED,
        can_reboot=reboot is not None,
    )


def checked(spec: OntSpec) -> OntSpec:
    """Give a specification back if the OLT can hold it.

    Raises:
        SpecNotEncodable: with the value and what would be right.
    """
    name = spec.service_profile
    if not (name.isascii() and name.isprintable() and 0 < len(name) <= oids.TYPE_BYTES_MAX):
        raise SpecNotEncodable(
            f"{name!r} is no ONU type; it has 1 to {oids.TYPE_BYTES_MAX} ASCII characters"
        )
    words = spec.description
    if not (words.isascii() and len(words) <= oids.DESCRIPTION_BYTES_MAX):
        raise SpecNotEncodable(
            f"description {words!r} has more than {oids.DESCRIPTION_BYTES_MAX} characters "
            "or some that are not ASCII"
        )
    return spec


def registration(spec: OntSpec, index: PortIndex, ont_id: int) -> tuple[Binding, ...]:
    """Write down the request that registers an ONT.

    The columns are those of two public code bases that register so, the row status last, so that
    an agent that takes them one after the other does the right thing, too.
    """
    values = (
        (oids.ONT_REGISTERS_BY, oids.BY_SERIAL),
        (oids.ONT_TYPE, spec.service_profile.encode("ascii")),
        (oids.ONT_SERIAL, serial_bytes(spec.serial)),
        (oids.ONT_DESCRIPTION, spec.description.encode("ascii")),
        (oids.ONT_ROW_STATUS, oids.CREATE_AND_GO),
    )
    return tuple(
        Binding(oid=f"{column}.{index.pon}.{ont_id}", value=value) for column, value in values
    )


def order(column: Oid, index: PortIndex, ref: OntRef, value: int) -> tuple[Binding, ...]:
    """Write down a request of one number about one ONT."""
    return (Binding(oid=f"{column}.{index.pon}.{ref.ont_id}", value=value),)
