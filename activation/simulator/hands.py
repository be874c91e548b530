"""What a person does to the simulated OLT beside SNMP: at its console, its fibers and its ONTs.

A refusal leaves everything as it was; its text says what would be right.
"""

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from activation.simulator.mistakes import InTheWay, NotThere, OntNotPlugged, PortUnknown
from activation.simulator.model import Olt
from activation.simulator.records import (
    DownCause,
    Event,
    OntRow,
    PluggedOnt,
    PonPort,
    PortName,
    ProfileName,
    TrafficTable,
)
from activation.simulator.scenario import Scenario
from sync_protocol.units import RxPowerCdbm


class OntChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to an ONT that is plugged in; what is left out stays as it is."""

    lit: bool | None = None
    """False: its drop fiber is cut, and it goes down for loss of light."""
    powered: bool | None = None
    """False: it loses its power, and goes down with a dying gasp."""
    ont_rx_cdbm: RxPowerCdbm | None = None
    olt_rx_cdbm: RxPowerCdbm | None = None


class PortChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to a PON port; what is left out stays as it is."""

    name: PortName
    cut: bool | None = None
    """True: its feeder fiber is cut, and every ONT goes down for loss of light."""
    capacity: Annotated[int, Meta(ge=0, le=128)] | None = None
    """How many ONTs may be registered; those that are registered stay."""


class ProfileKind(enum.StrEnum):
    """The kinds of profile that a registration or a service port names."""

    LINE = "line"
    SERVICE = "service"
    TRAFFIC = "traffic"


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile by kind and name."""

    kind: ProfileKind
    name: ProfileName


def change_plugged(olt: Olt, serial: str, change: OntChange, now: datetime) -> PluggedOnt:
    """Change light or power of one ONT.

    Raises:
        OntNotPlugged: no ONT with this serial is on a fiber.
    """
    ont = next((each for each in olt.plugged() if each.serial == serial), None)
    if ont is None:
        raise OntNotPlugged(f"no ONT {serial!r} is plugged in; GET /state lists those that are")
    changed = msgspec.structs.replace(ont, **_given(change))
    cause = DownCause.LOS if changed.powered else DownCause.DYING_GASP
    olt.record(Event(at=now, event="ont.changed", port=ont.port, serial=serial))
    olt.alter_plugged(changed, now, cause)
    return changed


def change_port(olt: Olt, change: PortChange, now: datetime) -> PonPort:
    """Cut or mend the fiber of a port, or set how many ONTs it takes.

    Raises:
        PortUnknown: the OLT has no such port.
    """
    port = _port(olt, change.name)
    given = _given(change)
    changed = msgspec.structs.replace(port, **given)
    if changed.cut != port.cut:
        event = "port.cut" if changed.cut else "port.mended"
        olt.record(Event(at=now, event=event, port=port.name))
    olt.alter_port(changed, now)
    return changed


def register(olt: Olt, row: OntRow, now: datetime) -> None:
    """Register an ONT at the OLT's console.

    Raises:
        PortUnknown: the OLT has no such port.
        InTheWay: the place or the serial is taken, the port is full, or a profile is missing.
    """
    port = _port(olt, row.port)
    holder = olt.registrations.get(olt.index_of(row.port, row.ont_id))
    if holder is not None:
        raise InTheWay(f"{row.port} {row.ont_id} holds {holder.row.serial}; take another ont_id")
    owner = olt.owner(row.serial)
    elsewhere = None if owner is None else olt.registrations.get(owner)
    if elsewhere is not None:
        place = f"{elsewhere.row.port} {elsewhere.row.ont_id}"
        raise InTheWay(f"{row.serial} is registered at {place}; delete that first")
    if olt.onts_on(row.port) >= port.capacity:
        raise InTheWay(f"{row.port} takes {port.capacity} ONTs and has them")
    wanted = ((ProfileKind.LINE, row.line_profile), (ProfileKind.SERVICE, row.service_profile))
    for kind, name in wanted:
        known = _names(olt, kind)
        if name not in known:
            raise InTheWay(f"there is no {kind} profile {name!r}; there are {_listed(known)}")
    olt.record(_told("ont.registered", row, now))
    olt.add_ont(row, now)


def deregister(olt: Olt, serial: str, now: datetime) -> None:
    """Delete a registered ONT with its service ports at the OLT's console.

    Raises:
        NotThere: no ONT with this serial is registered.
    """
    index = olt.owner(serial)
    known = None if index is None else olt.registrations.get(index)
    if index is None or known is None:
        raise NotThere(f"no ONT {serial!r} is registered; GET /state lists those that are")
    for flow in olt.flows_of(known.row.port, known.row.ont_id).values():
        olt.remove_flow(flow)
    olt.remove_ont(index, now)
    olt.record(_told("ont.deregistered", known.row, now))


def add_profile(olt: Olt, profile: Profile) -> None:
    """Add a profile; a traffic table gets the lowest number that is free.

    Raises:
        InTheWay: it is there already.
    """
    names = _names(olt, profile.kind)
    if profile.name in names:
        raise InTheWay(f"there is a {profile.kind} profile {profile.name!r} already")
    olt.hold_profiles(_with_names(olt, profile.kind, (*names, profile.name)))


def remove_profile(olt: Olt, profile: Profile) -> None:
    """Remove a profile; ONTs that were registered with it stay.

    Raises:
        NotThere: there is none of this name.
    """
    names = _names(olt, profile.kind)
    if profile.name not in names:
        raise NotThere(
            f"there is no {profile.kind} profile {profile.name!r}; there are {_listed(names)}"
        )
    left = [name for name in names if name != profile.name]
    olt.hold_profiles(_with_names(olt, profile.kind, left))


def _port(olt: Olt, name: str) -> PonPort:
    port = olt.port(name)
    if port is None:
        raise PortUnknown(f"port {name!r} is not on this OLT; it has {_listed(olt.ports.values())}")
    return port


def _given(change: OntChange | PortChange) -> dict[str, object]:
    return {
        name: value for name, value in msgspec.structs.asdict(change).items() if value is not None
    }


def _names(olt: Olt, kind: ProfileKind) -> tuple[str, ...]:
    match kind:
        case ProfileKind.LINE:
            return olt.scenario.line_profiles
        case ProfileKind.SERVICE:
            return olt.scenario.service_profiles
        case ProfileKind.TRAFFIC:
            return tuple(table.name for table in olt.scenario.traffic_tables)


def _with_names(olt: Olt, kind: ProfileKind, names: Sequence[str]) -> Scenario:
    match kind:
        case ProfileKind.LINE:
            return msgspec.structs.replace(olt.scenario, line_profiles=tuple(names))
        case ProfileKind.SERVICE:
            return msgspec.structs.replace(olt.scenario, service_profiles=tuple(names))
        case ProfileKind.TRAFFIC:
            known = {table.name: table for table in olt.scenario.traffic_tables}
            taken = {table.index for table in known.values()}
            free = next(number for number in range(len(taken) + 1) if number not in taken)
            tables = (known.get(name) or TrafficTable(index=free, name=name) for name in names)
            return msgspec.structs.replace(olt.scenario, traffic_tables=tuple(tables))


def _told(event: str, row: OntRow, now: datetime) -> Event:
    return Event(at=now, event=event, port=row.port, ont_id=row.ont_id, serial=row.serial)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
