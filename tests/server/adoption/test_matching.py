"""Every service that has ids and every registration that was seen is told of exactly once."""

from collections import Counter
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.requests import Listing, OntRef, PonPort, RegisteredOnt, ServicePort
from server.adoption.matching import match
from server.adoption.records import Finding, OltReading, Owned, Verdict
from server.fulfilment.flows import Flow
from server.plant.routes import OltAddress
from server.services.records import ServiceState
from tests.server.factories import NOON

OLT = OltAddress(
    id=UUID(int=1), name="OLT-1", driver="huawei", host="h", snmp_port=161, credentials="c"
)
PORTS = (PonPort(frame=0, slot=1, port=0), PonPort(frame=0, slot=1, port=1))
FLOW = Flow(
    line_profile="FTTH",
    service_profile="HG8245H",
    vlan=100,
    user_vlan=10,
    gem_port=1,
    traffic_in="UP",
    traffic_out="DOWN",
)
HERE = OntRef(port=PORTS[0], ont_id=1)
THERE = OntRef(port=PORTS[1], ont_id=2)


def an_ont(ref: OntRef = HERE, serial: str = "HWTC00000001", **changes: object) -> RegisteredOnt:
    ont = RegisteredOnt(
        ref=ref,
        serial=serial,
        line_profile=FLOW.line_profile,
        service_profile=FLOW.service_profile,
        description="",
        active=True,
    )
    return msgspec.structs.replace(ont, **changes)


def a_service(ref: OntRef = HERE, serial: str = "HWTC00000001", **changes: object) -> Owned:
    owned = Owned(
        service_id=UUID(int=ref.ont_id * 100 + ref.port.port),
        ref=ref,
        serial=serial,
        service_port=7,
        state=ServiceState.ACTIVE,
        flow=FLOW,
        is_under_way=False,
    )
    return msgspec.structs.replace(owned, **changes)


def a_reading(
    *onts: RegisteredOnt,
    unread: tuple[PonPort, ...] = (),
    service_ports: tuple[ServicePort, ...] | None = None,
) -> OltReading:
    listing = None if service_ports is None else Listing(items=service_ports, complete=True)
    return OltReading(
        olt=OLT,
        begun_at=NOON,
        read=frozenset(PORTS) - set(unread),
        unread=dict.fromkeys(unread, "OLT_UNREACHABLE"),
        onts=onts,
        service_ports=listing,
    )


def verdicts(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return sorted((finding.verdict, finding.serial) for finding in findings)


@pytest.mark.parametrize(
    ("ont", "owned", "told"),
    [
        (an_ont(), a_service(), ""),
        (an_ont(active=False), a_service(), "it is deactivated, and the service is active"),
        (
            an_ont(),
            a_service(state=ServiceState.SUSPENDED),
            "it is active, and the service is suspended",
        ),
        (an_ont(active=False), a_service(state=ServiceState.SUSPENDED), ""),
        (an_ont(line_profile="OLD"), a_service(), "its line profile is OLD, not FTTH"),
        (an_ont(line_profile=""), a_service(), ""),
        (an_ont(service_profile="F660", stand_in=7), a_service(), ""),
    ],
)
def test_an_ont_in_its_place_is_compared_with_what_is_wanted(
    ont: RegisteredOnt, owned: Owned, told: str
) -> None:
    (finding,) = match(a_reading(ont), [owned], {})

    assert finding.detail == told
    assert finding.verdict is (Verdict.DIFFERS if told else Verdict.AGREES)


@pytest.mark.parametrize(
    ("number", "ref", "vlan", "told"),
    [
        (7, HERE, 100, ""),
        (7, THERE, 100, f"its service port 7 leads to {THERE}"),
        (7, HERE, 200, "its VLAN is 200, not 100"),
        (8, THERE, 100, "its service port 7 is not there"),
        (6, THERE, 100, ""),
    ],
    ids=["as wanted", "elsewhere", "another VLAN", "passed over", "perhaps after the last"],
)
def test_its_service_port_is_compared_and_called_absent_only_if_a_later_one_was_seen(
    number: int, ref: OntRef, vlan: int, told: str
) -> None:
    port = ServicePort(ref=ref, service_port=number, vlan=vlan, user_vlan=10)

    (finding,) = match(a_reading(an_ont(), service_ports=(port,)), [a_service()], {})

    assert finding.detail == told


@pytest.mark.parametrize(
    ("reading", "wanted"),
    [
        (a_reading(), [("missing", "HWTC00000001")]),
        (a_reading(unread=PORTS), [("not_known", "HWTC00000001")]),
        (a_reading(an_ont(THERE)), [("moved", "HWTC00000001")]),
        (a_reading(an_ont(serial="HWTC00000009")), [("taken", "HWTC00000001")]),
        (
            a_reading(an_ont(), an_ont(THERE)),
            [("agrees", "HWTC00000001"), ("twice", "HWTC00000001")],
        ),
        (
            a_reading(an_ont(THERE), an_ont(serial="HWTC00000009")),
            [("moved", "HWTC00000001"), ("stranger", "HWTC00000009")],
        ),
        (
            a_reading(an_ont(), an_ont(THERE, "HWTC00000009")),
            [("agrees", "HWTC00000001"), ("stranger", "HWTC00000009")],
        ),
    ],
)
def test_what_is_elsewhere_or_gone_is_told_by_both_ports(
    reading: OltReading, wanted: list[tuple[str, str]]
) -> None:
    assert verdicts(match(reading, [a_service()], {})) == wanted


def test_what_fulfilment_is_at_is_not_judged() -> None:
    under_way = a_service(is_under_way=True)

    for onts in ((), (an_ont(),), (an_ont(THERE),), (an_ont(serial="HWTC00000009"),)):
        assert verdicts(match(a_reading(*onts), [under_way], {})) == [("under_way", "HWTC00000001")]


def test_an_ont_of_a_service_on_another_olt_is_no_stranger() -> None:
    (finding,) = match(a_reading(an_ont()), [], {"HWTC00000001": "service 5 has it on OLT-2"})

    assert (finding.verdict, finding.detail) == (Verdict.TWICE, "service 5 has it on OLT-2")


REFS = st.builds(OntRef, port=st.sampled_from(PORTS), ont_id=st.integers(min_value=0, max_value=3))
NAMES = st.sampled_from([f"HWTC0000000{number}" for number in range(5)])


@given(
    onts=st.lists(st.tuples(REFS, NAMES), unique_by=lambda each: each[0]),
    owned=st.lists(
        st.tuples(REFS, NAMES, st.booleans()),
        unique_by=(lambda each: each[0], lambda each: each[1]),
    ),
    unread=st.sets(st.sampled_from(PORTS)),
)
def test_nothing_is_passed_over_and_nothing_is_told_twice(
    onts: list[tuple[OntRef, str]],
    owned: list[tuple[OntRef, str, bool]],
    unread: set[PonPort],
) -> None:
    services = [a_service(ref, serial, is_under_way=busy) for ref, serial, busy in owned]
    seen = [an_ont(ref, serial) for ref, serial in onts]

    findings = match(a_reading(*seen, unread=tuple(unread)), services, {})

    of_services = Counter(finding.service_id for finding in findings if finding.service_id)
    assert of_services == Counter(each.service_id for each in services)
    subjects = Counter(finding.subject for finding in findings)
    assert set(subjects.values()) <= {1}
    told = {finding.serial for finding in findings} | {
        finding.detail.split()[0] for finding in findings if finding.verdict is Verdict.TAKEN
    }
    at_busy_places = {each.ref for each in services if each.is_under_way}
    assert {each.serial for each in seen if each.ref not in at_busy_places} <= told
    for finding in findings:
        assert not (finding.verdict is Verdict.MISSING and finding.ref.port in unread)
