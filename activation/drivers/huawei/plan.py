"""What the rows of a Huawei OLT ask for: which writes, which free ids, which reason. Pure."""

import itertools
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from activation.drivers.huawei import oids
from activation.drivers.huawei.rows import Cells, FlowRow, OntRow, Rows, name_index
from activation.failures import (
    ConfigDiffers,
    Failure,
    FlowConflict,
    ForeignOnt,
    IdTaken,
    OntNotRegistered,
    ProfileMissing,
    Refused,
    VlanMissing,
)
from activation.requests import (
    Allocation,
    OntSpec,
    ProfileKind,
    ProfileName,
    Promised,
)
from activation.snmp import Oid
from sync_protocol.serials import OntSerial


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows have to be written."""

    register: bool
    bind: bool


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows have to be deleted, the service port first."""

    unbind: bool
    unregister: bool


def plan(spec: OntSpec, allocation: Allocation, rows: Rows) -> Steps | Failure:
    """Decide what is to be written so that both rows are as specified.

    The description is not compared: engineers edit it.
    """
    if rows.ont is not None and rows.ont.serial != spec.serial:
        return IdTaken(ref=allocation.ref, taken_by=rows.ont.serial)
    if rows.flow is not None and rows.flow.ref != allocation.ref:
        return FlowConflict(service_port=allocation.service_port, taken_by=rows.flow.ref)
    differences = (*ont_differences(spec, rows.ont), *flow_differences(spec, rows.flow))
    if differences:
        return ConfigDiffers(ref=allocation.ref, differences=differences)
    return Steps(register=rows.ont is None, bind=rows.flow is None)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be done so that a registered ONT becomes as specified, in this order."""

    rename_profiles: bool
    unbind: bool
    bind: bool


def plan_change(spec: OntSpec, allocation: Allocation, rows: Rows) -> Change | Failure:
    """Decide how to bring a registered ONT to a new specification; its ids stay.

    A service port cannot be changed while it is active, so that one that differs is made anew.
    """
    if rows.ont is None:
        return OntNotRegistered(ref=allocation.ref, expected=spec.serial)
    if rows.ont.serial != spec.serial:
        return ForeignOnt(ref=allocation.ref, expected=spec.serial, found=rows.ont.serial)
    if rows.flow is not None and rows.flow.ref != allocation.ref:
        return FlowConflict(service_port=allocation.service_port, taken_by=rows.flow.ref)
    differs = bool(flow_differences(spec, rows.flow))
    return Change(
        rename_profiles=bool(ont_differences(spec, rows.ont)),
        unbind=differs,
        bind=differs or rows.flow is None,
    )


class Swap(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the old ONT is still to be removed before the new one is registered."""

    remove: bool


def plan_swap(
    spec: OntSpec, allocation: Allocation, replaced: OntSerial, rows: Rows
) -> Swap | Failure:
    """Decide how to put one ONT in the place of another; neither of both is a stranger."""
    standing = None if rows.ont is None else rows.ont.serial
    if standing not in {None, spec.serial, replaced}:
        return IdTaken(ref=allocation.ref, taken_by=str(standing))
    return Swap(remove=standing == replaced)


def plan_removal(expect: OntSerial, allocation: Allocation, rows: Rows) -> Removal | Failure:
    """Decide what is to be deleted; a service port that moved to another ONT is none of ours."""
    if rows.ont is not None and rows.ont.serial != expect:
        return ForeignOnt(ref=allocation.ref, expected=expect, found=rows.ont.serial)
    return Removal(unbind=is_bound(allocation, rows), unregister=rows.ont is not None)


def is_bound(allocation: Allocation, rows: Rows) -> bool:
    """Tell whether the service port leads to the allocated place."""
    return rows.flow is not None and rows.flow.ref == allocation.ref


def profile_cells(spec: OntSpec) -> Mapping[Oid, ProfileName]:
    """Name the cells that exist if the profiles of a specification do."""
    return {
        f"{oids.LINE_PROFILE_STATUS}.{name_index(spec.line_profile)}": ProfileName(
            kind=ProfileKind.LINE, name=spec.line_profile
        ),
        f"{oids.SERVICE_PROFILE_STATUS}.{name_index(spec.service_profile)}": ProfileName(
            kind=ProfileKind.SERVICE, name=spec.service_profile
        ),
    }


def missing_profiles(spec: OntSpec, cells: Cells) -> tuple[ProfileName, ...]:
    """Tell which profiles the OLT lacks; the cells are those of ``profile_cells``."""
    return tuple(
        profile
        for cell, profile in profile_cells(spec).items()
        if cells.get(cell) != oids.ROW_ACTIVE
    )


def free_ont_id(taken: Collection[int], promised: Promised) -> int | None:
    """Choose the lowest ONT id that neither the OLT nor a persisted allocation uses."""
    ids = range(oids.ONTS_PER_PORT)
    free = (i for i in ids if i not in taken and i not in promised.ont_ids)
    return next(free, None)


_CANDIDATES: Final = 16
_IDS_TRIED: Final = 8
"""Our own registrations are promised ids, so that the first is taken only by a stranger's ONT."""


def candidate_ids(promised: Promised) -> tuple[int, ...]:
    """Name the lowest ONT ids that no persisted allocation of the port has.

    >>> candidate_ids(Promised(ont_ids=frozenset({0, 2})))[:3]
    (1, 3, 4)
    """
    free = (i for i in range(oids.ONTS_PER_PORT) if i not in promised.ont_ids)
    return tuple(itertools.islice(free, _IDS_TRIED))


def service_port_candidates(next_free: int, promised: frozenset[int]) -> tuple[int, ...]:
    """Name the service ports to try; the first is the one that the OLT offers if it may be used.

    >>> service_port_candidates(7, frozenset({8}))[:3]
    (7, 9, 10)
    """
    if next_free < 1:
        return ()
    free = (index for index in itertools.count(next_free) if index not in promised)
    return tuple(itertools.islice(free, _CANDIDATES))


def flow_refusal(refused: Refused, spec: OntSpec) -> Failure:
    """Name the reason why a service port was refused, when the OLT says at which value."""
    column = (refused.oid or "").rpartition(".")[0]
    tables = {oids.FLOW_TRAFFIC_IN: spec.traffic_in, oids.FLOW_TRAFFIC_OUT: spec.traffic_out}
    if column == oids.FLOW_VLAN:
        return VlanMissing(vlan=spec.vlan)
    if column in tables:
        return ProfileMissing(kind=ProfileKind.TRAFFIC, name=tables[column])
    return refused


def ont_differences(spec: OntSpec, row: OntRow | None) -> tuple[str, ...]:
    """Say how a registration differs from what is specified; a missing one does not."""
    if row is None:
        return ()
    return _differences(
        ("line profile", row.line_profile, spec.line_profile),
        ("service profile", row.service_profile, spec.service_profile),
        ("registration active", row.active, True),
    )


def flow_differences(spec: OntSpec, row: FlowRow | None) -> tuple[str, ...]:
    """Say how a service port differs from what is specified; a missing one does not."""
    if row is None:
        return ()
    return _differences(
        ("GEM port", row.gem_port, spec.gem_port),
        ("VLAN", row.vlan, spec.vlan),
        ("user VLAN", row.user_vlan, spec.user_vlan),
        ("inbound traffic table", row.traffic_in, spec.traffic_in),
        ("outbound traffic table", row.traffic_out, spec.traffic_out),
        ("service port active", row.active, True),
    )


def _differences(*triples: tuple[str, object, object]) -> tuple[str, ...]:
    return tuple(
        f"{name} is {found!r}, specified {wanted!r}"
        for name, found, wanted in triples
        if found != wanted
    )
