"""Comparing what an OLT holds with what it should hold. Pure.

Every service that has ids gets one finding, and so does every registration that belongs to none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from activation.requests import OntRef, RegisteredOnt, ServicePort
from server.adoption.records import Finding, OltReading, Owned, Verdict
from server.services.records import ServiceState


def match(
    reading: OltReading, owned: Sequence[Owned], elsewhere: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Judge an OLT as a whole: what has moved, and what is there twice, is told by two ports.

    ``elsewhere`` names, by serial, where services of other OLTs have an ONT that was seen here.
    """
    by_place = {each.ref: each for each in reading.onts}
    by_serial = _by_serial(reading.onts)
    ports = _ServicePorts(reading)
    mine = {each.serial: each for each in owned}
    places = {each.ref: each for each in owned}
    findings = [_of_service(each, reading, by_place, by_serial, ports) for each in owned]
    findings += (
        finding
        for ont in reading.onts
        if (finding := _of_stranger(ont, mine, places, by_place, by_serial, elsewhere)) is not None
    )
    return tuple(findings)


def _by_serial(onts: Sequence[RegisteredOnt]) -> Mapping[str, list[OntRef]]:
    found: defaultdict[str, list[OntRef]] = defaultdict(list)
    for each in onts:
        found[each.serial].append(each.ref)
    return found


def _of_service(
    owned: Owned,
    reading: OltReading,
    by_place: Mapping[OntRef, RegisteredOnt],
    by_serial: Mapping[str, Collection[OntRef]],
    ports: "_ServicePorts",
) -> Finding:
    here = by_place.get(owned.ref)
    verdict, detail = Verdict.AGREES, ""
    if owned.is_under_way:
        verdict = Verdict.UNDER_WAY
    elif here is not None and here.serial == owned.serial:
        if detail := "; ".join([*_differences(owned, here), *ports.differences(owned)]):
            verdict = Verdict.DIFFERS
    elif owned.serial in by_serial:
        places = ", ".join(map(str, by_serial[owned.serial]))
        verdict, detail = Verdict.MOVED, f"its ONT is registered at {places}"
    elif here is not None:
        verdict, detail = Verdict.TAKEN, f"{here.serial} stands there"
    elif owned.ref.port in reading.read:
        verdict, detail = Verdict.MISSING, "nothing is registered there"
    else:
        verdict = Verdict.NOT_KNOWN
    return Finding(
        verdict=verdict,
        ref=owned.ref,
        serial=owned.serial,
        service_id=owned.service_id,
        detail=detail,
    )


def _of_stranger(
    ont: RegisteredOnt,
    mine: Mapping[str, Owned],
    places: Mapping[OntRef, Owned],
    by_place: Mapping[OntRef, RegisteredOnt],
    by_serial: Mapping[str, Collection[OntRef]],
    elsewhere: Mapping[str, str],
) -> Finding | None:
    """Judge a registration, unless the finding on a service tells of it already."""
    owner = mine.get(ont.serial)
    if owner is None:
        at_its_place = places.get(ont.ref)
        if at_its_place is not None and _is_told(at_its_place, by_serial):
            return None
        verdict, detail = Verdict.STRANGER, "no service has this ONT"
        if ont.serial in elsewhere:
            verdict, detail = Verdict.TWICE, elsewhere[ont.serial]
        elif len(by_serial[ont.serial]) > 1:
            others = ", ".join(str(ref) for ref in by_serial[ont.serial] if ref != ont.ref)
            verdict, detail = Verdict.TWICE, f"also registered at {others}"
        return Finding(verdict=verdict, ref=ont.ref, serial=ont.serial, detail=detail)
    in_place = by_place.get(owner.ref)
    if owner.is_under_way or ont.ref == owner.ref or in_place is None:
        return None
    if in_place.serial != ont.serial:
        return None  # told as moved
    return Finding(
        verdict=Verdict.TWICE,
        ref=ont.ref,
        serial=ont.serial,
        detail=f"also registered at {owner.ref}, where service {owner.service_id} has it",
    )


def _is_told(owned: Owned, by_serial: Mapping[str, Collection[OntRef]]) -> bool:
    """Say whether the finding on a service names the other ONT that stands at its ids."""
    return owned.is_under_way or owned.serial not in by_serial


def _differences(owned: Owned, ont: RegisteredOnt) -> Iterator[str]:
    if owned.state is ServiceState.SUSPENDED and ont.active:
        yield "it is active, and the service is suspended"
    if owned.state is ServiceState.ACTIVE and not ont.active:
        yield "it is deactivated, and the service is active"
    if ont.stand_in is not None:
        return  # registered alone: of the product there is nothing to compare
    wanted = {
        "line profile": owned.flow.line_profile,
        "service profile": owned.flow.service_profile,
    }
    found = {"line profile": ont.line_profile, "service profile": ont.service_profile}
    for name, value in wanted.items():
        if found[name] and found[name] != value:
            yield f"its {name} is {found[name]}, not {value}"


class _ServicePorts:
    """The service ports that were read, and what may be called absent of them."""

    def __init__(self, reading: OltReading) -> None:
        listing = reading.service_ports
        self._found: dict[int, ServicePort] = {}
        self._known_up_to = -1
        if listing is not None:
            self._found = {each.service_port: each for each in listing.items}
            if listing.complete:
                # An OLT does not count them: after the last one the walk may have been cut short.
                self._known_up_to = max(self._found, default=-1)

    def differences(self, owned: Owned) -> Iterator[str]:
        """Say how the service port of a service differs."""
        found = self._found.get(owned.service_port)
        if found is None:
            if owned.service_port < self._known_up_to:
                yield f"its service port {owned.service_port} is not there"
            return
        if found.ref != owned.ref:
            yield f"its service port {owned.service_port} leads to {found.ref}"
        for name, is_one, wanted in (
            ("VLAN", found.vlan, owned.flow.vlan),
            ("user VLAN", found.user_vlan, owned.flow.user_vlan),
        ):
            if is_one is not None and is_one != wanted:
                yield f"its {name} is {is_one}, not {wanted}"
