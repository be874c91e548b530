"""V-SOL places and rows as values: what was read, and what is written into its mailboxes. Pure.

Every mailbox is filled and told to act by one request, the action last: no other master can come
between, and an agent that takes the values one after the other does the right thing, too.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from activation.drivers.vsol import oids
from activation.failures import FlowConflict, Unsupported
from activation.requests import Allocation, OntRef, OntSpec, PonPort
from activation.snmp import Binding, Oid, SnmpValue
from sync_protocol.serials import NotAnOntSerial, OntSerial, parse_serial

Cells = Mapping[Oid, SnmpValue | None]

_PER_PON: Final = 1_000_000
_PER_ONT: Final = 1_000


class SpecNotEncodable(ValueError):
    """A value of a specification does not fit the OLT; correct the product before asking again."""


class OntRow(msgspec.Struct, frozen=True, kw_only=True):
    """A registered ONT. The serial is canonical, or as the OLT shows it when it is no serial."""

    serial: str
    line_profile: str
    service_profile: str
    active: bool


class FlowRow(msgspec.Struct, frozen=True, kw_only=True):
    """A service port."""

    gem_port: int | None
    vlan: int | None
    user_vlan: int | None


class GemRow(msgspec.Struct, frozen=True, kw_only=True):
    """A GEM port of one ONT, which its line profile brought."""

    tcont: int
    up: str
    down: str


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at one allocation; None for what does not exist."""

    ont: OntRow | None
    flow: FlowRow | None
    gem: GemRow | None


def port_of(pon: int) -> PonPort:
    """Name a PON port as the front panel does: GPON0/1 is 0/0/1."""
    return PonPort(frame=0, slot=0, port=pon)


def pon_of(port: PonPort) -> int | None:
    """Give the number of a PON port; None where a V-SOL can have none."""
    fits = (port.frame, port.slot) == (0, 0) and 1 <= port.port <= oids.PONS
    return port.port if fits else None


def service_port_of(ref: OntRef, number: int) -> int:
    """Number a service port within the OLT; a V-SOL counts them per ONT, from 1.

    >>> service_port_of(OntRef(port=port_of(1), ont_id=5), 1)
    1005001
    """
    return ref.port.port * _PER_PON + ref.ont_id * _PER_ONT + number


def number_of(allocation: Allocation) -> int | FlowConflict | Unsupported:
    """Give the number of a service port among those of its ONT."""
    pon, rest = divmod(allocation.service_port, _PER_PON)
    ont_id, number = divmod(rest, _PER_ONT)
    if not (1 <= pon <= oids.PONS and 1 <= number <= oids.PORTS_PER_ONT and ont_id):
        return Unsupported(
            what=f"service port {allocation.service_port}",
            detail="on a V-SOL it is made of PON, ONT id and number; like 1005001",
        )
    place = OntRef(port=port_of(pon), ont_id=ont_id)
    if place != allocation.ref:
        return FlowConflict(service_port=allocation.service_port, taken_by=place)
    return number


def text(value: SnmpValue | None) -> str:
    """Show an octet string, without the zeros that pad it."""
    if not isinstance(value, bytes):
        return "" if value is None else str(value)
    return value.rstrip(b"\x00").decode("utf-8", errors="replace").strip()


def number(value: SnmpValue | None) -> int | None:
    """Read an integer; None for anything else."""
    return value if isinstance(value, int) else None


def serial_of(value: SnmpValue | None) -> OntSerial | None:
    """Read a serial in its canonical form; None for a text that is none."""
    try:
        return parse_serial(text(value))
    except NotAnOntSerial:
        return None


def serial_text(value: SnmpValue | None) -> str:
    """Bring a serial into its canonical form, or show what stands there instead."""
    return serial_of(value) or text(value)


def ont_cells(pon: int, ont_id: int) -> tuple[Oid, ...]:
    """Name the cells of a registration that are read back."""
    columns = (oids.ONT_SERIAL, oids.ONT_ADMIN, oids.BOUND_LINE, oids.BOUND_SERVICE)
    return tuple(f"{column}.{pon}.{ont_id}" for column in columns)


def flow_cells(pon: int, ont_id: int, number: int) -> tuple[Oid, ...]:
    """Name the cells of a service port that are read back."""
    columns = (oids.FLOW_GEM, oids.FLOW_VLAN, oids.FLOW_USER_VLAN)
    return tuple(f"{column}.{pon}.{ont_id}.{number}" for column in columns)


def gem_cells(pon: int, ont_id: int, gem_port: int) -> tuple[Oid, ...]:
    """Name the cells of a GEM port."""
    columns = (oids.GEM_TCONT, oids.GEM_UP, oids.GEM_DOWN)
    return tuple(f"{column}.{pon}.{ont_id}.{gem_port}" for column in columns)


def ont_row(cells: Cells, names: tuple[Oid, ...]) -> OntRow | None:
    """Read a registration from the cells of ``ont_cells``; None when there is none."""
    serial, admin, line, service = (cells.get(oid) for oid in names)
    if serial is None or not text(serial):
        return None
    return OntRow(
        serial=serial_text(serial),
        line_profile=text(line),
        service_profile=text(service),
        active=admin == oids.ADMIN_ENABLED,
    )


def flow_row(cells: Cells, names: tuple[Oid, ...]) -> FlowRow | None:
    """Read a service port from the cells of ``flow_cells``; None when there is none."""
    gem_port, vlan, user_vlan = (number(cells.get(oid)) for oid in names)
    if gem_port is None and vlan is None and user_vlan is None:
        return None
    return FlowRow(gem_port=gem_port, vlan=vlan, user_vlan=user_vlan)


def gem_row(cells: Cells, names: tuple[Oid, ...]) -> GemRow | None:
    """Read a GEM port from the cells of ``gem_cells``; None when there is none."""
    tcont, up, down = (cells.get(oid) for oid in names)
    if not isinstance(tcont, int):
        return None
    return GemRow(tcont=tcont, up=text(up), down=text(down))


def checked(spec: OntSpec) -> OntSpec:
    """Let a specification pass that fits the OLT.

    Raises:
        SpecNotEncodable: with the value and what would be right; nothing was sent.
    """
    for name in (spec.line_profile, spec.service_profile, spec.traffic_in, spec.traffic_out):
        _name_bytes(name)
    if not (spec.description.isascii() and len(spec.description) <= oids.NAME_BYTES_MAX):
        raise SpecNotEncodable(
            f"description {spec.description!r} has more than {oids.NAME_BYTES_MAX} characters "
            "or some that are not ASCII"
        )
    for what, vlan in (("VLAN", spec.vlan), ("user VLAN", spec.user_vlan)):
        if not 1 <= vlan <= oids.VLAN_MAX:
            raise SpecNotEncodable(f"{what} {vlan} is none of 1 to {oids.VLAN_MAX}")
    if not 1 <= spec.gem_port <= oids.GEM_MAX:
        raise SpecNotEncodable(f"GEM port {spec.gem_port} is none of 1 to {oids.GEM_MAX}")
    return spec


def registration(spec: OntSpec, ref: OntRef) -> tuple[Binding, ...]:
    """Write down the request that registers an ONT."""
    return _bindings(
        (oids.ADD_PON, ref.port.port),
        (oids.ADD_ONT, ref.ont_id),
        (oids.ADD_AUTH_MODE, oids.BY_SERIAL),
        (oids.ADD_ONT_PROFILE, oids.ONT_PROFILE.encode("ascii")),
        (oids.ADD_SERIAL, spec.serial.encode("ascii")),
        (oids.ADD_ACTION, oids.ADD),
    )


def replacement(serial: OntSerial, ref: OntRef) -> tuple[Binding, ...]:
    """Write down the request that puts another serial in the place of an ONT."""
    return _bindings(
        (oids.REPLACE_PON, ref.port.port),
        (oids.REPLACE_ONT, ref.ont_id),
        (oids.REPLACE_MODE, oids.BY_SERIAL),
        (oids.REPLACE_SERIAL, serial.encode("ascii")),
        (oids.REPLACE_ACTION, oids.ADD),
    )


def profiles(spec: OntSpec, ref: OntRef) -> tuple[Binding, ...]:
    """Write down the request that binds line and service profile."""
    return _bindings(
        (oids.BIND_PON, ref.port.port),
        (oids.BIND_ONT, ref.ont_id),
        (oids.BIND_LINE, _name_bytes(spec.line_profile)),
        (oids.BIND_SERVICE, _name_bytes(spec.service_profile)),
        (oids.BIND_ACTION, oids.ADD),
    )


def speeds(spec: OntSpec, ref: OntRef, tcont: int) -> tuple[Binding, ...]:
    """Write down the request that sets the speeds of a GEM port; its T-CONT stays."""
    return _bindings(
        (oids.SPEED_PON, ref.port.port),
        (oids.SPEED_ONT, ref.ont_id),
        (oids.SPEED_GEM, spec.gem_port),
        (oids.SPEED_TCONT, tcont),
        (oids.SPEED_UP, _name_bytes(spec.traffic_in)),
        (oids.SPEED_DOWN, _name_bytes(spec.traffic_out)),
        (oids.SPEED_ACTION, oids.MODIFY),
    )


def service_port(spec: OntSpec, ref: OntRef, number: int, action: int) -> tuple[Binding, ...]:
    """Write down the request that adds a service port or changes it."""
    return _bindings(
        (oids.PORT_PON, ref.port.port),
        (oids.PORT_ONT, ref.ont_id),
        (oids.PORT_NUMBER, number),
        (oids.PORT_GEM, spec.gem_port),
        (oids.PORT_MODE, oids.BY_USER_VLAN),
        (oids.PORT_DESCRIPTION, spec.description.encode("ascii")),
        (oids.PORT_USER_VLAN, spec.user_vlan),
        (oids.PORT_VLAN, spec.vlan),
        (oids.PORT_ACTION, action),
    )


def service_port_deletion(ref: OntRef, number: int) -> tuple[Binding, ...]:
    """Write down the request that deletes a service port."""
    return _bindings(
        (oids.PORT_PON, ref.port.port),
        (oids.PORT_ONT, ref.ont_id),
        (oids.PORT_NUMBER, number),
        (oids.PORT_ACTION, oids.DELETE),
    )


def operation(ref: OntRef, action: int) -> tuple[Binding, ...]:
    """Write down the request that restarts, deletes, activates or deactivates an ONT."""
    return _bindings(
        (oids.OPERATE_PON, ref.port.port),
        (oids.OPERATE_ONT, ref.ont_id),
        (oids.OPERATE_ACTION, action),
    )


def _bindings(*values: tuple[Oid, int | bytes]) -> tuple[Binding, ...]:
    return tuple(Binding(oid=oid, value=value) for oid, value in values)


def _name_bytes(name: str) -> bytes:
    if not (name.isascii() and name.isprintable() and 0 < len(name) <= oids.NAME_BYTES_MAX):
        raise SpecNotEncodable(
            f"{name!r} is no profile name; it has 1 to {oids.NAME_BYTES_MAX} ASCII characters"
        )
    return name.encode("ascii")
