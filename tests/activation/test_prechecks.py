"""What a survey allows."""

import pytest

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
from activation.prechecks import Decision, Register, Resume, decide
from activation.requests import (
    Allocation,
    At,
    Listing,
    Located,
    LocationUnknown,
    Many,
    OntRef,
    PonPort,
    ProfileKind,
    ProfileName,
    SeenOnt,
    Survey,
)
from sync_protocol.serials import OntSerial

PORT = PonPort(frame=0, slot=1, port=0)
OTHER_PORT = PonPort(frame=0, slot=1, port=1)
SERIAL = OntSerial("HWTC1A2B3C4D")
HERE = OntRef(port=PORT, ont_id=5)
NOWHERE = LocationUnknown(searched=(PORT,), reason="other ports were not read")
UNREAD = LocationUnknown(searched=(), reason="cut off")
LINE = ProfileName(kind=ProfileKind.LINE, name="x")


def a_survey(
    located: Located = NOWHERE,
    *,
    seen_at: tuple[PonPort, ...] = (PORT,),
    all_seen: bool = True,
    missing: tuple[ProfileName, ...] = (),
    ont_id: int | None = 3,
    service_port: int | None = 9,
) -> Survey:
    seen = tuple(SeenOnt(serial=SERIAL, port=port) for port in seen_at)
    return Survey(
        port=PORT,
        located=located,
        seen=Listing(items=seen, complete=all_seen),
        missing_profiles=missing,
        free_ont_id=ont_id,
        free_service_port=service_port,
    )


@pytest.mark.parametrize(("survey", "expected"), [
    (a_survey(), Register(allocation=Allocation(ref=OntRef(port=PORT, ont_id=3), service_port=9))),
    (a_survey(seen_at=(OTHER_PORT, PORT)),
     Register(allocation=Allocation(ref=OntRef(port=PORT, ont_id=3), service_port=9))),
    (a_survey(At(ref=HERE), seen_at=()), Resume(allocation=Allocation(ref=HERE, service_port=9))),
    (a_survey(At(ref=HERE), missing=(LINE,)), ProfileMissing(kind=ProfileKind.LINE, name="x")),
    (a_survey(At(ref=HERE), service_port=None), FlowsExhausted(port=PORT)),
    (a_survey(Many(refs=(HERE, HERE))), SerialConflict(serial=SERIAL, at=(HERE, HERE))),
    (a_survey(seen_at=()), OntNotSeen(serial=SERIAL, port=PORT)),
    (a_survey(seen_at=(OTHER_PORT,)),
     OntOnOtherPort(serial=SERIAL, planned=PORT, seen_at=OTHER_PORT)),
    (a_survey(seen_at=(), all_seen=False),
     ListingIncomplete(table="unregistered ONTs", detail=f"{SERIAL} not found so far")),
    (a_survey(missing=(LINE,)), ProfileMissing(kind=ProfileKind.LINE, name="x")),
    (a_survey(UNREAD, ont_id=None), ListingIncomplete(table="ONTs on 0/1/0", detail="cut off")),
    (a_survey(ont_id=None), PortFull(port=PORT)),
    (a_survey(service_port=None), FlowsExhausted(port=PORT)),
])  # fmt: skip
def test_a_survey_allows_a_registration_or_says_what_is_in_its_way(
    survey: Survey, expected: Decision | Failure
) -> None:
    assert decide(survey, SERIAL) == expected
