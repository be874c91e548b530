"""Surveying, finding and observing on an OLT in memory."""

import asyncio

import pytest

from activation.drivers.huawei.olt import HuaweiOlt
from activation.failures import (
    Failure,
    ForeignOnt,
    ListingIncomplete,
    OltUnreachable,
    OntNotRegistered,
    OntOnOtherPort,
    PortUnknown,
)
from activation.prechecks import Register, Resume, decide
from activation.requests import (
    Absent,
    Allocation,
    Applied,
    At,
    ConfigState,
    LocationUnknown,
    Many,
    MatchState,
    NotReadable,
    Observation,
    OntRef,
    Phase,
    PonPort,
    Promised,
    Reading,
    Survey,
)
from sync_protocol.serials import OntSerial, serial_bytes
from tests.activation.fake_olt import (
    IF_INDEX,
    OTHER_IF_INDEX,
    OTHER_PORT,
    OTHER_SERIAL,
    PORT,
    SERIAL,
    FakeOlt,
    a_spec,
)

REF = OntRef(port=PORT, ont_id=0)
ALLOCATION = Allocation(ref=REF, service_port=1)
SERIAL_COLUMN = "1.3.6.1.4.1.2011.6.128.1.1.2.43.1.3"


async def test_a_survey_finds_the_way_free(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.plug_in(SERIAL)
    olt.register(OTHER_SERIAL, IF_INDEX, 0)

    survey = await driver.survey(PORT, a_spec())

    assert isinstance(survey, Survey)
    allocation = Allocation(ref=OntRef(port=PORT, ont_id=1), service_port=1)
    assert decide(survey, SERIAL) == Register(allocation=allocation)


async def test_the_first_ids_are_asked_for_singly_and_only_then_the_table_is_walked(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.plug_in(SERIAL)
    for ont_id in (0, 1, 3):
        olt.register(OntSerial(f"HWTC0000001{ont_id}"), IF_INDEX, ont_id)
    olt.walk_ends = {f"{SERIAL_COLUMN}.{IF_INDEX}": 0}
    survey = await driver.survey(PORT, a_spec())
    assert isinstance(survey, Survey)
    assert survey.free_ont_id == 2

    olt.walk_ends = {}
    for ont_id in (2, *range(4, 11)):
        olt.register(OntSerial(f"HWTC000000{ont_id + 20}"), IF_INDEX, ont_id)
    survey = await driver.survey(PORT, a_spec())
    assert isinstance(survey, Survey)
    assert survey.free_ont_id == 11


async def test_ids_promised_to_others_are_not_offered_again(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.bind(2)
    promised = Promised(ont_ids=frozenset({0}), service_ports=frozenset({1, 3}))

    allocation = await driver.next_allocation(PORT, promised=promised)

    assert allocation == Allocation(ref=OntRef(port=PORT, ont_id=1), service_port=4)


async def test_a_walk_that_broke_off_never_yields_a_free_id(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.plug_in(SERIAL)
    for ont_id in range(9):
        olt.register(OntSerial(f"HWTC0000001{ont_id}"), IF_INDEX, ont_id)
    olt.walk_ends = {f"{SERIAL_COLUMN}.{IF_INDEX}": 8}

    survey = await driver.survey(PORT, a_spec())

    assert isinstance(survey, Survey)
    assert survey.free_ont_id is None
    assert isinstance(decide(survey, SERIAL), ListingIncomplete)
    assert isinstance(await driver.next_allocation(PORT), ListingIncomplete)


async def test_a_walk_that_ends_quietly_before_the_counted_onts_is_incomplete(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(OTHER_SERIAL, IF_INDEX, 0)
    olt.cells[f"1.3.6.1.4.1.2011.6.128.1.1.2.21.1.16.{IF_INDEX}"] = 2

    assert isinstance(await driver.next_allocation(PORT), ListingIncomplete)


async def test_an_ont_on_another_port_is_found_there(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.plug_in(SERIAL, OTHER_IF_INDEX)

    survey = await driver.survey(PORT, a_spec())

    assert isinstance(survey, Survey)
    expected = OntOnOtherPort(serial=SERIAL, planned=PORT, seen_at=OTHER_PORT)
    assert decide(survey, SERIAL) == expected


async def test_a_serial_registered_on_the_port_already_is_resumed(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(SERIAL, IF_INDEX, 5)

    survey = await driver.survey(PORT, a_spec())

    assert isinstance(survey, Survey)
    allocation = Allocation(ref=OntRef(port=PORT, ont_id=5), service_port=1)
    assert decide(survey, SERIAL) == Resume(allocation=allocation)


async def test_the_service_port_of_a_registered_ont_is_found_among_those_of_others(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    """Many ONTs of one id on other ports, and another service of this very ONT."""
    spec, ref = a_spec(), OntRef(port=PORT, ont_id=5)
    for taken in range(1, 20):
        olt.bind(taken, c4=1, c5=5)
    olt.bind(20, c5=4)
    olt.bind(21, c5=5, c12=spec.user_vlan + 1)
    assert await driver.bound(ref, spec) is None

    olt.bind(22, c5=5)

    assert await driver.bound(ref, spec) == 22


async def test_a_walk_of_service_ports_that_is_cut_short_is_not_taken_for_none(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.bind(1, c5=5)
    olt.walk_ends["1.3.6.1.4.1.2011.5.14.5.2.1.5"] = 0

    found = await driver.bound(OntRef(port=PORT, ont_id=5), a_spec())

    assert isinstance(found, Failure)


async def test_a_port_is_found_by_its_name_and_not_by_the_formula(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.name_port(IF_INDEX, b"GPON 0/1/7")
    olt.name_port(4_200_000_000, b"GPON 0/1/0")
    olt.plug_in(SERIAL, 4_200_000_000)
    olt.register(OTHER_SERIAL, 4_200_000_000, 0)

    survey = await driver.survey(PORT, a_spec())
    assert isinstance(survey, Survey)
    decision = decide(survey, SERIAL)
    assert isinstance(decision, Register)
    await driver.apply(a_spec(), decision.allocation)

    assert decision.allocation.ref == OntRef(port=PORT, ont_id=1)
    assert list(olt.serials()) == ["4200000000.0", "4200000000.1"]


async def test_a_port_that_the_olt_lacks_is_unknown(driver: HuaweiOlt) -> None:
    port = PonPort(frame=0, slot=7, port=0)

    assert await driver.survey(port, a_spec()) == PortUnknown(port=port)


async def test_discovery_lists_serial_port_and_model(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.plug_in(SERIAL)
    olt.plug_in(OTHER_SERIAL, OTHER_IF_INDEX)

    everywhere = await driver.discover()
    on_port = await driver.discover(PORT)

    assert not isinstance(everywhere, Failure)
    assert not isinstance(on_port, Failure)
    assert {seen.serial for seen in everywhere.items} == {SERIAL, OTHER_SERIAL}
    assert [(seen.serial, seen.port, seen.equipment_id) for seen in on_port.items] == [
        (SERIAL, PORT, "EG8145V5")
    ]


@pytest.mark.parametrize("hints", [(), (PORT,), (OTHER_PORT,), (PonPort(frame=0, slot=9, port=9),)])
async def test_a_serial_is_located_whatever_the_hint(
    olt: FakeOlt, driver: HuaweiOlt, hints: tuple[PonPort, ...]
) -> None:
    olt.register(SERIAL, OTHER_IF_INDEX, 4)

    place = await driver.locate(SERIAL, hints)

    assert place == At(ref=OntRef(port=OTHER_PORT, ont_id=4))


async def test_only_a_complete_walk_calls_a_serial_absent(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.register(OTHER_SERIAL, IF_INDEX, 0)
    complete = await driver.locate(SERIAL)
    olt.walk_ends = {SERIAL_COLUMN: 1}

    assert complete == Absent()
    assert isinstance(await driver.locate(SERIAL), LocationUnknown)


async def test_a_serial_registered_twice_is_located_twice(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.register(SERIAL, IF_INDEX, 0)
    olt.register(SERIAL, OTHER_IF_INDEX, 4)

    assert await driver.locate(SERIAL) == Many(refs=(REF, OntRef(port=OTHER_PORT, ont_id=4)))


async def test_an_ont_that_is_up_is_observed_with_its_light(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(SERIAL, IF_INDEX, 0)
    cells: dict[str, int | bytes] = {
        "2.46.1.15": 1, "2.46.1.16": 2, "2.46.1.18": 2, "2.46.1.20": 1830, "2.46.1.24": 13,
        "2.46.1.30": serial_bytes(SERIAL), "2.51.1.4": -1940, "2.51.1.6": 7_800,
    }  # fmt: skip
    for column, value in cells.items():
        olt.tell(column, value)

    observation = await driver.observe(REF, SERIAL)

    assert observation == Observation(
        ref=REF,
        serial_registered=SERIAL,
        serial_seen=SERIAL,
        phase=Phase.ONLINE,
        config=ConfigState.NORMAL,
        match=MatchState.MATCH,
        distance_m=1830,
        down_cause="dying gasp: the ONT lost its power",
        ont_rx=Reading(power_cdbm=-1940),
        olt_rx=Reading(power_cdbm=-2200),
    )


async def test_an_ont_that_is_down_is_observed_without_light(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(SERIAL, IF_INDEX, 0)
    cells: dict[str, int | bytes] = {
        "2.46.1.15": 2, "2.46.1.16": 1, "2.46.1.20": -1, "2.46.1.24": -1, "2.46.1.30": bytes(8),
        "2.51.1.4": 2_147_483_647, "2.51.1.6": 2_147_483_647,
    }  # fmt: skip
    for column, value in cells.items():
        olt.tell(column, value)

    seen = await driver.observe(REF, SERIAL)

    assert isinstance(seen, Observation)
    assert (seen.phase, seen.config, seen.match) == (
        Phase.OFFLINE,
        ConfigState.INITIAL,
        MatchState.UNKNOWN,
    )
    assert (seen.serial_seen, seen.distance_m, seen.down_cause) == (None, None, None)
    assert isinstance(seen.ont_rx, NotReadable)
    assert isinstance(seen.olt_rx, NotReadable)


async def test_another_serial_at_the_place_is_never_taken_for_ours(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(OTHER_SERIAL, IF_INDEX, 0)

    seen = await driver.observe(REF, SERIAL)

    assert seen == ForeignOnt(ref=REF, expected=SERIAL, found=OTHER_SERIAL)


async def test_a_registration_that_an_olt_lost_is_reported_and_repeated(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    for oid in [oid for oid in olt.cells if ".2.43.1." in oid or ".5.14.5.2." in oid]:
        del olt.cells[oid]

    assert await driver.observe(REF, SERIAL) == OntNotRegistered(ref=REF, expected=SERIAL)
    assert await driver.apply(a_spec(), ALLOCATION) == Applied(allocation=ALLOCATION)


async def test_every_question_to_a_silent_olt_is_answered_unreachable(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.silent = True

    answers = await asyncio.gather(
        driver.probe(),
        driver.discover(PORT),
        driver.locate(SERIAL, (PORT,)),
        driver.survey(PORT, a_spec()),
        driver.next_allocation(PORT),
        driver.apply(a_spec(), ALLOCATION),
        driver.remove(ALLOCATION, SERIAL),
        driver.observe(REF, SERIAL),
    )

    assert {type(answer) for answer in answers} == {OltUnreachable}
    assert not olt.writes
