"""What the rows of a V-SOL OLT ask for: the next write, or the reason why there is none. Pure."""

import enum
from collections.abc import Collection, Mapping
from typing import Final

from activation.drivers.vsol import oids
from activation.drivers.vsol.rows import FlowRow, GemRow, OntRow, Rows, service_port_of
from activation.failures import ConfigDiffers, Failure, ForeignOnt, IdTaken, OntNotRegistered
from activation.requests import OntRef, OntSpec, ProfileKind, ProfileName, Promised
from sync_protocol.serials import OntSerial


class Step(enum.StrEnum):
    """The writes that bring an ONT up, in their order; the words are for people."""

    REGISTER = "registration"
    BIND = "profiles"
    SPEEDS = "speeds"
    ADD_FLOW = "service port"
    CHANGE_FLOW = "change of the service port"


_UNBOUND: Final = frozenset(("", oids.ONT_PROFILE))


def next_step(spec: OntSpec, ref: OntRef, rows: Rows, *, change: bool) -> Step | Failure | None:
    """Decide what is to be written next; None when all is as specified.

    Without ``change`` what is there and different is left alone and named. The description is not
    compared: engineers edit it.
    """
    if rows.ont is None:
        return OntNotRegistered(ref=ref, expected=spec.serial) if change else Step.REGISTER
    if rows.ont.serial != spec.serial:
        return _stranger(ref, spec.serial, rows.ont.serial, change=change)
    differences = () if change else _differences_of(spec, rows.ont, rows)
    if differences:
        return ConfigDiffers(ref=ref, differences=differences)
    if _is_bound(spec, rows.ont):
        return _next_of_flow(spec, ref, rows)
    return Step.BIND


def _stranger(ref: OntRef, expected: OntSerial, found: str, *, change: bool) -> Failure:
    if change:
        return ForeignOnt(ref=ref, expected=expected, found=found)
    return IdTaken(ref=ref, taken_by=found)


def _is_bound(spec: OntSpec, ont: OntRow) -> bool:
    return (ont.line_profile, ont.service_profile) == (spec.line_profile, spec.service_profile)


def _next_of_flow(spec: OntSpec, ref: OntRef, rows: Rows) -> Step | Failure | None:
    if rows.gem is None:
        missing = f"line profile {spec.line_profile!r} brings no GEM port {spec.gem_port}"
        return ConfigDiffers(ref=ref, differences=(missing,))
    if _speed_differences(spec, rows.gem):
        return Step.SPEEDS
    if rows.flow is None:
        return Step.ADD_FLOW
    return Step.CHANGE_FLOW if _flow_differences(spec, rows.flow) else None


def missing_profiles(
    spec: OntSpec, names: Mapping[ProfileKind, Collection[str]]
) -> tuple[ProfileName, ...]:
    """Tell which profiles the OLT lacks of the kinds whose names are known."""
    wanted = (
        (ProfileKind.LINE, spec.line_profile),
        (ProfileKind.SERVICE, spec.service_profile),
        (ProfileKind.TRAFFIC, spec.traffic_in),
        (ProfileKind.TRAFFIC, spec.traffic_out),
    )
    return tuple(
        ProfileName(kind=kind, name=name)
        for kind, name in wanted
        if kind in names and name not in names[kind]
    )


def free_ont_id(taken: Collection[int], promised: Promised) -> int | None:
    """Choose the lowest ONT id that neither the OLT nor a persisted allocation uses."""
    ids = range(1, oids.ONTS_PER_PORT + 1)
    return next((i for i in ids if i not in taken and i not in promised.ont_ids), None)


def free_service_port(ref: OntRef, used: Collection[int], promised: Promised) -> int | None:
    """Choose the lowest service port of one ONT; ``used`` are its numbers in use."""
    free = (
        service_port_of(ref, number)
        for number in range(1, oids.PORTS_PER_ONT + 1)
        if number not in used
    )
    return next((port for port in free if port not in promised.service_ports), None)


def _differences_of(spec: OntSpec, ont: OntRow, rows: Rows) -> tuple[str, ...]:
    bound = tuple(
        (what, found, wanted)
        for what, found, wanted in (
            ("line profile", ont.line_profile, spec.line_profile),
            ("service profile", ont.service_profile, spec.service_profile),
        )
        if found not in _UNBOUND
    )
    registered = _differences(*bound, ("registration active", ont.active, True))
    if rows.flow is None:
        # Speeds that a line profile brings are no one's until a service port uses them.
        return registered
    speeds = () if rows.gem is None else _speed_differences(spec, rows.gem)
    return (*registered, *speeds, *_flow_differences(spec, rows.flow))


def _speed_differences(spec: OntSpec, gem: GemRow) -> tuple[str, ...]:
    return _differences(
        ("upstream traffic profile", gem.up, spec.traffic_in),
        ("downstream traffic profile", gem.down, spec.traffic_out),
    )


def _flow_differences(spec: OntSpec, flow: FlowRow) -> tuple[str, ...]:
    return _differences(
        ("GEM port", flow.gem_port, spec.gem_port),
        ("VLAN", flow.vlan, spec.vlan),
        ("user VLAN", flow.user_vlan, spec.user_vlan),
    )


def _differences(*triples: tuple[str, object, object]) -> tuple[str, ...]:
    return tuple(
        f"{name} is {found!r}, specified {wanted!r}"
        for name, found, wanted in triples
        if found != wanted
    )
