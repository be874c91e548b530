"""Huawei rows as values: what is written and what was read. Pure."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from activation.drivers.huawei import oids
from activation.requests import Allocation, OntRef, OntSpec, PonPort, parse_pon_port
from activation.snmp import Binding, Oid, SnmpValue
from sync_protocol.serials import NotAnOntSerial, serial_bytes, serial_from_bytes

Cells = Mapping[Oid, SnmpValue | None]

_PON_INTERFACE: Final = re.compile(r"[A-Za-z-]*PON[ _-]?([0-9]+/[0-9]+/[0-9]+)", re.IGNORECASE)


class SpecNotEncodable(ValueError):
    """A name is empty, too long or not ASCII; correct the product before asking again."""


class OntRow(msgspec.Struct, frozen=True, kw_only=True):
    """A registered ONT. The serial is canonical, or hex when it is no serial."""

    serial: str
    line_profile: str
    service_profile: str
    active: bool


class FlowRow(msgspec.Struct, frozen=True, kw_only=True):
    """A service port."""

    ref: OntRef
    gem_port: int | None
    vlan: int | None
    user_vlan: int | None
    traffic_in: str
    traffic_out: str
    active: bool


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The two rows of one allocation; None for a row that does not exist."""

    ont: OntRow | None
    flow: FlowRow | None


def guessed_if_index(port: PonPort) -> int:
    """Compute where a port's ifIndex should be. Only ifName says whether it is.

    >>> guessed_if_index(PonPort(frame=0, slot=1, port=0))
    4194312192
    """
    return (
        oids.IF_INDEX_BASE + port.slot * oids.IF_INDEX_PER_SLOT + port.port * oids.IF_INDEX_PER_PORT
    )


def port_named(name: SnmpValue | None) -> PonPort | None:
    """Read a PON port from an ifName; None for any other interface.

    >>> port_named(b"GPON 0/1/0")
    PonPort(frame=0, slot=1, port=0)
    >>> port_named(b"ethernet0/9/0") is None
    True
    """
    match = _PON_INTERFACE.fullmatch(text(name).strip())
    return parse_pon_port(match[1]) if match else None


def text(value: SnmpValue | None) -> str:
    """Show an octet string; Huawei pads some columns with zeros."""
    if not isinstance(value, bytes):
        return "" if value is None else str(value)
    return value.rstrip(b"\x00").decode("utf-8", errors="replace")


def number(value: SnmpValue | None) -> int | None:
    """Read an integer; None for anything else."""
    return value if isinstance(value, int) else None


def serial_text(value: SnmpValue | None) -> str:
    """Bring a serial into its canonical form, or show its bytes when it has none."""
    if not isinstance(value, bytes):
        return text(value)
    try:
        return serial_from_bytes(value)
    except NotAnOntSerial:
        return value.hex()


def name_index(name: str) -> str:
    """Write a profile name as the index of its row.

    >>> name_index("AB")
    '65.66'
    """
    return ".".join(str(byte) for byte in _name_bytes(name))


def ont_cells(if_index: int, ont_id: int) -> tuple[Oid, ...]:
    """Name the cells of a registration that are read back."""
    columns = (
        oids.ONT_SERIAL,
        oids.ONT_LINE_PROFILE,
        oids.ONT_SERVICE_PROFILE,
        oids.ONT_ROW_STATUS,
    )
    return tuple(f"{column}.{if_index}.{ont_id}" for column in columns)


def flow_place_cells(service_port: int) -> tuple[Oid, ...]:
    """Name the cells that say where a service port leads."""
    columns = (oids.FLOW_FRAME, oids.FLOW_SLOT, oids.FLOW_PORT, oids.FLOW_ONT_ID)
    return tuple(f"{column}.{service_port}" for column in columns)


def flow_cells(service_port: int) -> tuple[Oid, ...]:
    """Name the cells of a service port that are read back."""
    columns = (
        oids.FLOW_GEM_PORT,
        oids.FLOW_VLAN,
        oids.FLOW_USER_VLAN,
        oids.FLOW_TRAFFIC_IN,
        oids.FLOW_TRAFFIC_OUT,
        oids.FLOW_ROW_STATUS,
    )
    others = tuple(f"{column}.{service_port}" for column in columns)
    return flow_place_cells(service_port) + others


def ont_row(cells: Cells, if_index: int, ont_id: int) -> OntRow | None:
    """Read a registration; None when there is none."""
    serial, line_profile, service_profile, status = (
        cells.get(oid) for oid in ont_cells(if_index, ont_id)
    )
    if serial is None:
        return None
    return OntRow(
        serial=serial_text(serial),
        line_profile=text(line_profile),
        service_profile=text(service_profile),
        active=status == oids.ROW_ACTIVE,
    )


def flow_place(cells: Cells, service_port: int) -> OntRef | None:
    """Read where a service port leads; None when there is none."""
    place = [number(cells.get(oid)) for oid in flow_place_cells(service_port)]
    frame, slot, port, ont_id = place
    if frame is None or slot is None or port is None or ont_id is None:
        return None
    return OntRef(port=PonPort(frame=frame, slot=slot, port=port), ont_id=ont_id)


def flow_row(cells: Cells, service_port: int) -> FlowRow | None:
    """Read a service port; None when there is none."""
    values = [cells.get(oid) for oid in flow_cells(service_port)]
    ref = flow_place(cells, service_port)
    if ref is None:
        return None
    return FlowRow(
        ref=ref,
        gem_port=number(values[4]),
        vlan=number(values[5]),
        user_vlan=number(values[6]),
        traffic_in=text(values[7]),
        traffic_out=text(values[8]),
        active=values[9] == oids.ROW_ACTIVE,
    )


def registration(spec: OntSpec, if_index: int, ont_id: int) -> tuple[Binding, ...]:
    """Write down the one request that registers an ONT.

    The seven values and their order are those of two independent code bases that provision real
    OLTs: MXMP/swtoolz-core, devices/MA5608T.py (register_onu), and a PHP service over SNMP v3.

    Raises:
        SpecNotEncodable: a name or the description does not fit the OLT.
    """
    index = f"{if_index}.{ont_id}"
    values: tuple[tuple[Oid, int | bytes], ...] = (
        (oids.ONT_AUTH_METHOD, oids.AUTH_BY_SERIAL),
        (oids.ONT_SERIAL, serial_bytes(spec.serial)),
        (oids.ONT_MANAGEMENT, oids.MANAGED_BY_OMCI),
        (oids.ONT_ROW_STATUS, oids.CREATE_AND_GO),
        (oids.ONT_LINE_PROFILE, _name_bytes(spec.line_profile)),
        (oids.ONT_SERVICE_PROFILE, _name_bytes(spec.service_profile)),
        (oids.ONT_DESCRIPTION, _description_bytes(spec.description)),
    )
    return tuple(Binding(oid=f"{column}.{index}", value=value) for column, value in values)


def flow(spec: OntSpec, allocation: Allocation) -> tuple[Binding, ...]:
    """Write down the one request that creates a service port; order and sources as above.

    Raises:
        SpecNotEncodable: a traffic table name does not fit the OLT.
    """
    port = allocation.ref.port
    values: tuple[tuple[Oid, int | bytes], ...] = (
        (oids.FLOW_FRAME, port.frame),
        (oids.FLOW_SLOT, port.slot),
        (oids.FLOW_PORT, port.port),
        (oids.FLOW_ONT_ID, allocation.ref.ont_id),
        (oids.FLOW_GEM_PORT, spec.gem_port),
        (oids.FLOW_TYPE, oids.FLOW_TYPE_GPON),
        (oids.FLOW_VLAN, spec.vlan),
        (oids.FLOW_MULTI_SERVICE, oids.FLOW_BY_USER_VLAN),
        (oids.FLOW_USER_VLAN, spec.user_vlan),
        (oids.FLOW_ROW_STATUS, oids.CREATE_AND_GO),
        (oids.FLOW_TRAFFIC_IN, _name_bytes(spec.traffic_in)),
        (oids.FLOW_TRAFFIC_OUT, _name_bytes(spec.traffic_out)),
    )
    index = allocation.service_port
    return tuple(Binding(oid=f"{column}.{index}", value=value) for column, value in values)


def profile_change(spec: OntSpec, if_index: int, ont_id: int) -> tuple[Binding, ...]:
    """Write down the one request that gives a registered ONT other profiles.

    Raises:
        SpecNotEncodable: a profile name does not fit the OLT.
    """
    index = f"{if_index}.{ont_id}"
    return (
        Binding(oid=f"{oids.ONT_LINE_PROFILE}.{index}", value=_name_bytes(spec.line_profile)),
        Binding(oid=f"{oids.ONT_SERVICE_PROFILE}.{index}", value=_name_bytes(spec.service_profile)),
    )


def registration_deletion(if_index: int, ont_id: int) -> tuple[Binding, ...]:
    """Write down the request that deletes a registration."""
    oid = f"{oids.ONT_ROW_STATUS}.{if_index}.{ont_id}"
    return (Binding(oid=oid, value=oids.DESTROY),)


def flow_deletion(service_port: int) -> tuple[Binding, ...]:
    """Write down the request that deletes a service port."""
    return (Binding(oid=f"{oids.FLOW_ROW_STATUS}.{service_port}", value=oids.DESTROY),)


def _name_bytes(name: str) -> bytes:
    if not (name.isascii() and name.isprintable() and 0 < len(name) <= oids.NAME_BYTES_MAX):
        raise SpecNotEncodable(
            f"{name!r} is no profile name; it has 1 to {oids.NAME_BYTES_MAX} ASCII characters"
        )
    return name.encode("ascii")


def _description_bytes(description: str) -> bytes:
    if not (description.isascii() and len(description) <= oids.DESCRIPTION_BYTES_MAX):
        raise SpecNotEncodable(
            f"description {description!r} has more than {oids.DESCRIPTION_BYTES_MAX} characters "
            "or some that are not ASCII"
        )
    return description.encode("ascii")
