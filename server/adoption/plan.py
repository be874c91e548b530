"""Deciding what becomes of a line of the operator's file. Pure.

All has to agree before a service is adopted: file, OLT and plant. Where they do not, a person
corrects one of them; the OLT is never written to.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from activation.requests import Allocation, PonPort, RegisteredOnt, ServicePort
from server.adoption.file import AdoptionRow, Refused
from server.adoption.records import OltReading
from server.fulfilment.flows import Flow
from server.plant.routes import Route


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the records say of what a batch of lines names."""

    accounts: Mapping[str, UUID]
    premises: Mapping[str, UUID]
    products: Mapping[str, UUID]
    """The newest version, by code."""
    flows: Mapping[UUID, Flow]
    routes: Mapping[UUID, Route]
    holders: Mapping[str, UUID]
    """Which service has an ONT already, by serial, on whatever OLT."""
    adopted: frozenset[tuple[str, UUID, UUID]]
    """Serial, account and premise of what is on this OLT already."""


class Adopt(msgspec.Struct, frozen=True, kw_only=True):
    """A service to be made of what is there."""

    row: AdoptionRow
    account_id: UUID
    premise_id: UUID
    product_id: UUID
    route: Route
    allocation: Allocation
    given: Flow
    """What the OLT has, as far as it shows; the rest is what the product asks."""


class Already(msgspec.Struct, frozen=True):
    """It was adopted before; nothing is to be done."""


Decision = Adopt | Already | Refused


class Seen:
    """What was read of an OLT, by what lines ask for."""

    def __init__(self, reading: OltReading) -> None:
        self.olt = reading.olt
        self.is_whole = not reading.unread
        self._onts: dict[str, list[RegisteredOnt]] = {}
        for each in reading.onts:
            self._onts.setdefault(each.serial, []).append(each)
        self._ports: dict[object, list[ServicePort]] = {}
        for port in () if reading.service_ports is None else reading.service_ports.items:
            self._ports.setdefault(port.ref, []).append(port)

    def of(self, serial: str) -> Sequence[RegisteredOnt]:
        """List where an ONT is registered."""
        return self._onts.get(serial, ())

    def service_ports(self, ont: RegisteredOnt) -> Sequence[ServicePort]:
        """List the service ports that lead to a place."""
        return self._ports.get(ont.ref, ())


class _Ids(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    premise_id: UUID
    product_id: UUID


def decide(row: AdoptionRow, seen: Seen, known: Known) -> Decision:
    """Say whether a line becomes a service."""
    ids = _named(row, known)
    if isinstance(ids, Refused):
        return ids
    if (row.serial, ids.account_id, ids.premise_id) in known.adopted:
        return Already()
    if (holder := known.holders.get(row.serial)) is not None:
        return Refused("ONT_HELD", f"service {holder} has {row.serial} already")
    return _where_it_stands(row, ids, seen, known)


def _where_it_stands(row: AdoptionRow, ids: _Ids, seen: Seen, known: Known) -> Adopt | Refused:
    found = seen.of(row.serial)
    if len(found) != 1:
        return _not_one(row.serial, found, seen)
    route = known.routes.get(ids.premise_id)
    if route is None:
        return Refused("NO_DROP", f"no drop leads to premise {row.premise!r}; import it first")
    ont = found[0]
    if (refused := _disagreeing(row, ont, seen, route)) is not None:
        return refused
    flow = known.flows[ids.product_id]
    service_port = _service_port(ont, seen, flow)
    if isinstance(service_port, Refused):
        return service_port
    return Adopt(
        row=row,
        account_id=ids.account_id,
        premise_id=ids.premise_id,
        product_id=ids.product_id,
        route=route,
        allocation=Allocation(ref=ont.ref, service_port=service_port),
        given=msgspec.structs.replace(
            flow,
            line_profile=ont.line_profile or flow.line_profile,
            service_profile=ont.service_profile or flow.service_profile,
        ),
    )


def _named(row: AdoptionRow, known: Known) -> _Ids | Refused:
    for code, kind, external_id, records in (
        ("ACCOUNT_UNKNOWN", "account", row.account, known.accounts),
        ("PREMISE_UNKNOWN", "premise", row.premise, known.premises),
        ("PRODUCT_UNKNOWN", "product", row.product, known.products),
    ):
        if external_id not in records:
            return Refused(code, f"there is no {kind} {external_id!r}; import it first")
    return _Ids(
        account_id=known.accounts[row.account],
        premise_id=known.premises[row.premise],
        product_id=known.products[row.product],
    )


def _not_one(serial: str, found: Sequence[RegisteredOnt], seen: Seen) -> Refused:
    if found:
        places = ", ".join(str(each.ref) for each in found)
        return Refused("SEEN_TWICE", f"{serial} is registered at {places}; remove one of them")
    if seen.is_whole:
        return Refused("NOT_ON_OLT", f"{serial} is registered on no port of this OLT")
    return Refused("NOT_SEEN", f"{serial} is on no port that could be read; try again")


def _disagreeing(row: AdoptionRow, ont: RegisteredOnt, seen: Seen, route: Route) -> Refused | None:
    planned = PonPort(frame=route.frame, slot=route.slot, port=route.port)
    if (route.olt_id, planned) != (seen.olt.id, ont.ref.port):
        return Refused(
            "PLACE_DIFFERS",
            f"{row.serial} is registered at {ont.ref} of {seen.olt.name}, and the plant leads to "
            f"port {planned} of {route.olt_name}",
        )
    if ont.active == (row.suspended_for is not None):
        is_now = "active" if ont.active else "deactivated"
        right = "leave suspended_for empty" if ont.active else "say why in suspended_for"
        return Refused("STATE_DIFFERS", f"{row.serial} is {is_now} on the OLT; {right}")
    return None


def _service_port(ont: RegisteredOnt, seen: Seen, flow: Flow) -> int | Refused:
    if ont.stand_in is not None:
        return ont.stand_in
    leading = seen.service_ports(ont)
    wanted = (flow.vlan, flow.user_vlan)
    fitting = [each for each in leading if (each.vlan, each.user_vlan) == wanted]
    if len(fitting) == 1:
        return fitting[0].service_port
    there = ", ".join(f"VLAN {each.vlan} from {each.user_vlan}" for each in leading) or "none"
    number = "no" if not fitting else str(len(fitting))
    return Refused(
        "SERVICE_PORT_DIFFERS",
        f"{number} service port of {ont.ref} carries VLAN {flow.vlan} from {flow.user_vlan}; "
        f"there is {there}",
    )


CODES: Final = (
    "LINE_MALFORMED",
    "SERIAL_MALFORMED",
    "SERIAL_TWICE",
    "ACCOUNT_UNKNOWN",
    "PREMISE_UNKNOWN",
    "PRODUCT_UNKNOWN",
    "ONT_HELD",
    "NOT_ON_OLT",
    "NOT_SEEN",
    "SEEN_TWICE",
    "NO_DROP",
    "PLACE_DIFFERS",
    "STATE_DIFFERS",
    "SERVICE_PORT_DIFFERS",
)
"""Why a line is not taken; ``docs/adoption.md`` says what to do about each."""
