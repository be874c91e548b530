"""What a survey means: register, go on with what is there, or stop with a reason. Pure."""

import msgspec

from activation.failures import (
    Failure,
    FlowsExhausted,
    ListingIncomplete,
    OntNotSeen,
    OntOnOtherPort,
    PortFull,
    ProfileMissing,
    SerialConflict,
)
from activation.requests import (
    Allocation,
    At,
    LocationUnknown,
    Many,
    OntRef,
    PonPort,
    SeenOnt,
    Survey,
)
from sync_protocol.serials import OntSerial


class Register(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The way is free. Persist the allocation, then ``apply``."""

    allocation: Allocation


class Resume(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The serial is registered on the planned port already, by us or by hand.

    ``apply`` with this allocation completes what is missing, or says what differs. When an
    allocation was persisted for this ONT id before, use that one: its service port may exist.
    When none was, ask the driver which service port is ``bound`` to it.
    """

    allocation: Allocation


Decision = Register | Resume


def decide(survey: Survey, serial: OntSerial) -> Decision | Failure:
    """Decide what a survey allows.

    An ONT that is not seen is not registered: a wrong serial would occupy an id and hide the
    mistake. The order is by how much a person can do about it on site.
    """
    match survey.located:
        case Many(refs=refs):
            return SerialConflict(serial=serial, at=refs)
        case At(ref=ref):
            return _resumption(survey, ref)
        case _:
            return _obstacle(survey, serial) or _registration(survey)


def _resumption(survey: Survey, ref: OntRef) -> Decision | Failure:
    if survey.missing_profiles:
        return _missing_profile(survey)
    if survey.free_service_port is None:
        return FlowsExhausted(port=survey.port)
    return Resume(allocation=Allocation(ref=ref, service_port=survey.free_service_port))


def _obstacle(survey: Survey, serial: OntSerial) -> Failure | None:
    sightings = [seen for seen in survey.seen.items if seen.serial == serial]
    if not any(seen.port == survey.port for seen in sightings):
        return _not_seen(survey, serial, sightings)
    if survey.missing_profiles:
        return _missing_profile(survey)
    return None


def _not_seen(survey: Survey, serial: OntSerial, sightings: list[SeenOnt]) -> Failure:
    if sightings:
        return OntOnOtherPort(serial=serial, planned=survey.port, seen_at=sightings[0].port)
    if not survey.seen.complete:
        return ListingIncomplete(table="unregistered ONTs", detail=f"{serial} not found so far")
    return OntNotSeen(serial=serial, port=survey.port)


def _missing_profile(survey: Survey) -> Failure:
    profile = survey.missing_profiles[0]
    return ProfileMissing(kind=profile.kind, name=profile.name)


def _registration(survey: Survey) -> Decision | Failure:
    if isinstance(survey.located, LocationUnknown) and survey.port not in survey.located.searched:
        return ListingIncomplete(table=f"ONTs on {survey.port}", detail=survey.located.reason)
    allocation = allocated(survey.port, survey.free_ont_id, survey.free_service_port)
    return Register(allocation=allocation) if isinstance(allocation, Allocation) else allocation


def allocated(
    port: PonPort, ont_id: int | None, service_port: int | None
) -> Allocation | PortFull | FlowsExhausted:
    """Make an allocation of two free ids, or say which of them is not to be had."""
    if ont_id is None:
        return PortFull(port=port)
    if service_port is None:
        return FlowsExhausted(port=port)
    return Allocation(ref=OntRef(port=port, ont_id=ont_id), service_port=service_port)
