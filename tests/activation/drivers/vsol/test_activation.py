"""Registering on a simulated V-SOL, its failures, and what is left after each."""

import asyncio

import pytest

from activation.drivers.vsol.olt import VsolOlt
from activation.drivers.vsol.rows import SpecNotEncodable
from activation.failures import (
    ConfigDiffers,
    FlowConflict,
    ForeignOnt,
    IdTaken,
    OltBusy,
    OltUnreachable,
    OntNotSeen,
    OntOnOtherPort,
    OutcomeUnknown,
    PartlyApplied,
    PortUnknown,
    ProfileMissing,
    SerialConflict,
    Unsupported,
    VlanMissing,
)
from activation.prechecks import Register, Resume, decide
from activation.requests import (
    Allocation,
    Applied,
    At,
    NoChange,
    OntRef,
    PonPort,
    ProfileKind,
    ProfileName,
    Promised,
    Removed,
    Survey,
)
from activation.simulator.faults import FaultKind, FaultOrder
from activation.simulator.records import FlowRow
from tests.activation.drivers.vsol.specs import (
    ALLOCATION,
    NEW,
    OTHER_PORT,
    PLACE,
    PORT,
    REGISTERED,
    SERIAL,
    a_spec,
)
from tests.activation.simulator.factories import Bench


def flows(bench: Bench) -> list[FlowRow]:
    return bench.olt.flows.values()


def sets(bench: Bench) -> int:
    return bench.exchange.stats().set_requests


async def test_an_ont_is_registered_bound_and_given_its_service_port(
    bench: Bench, driver: VsolOlt
) -> None:
    survey = await driver.survey(PORT, a_spec())
    assert isinstance(survey, Survey)
    decision = decide(survey, SERIAL)
    assert isinstance(decision, Register)

    answer = await driver.apply(a_spec(), decision.allocation)

    assert answer == Applied(allocation=decision.allocation)
    assert bench.olt.owner(SERIAL) == (1, 1)
    (flow,) = flows(bench)
    assert (flow.index, flow.gem_port, flow.service_vlan, flow.user_vlan) == (1_001_001, 1, 100, 10)
    assert (flow.inbound_table, flow.outbound_table) == ("up-100", "down-100")


async def test_the_same_call_twice_writes_nothing_more(bench: Bench, driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    before = sets(bench)

    assert await driver.apply(a_spec(), ALLOCATION) == NoChange(ref=PLACE)
    assert (before, sets(bench)) == (4, 4)


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
async def test_a_lost_answer_is_settled_by_reading_the_tables(
    bench: Bench, driver: VsolOlt, lost: int
) -> None:
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.DROP_REPLY_AFTER_SET, count=lost))

    assert await driver.apply(a_spec(), ALLOCATION) == Applied(allocation=ALLOCATION)
    assert sets(bench) == 4
    assert len(flows(bench)) == 1


async def test_a_half_done_activation_goes_on_from_what_is_there(
    bench: Bench, driver: VsolOlt
) -> None:
    failure = await driver.apply(a_spec(vlan=200), ALLOCATION)
    assert failure == PartlyApplied(
        ref=PLACE, done=("registration", "profiles", "speeds"), because=VlanMissing(vlan=200)
    )

    assert await driver.apply(a_spec(), ALLOCATION) == Applied(allocation=ALLOCATION)
    assert bench.olt.owner(SERIAL) == (1, 5)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"line_profile": "none"}, ProfileKind.LINE),
        ({"service_profile": "none"}, ProfileKind.SERVICE),
        ({"traffic_out": "none"}, ProfileKind.TRAFFIC),
    ],
)
async def test_a_missing_profile_is_named_before_anything_is_written(
    bench: Bench, driver: VsolOlt, changes: dict[str, object], kind: ProfileKind
) -> None:
    failure = await driver.apply(a_spec(**changes), ALLOCATION)

    assert failure == ProfileMissing(kind=kind, name="none")
    assert sets(bench) == 0


async def test_a_gem_port_that_the_line_profile_lacks_is_a_difference(driver: VsolOlt) -> None:
    failure = await driver.apply(a_spec(gem_port=77), ALLOCATION)

    assert isinstance(failure, PartlyApplied)
    assert isinstance(failure.because, ConfigDiffers)
    assert "GEM port 77" in str(failure)


async def test_a_serial_registered_elsewhere_is_found_after_the_refusal(driver: VsolOlt) -> None:
    there = OntRef(port=OTHER_PORT, ont_id=3)

    failure = await driver.apply(a_spec(serial=REGISTERED), ALLOCATION)

    assert failure == SerialConflict(serial=REGISTERED, at=(there,))


async def test_a_taken_id_is_left_alone(bench: Bench, driver: VsolOlt) -> None:
    place = OntRef(port=OTHER_PORT, ont_id=3)
    allocation = Allocation(ref=place, service_port=2_003_001)

    assert await driver.apply(a_spec(), allocation) == IdTaken(ref=place, taken_by=REGISTERED)
    assert sets(bench) == 0


async def test_what_an_engineer_configured_otherwise_is_named_and_kept(
    bench: Bench, driver: VsolOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    before = sets(bench)

    failure = await driver.apply(a_spec(vlan=200, traffic_out="down-300"), ALLOCATION)

    assert isinstance(failure, ConfigDiffers)
    assert len(failure.differences) == 2
    assert sets(bench) == before


async def test_a_busy_or_silent_olt_is_left_without_a_write(bench: Bench, driver: VsolOlt) -> None:
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.BUSY))
    assert isinstance(await driver.apply(a_spec(), ALLOCATION), OltBusy)
    bench.exchange.clear_faults()
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.SILENT))
    assert isinstance(await driver.apply(a_spec(), ALLOCATION), OltUnreachable)

    assert sets(bench) == 0


async def test_silence_after_a_write_leaves_its_outcome_unknown(
    bench: Bench, driver: VsolOlt
) -> None:
    # The first request is the reading before; from the write on nothing comes back.
    def silence() -> None:
        bench.exchange.on_change = lambda: None
        bench.exchange.start_fault(FaultOrder(kind=FaultKind.SILENT))

    bench.exchange.on_change = silence
    failure = await driver.apply(a_spec(), ALLOCATION)

    assert isinstance(failure, OutcomeUnknown)
    assert (failure.touched_device, failure.may_retry) == (None, True)
    bench.exchange.clear_faults()
    assert await driver.apply(a_spec(), ALLOCATION) == Applied(allocation=ALLOCATION)


async def test_two_calls_of_one_driver_do_not_meet_in_a_mailbox(
    bench: Bench, driver: VsolOlt
) -> None:
    onts = [(a_spec(serial=f"HWTC000000{n:02X}"), n) for n in range(1, 7)]

    answers = await asyncio.gather(
        *(
            driver.apply(
                spec,
                Allocation(ref=OntRef(port=PORT, ont_id=n), service_port=1_000_001 + n * 1000),
            )
            for spec, n in onts
        )
    )

    assert all(isinstance(answer, Applied) for answer in answers)
    assert [bench.olt.owner(spec.serial) for spec, _ in onts] == [(1, n) for _, n in onts]


async def test_an_ont_that_nobody_sees_is_not_registered(driver: VsolOlt) -> None:
    unseen = await driver.survey(PORT, a_spec(serial=NEW))
    elsewhere = await driver.survey(OTHER_PORT, a_spec())

    assert isinstance(unseen, Survey)
    assert isinstance(elsewhere, Survey)
    assert isinstance(decide(unseen, NEW), OntNotSeen)
    assert decide(elsewhere, SERIAL) == OntOnOtherPort(
        serial=SERIAL, planned=OTHER_PORT, seen_at=PORT
    )


async def test_a_survey_names_what_is_missing_and_what_is_promised(driver: VsolOlt) -> None:
    promised = Promised(ont_ids=frozenset((1, 2)), service_ports=frozenset((1_003_001,)))

    survey = await driver.survey(PORT, a_spec(traffic_out="none"), promised=promised)

    assert isinstance(survey, Survey)
    assert survey.missing_profiles == (ProfileName(kind=ProfileKind.TRAFFIC, name="none"),)
    assert (survey.free_ont_id, survey.free_service_port) == (3, 1_003_002)


async def test_a_registered_ont_is_resumed_at_its_own_place(driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    survey = await driver.survey(PORT, a_spec())

    assert isinstance(survey, Survey)
    assert survey.located == At(ref=PLACE)
    decision = decide(survey, SERIAL)
    assert isinstance(decision, Resume)
    assert decision.allocation.service_port == 1_005_002
    assert await driver.bound(PLACE, a_spec()) == 1_005_001
    assert await driver.bound(PLACE, a_spec(vlan=200)) is None


async def test_ids_are_allocated_without_a_survey(driver: VsolOlt) -> None:
    assert await driver.next_allocation(PORT) == Allocation(
        ref=OntRef(port=PORT, ont_id=1), service_port=1_001_001
    )


@pytest.mark.parametrize("place", [(0, 0, 9), (0, 1, 1), (0, 0, 17)])
async def test_a_port_that_the_olt_does_not_have_is_named(
    driver: VsolOlt, place: tuple[int, int, int]
) -> None:
    frame, slot, number = place
    port = PonPort(frame=frame, slot=slot, port=number)

    assert await driver.next_allocation(port) == PortUnknown(port=port)
    assert await driver.list_registered(port) == PortUnknown(port=port)


async def test_a_service_port_of_another_place_is_not_written(
    bench: Bench, driver: VsolOlt
) -> None:
    elsewhere = Allocation(ref=PLACE, service_port=1_006_001)
    nowhere = Allocation(ref=PLACE, service_port=7)

    assert await driver.apply(a_spec(), elsewhere) == FlowConflict(
        service_port=1_006_001, taken_by=OntRef(port=PORT, ont_id=6)
    )
    refused = await driver.apply(a_spec(), nowhere)
    assert isinstance(refused, Unsupported)
    assert "1005001" in str(refused)
    assert sets(bench) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"vlan": 4094},
        {"gem_port": 0},
        {"line_profile": ""},
        {"traffic_in": "x" * 65},
        {"description": "Zoë"},
    ],
)
async def test_a_value_that_does_not_fit_is_refused_before_anything_is_sent(
    bench: Bench, driver: VsolOlt, changes: dict[str, object]
) -> None:
    with pytest.raises(SpecNotEncodable):
        await driver.apply(a_spec(**changes), ALLOCATION)
    assert bench.exchange.stats().get_requests == 0


async def test_removal_deletes_both_and_is_repeatable(bench: Bench, driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    assert await driver.remove(ALLOCATION, SERIAL) == Removed(ref=PLACE)
    assert (bench.olt.owner(SERIAL), flows(bench)) == (None, [])
    assert await driver.remove(ALLOCATION, SERIAL) == NoChange(ref=PLACE)


async def test_removal_leaves_a_foreign_ont_alone(bench: Bench, driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    answer = await driver.remove(ALLOCATION, NEW)

    assert answer == ForeignOnt(ref=PLACE, expected=NEW, found=SERIAL)
    assert bench.olt.owner(SERIAL) == (1, 5)


async def test_removal_leaves_the_service_port_of_another_ont(
    bench: Bench, driver: VsolOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    crossed = Allocation(ref=PLACE, service_port=1_006_001)

    assert await driver.remove(crossed, SERIAL) == Removed(ref=PLACE)
    assert bench.olt.owner(SERIAL) is None


async def test_removal_whose_answers_are_lost_is_read_back(bench: Bench, driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.DROP_REPLY_AFTER_SET, count=2))

    assert await driver.remove(ALLOCATION, SERIAL) == Removed(ref=PLACE)
