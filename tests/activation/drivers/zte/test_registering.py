"""Registering on a simulated ZTE OLT, what it refuses, and what is left after each."""

import pytest

from activation.drivers.zte.olt import ZteOlt
from activation.drivers.zte.rows import SpecNotEncodable
from activation.failures import (
    ConfigDiffers,
    ForeignOnt,
    IdTaken,
    OltUnreachable,
    OntOnOtherPort,
    OutcomeUnknown,
    PortUnknown,
    ProfileMissing,
    SerialConflict,
    Unsupported,
)
from activation.prechecks import Register, Resume, decide
from activation.requests import (
    Allocation,
    Applied,
    NoChange,
    OntRef,
    PonPort,
    ProfileKind,
    Promised,
    Rebooting,
    Removed,
    Survey,
)
from activation.simulator.faults import FaultKind, FaultOrder
from tests.activation.drivers.zte.specs import (
    ALLOCATION,
    NO_PORT,
    OTHER_PORT,
    PLACE,
    PORT,
    REGISTERED,
    SERIAL,
    TAKEN,
    a_spec,
)
from tests.activation.simulator.factories import Bench, an_ont, an_ont_row
from tests.activation.simulator.zte.olts import LEAN, NUMBER


def sets(bench: Bench) -> int:
    return bench.exchange.stats().set_requests


def requests(bench: Bench) -> int:
    stats = bench.exchange.stats()
    return stats.get_requests + stats.getbulk_requests + stats.set_requests


async def test_a_lit_ont_is_registered_by_one_write(bench: Bench, driver: ZteOlt) -> None:
    survey = await driver.survey(PORT, a_spec())
    assert isinstance(survey, Survey)
    decision = decide(survey, SERIAL)
    assert isinstance(decision, Register)

    answer = await driver.apply(a_spec(), decision.allocation)

    assert answer == Applied(allocation=decision.allocation)
    assert bench.olt.owner(SERIAL) == (NUMBER, 1)
    assert decision.allocation.service_port == 131329
    assert (sets(bench), bench.olt.flows.values()) == (1, [])


async def test_who_asks_for_a_service_is_refused_before_anything_is_sent(
    bench: Bench, driver: ZteOlt
) -> None:
    spec = a_spec(registration_alone=False)

    answers = [
        await driver.survey(PORT, spec),
        await driver.apply(spec, ALLOCATION),
        await driver.bound(PLACE, spec),
        await driver.swap(spec, ALLOCATION, REGISTERED),
        await driver.change_profile(spec, ALLOCATION),
    ]

    assert all(isinstance(answer, Unsupported) for answer in answers)
    assert "command line" in str(answers[0])
    assert requests(bench) == 0


async def test_a_registration_alone_has_no_service_port_to_find(driver: ZteOlt) -> None:
    assert await driver.bound(PLACE, a_spec()) is None


async def test_an_ont_registered_by_hand_is_gone_on_with(driver: ZteOlt) -> None:
    spec = a_spec(serial=REGISTERED, service_profile="HG8245H")
    survey = await driver.survey(OTHER_PORT, spec)
    assert isinstance(survey, Survey)

    decision = decide(survey, REGISTERED)

    assert isinstance(decision, Resume)
    assert decision.allocation == Allocation(ref=TAKEN, service_port=131587)
    assert await driver.apply(spec, decision.allocation) == NoChange(ref=TAKEN)


async def test_an_ont_on_another_port_is_found_there(bench: Bench, driver: ZteOlt) -> None:
    bench.olt.unplug(SERIAL, bench.now)
    bench.olt.plug(an_ont(port="1/2/2"), bench.now)

    survey = await driver.survey(PORT, a_spec())

    assert isinstance(survey, Survey)
    failure = decide(survey, SERIAL)
    assert failure == OntOnOtherPort(serial=SERIAL, planned=PORT, seen_at=OTHER_PORT)


async def test_ids_that_are_promised_are_not_offered(driver: ZteOlt) -> None:
    promised = Promised(ont_ids=frozenset({1, 2}))

    allocation = await driver.next_allocation(PORT, promised=promised)

    assert allocation == Allocation(ref=OntRef(port=PORT, ont_id=3), service_port=131331)


async def test_a_type_that_the_olt_lacks_is_named(bench: Bench, driver: ZteOlt) -> None:
    failure = await driver.apply(a_spec(service_profile="none"), ALLOCATION)

    assert failure == ProfileMissing(kind=ProfileKind.SERVICE, name="none")
    assert bench.olt.owner(SERIAL) is None


async def test_a_serial_registered_elsewhere_is_found_after_the_refusal(driver: ZteOlt) -> None:
    failure = await driver.apply(a_spec(serial=REGISTERED), ALLOCATION)

    assert failure == SerialConflict(serial=REGISTERED, at=(TAKEN,))


async def test_what_is_configured_otherwise_is_named_and_kept(bench: Bench, driver: ZteOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    await driver.suspend(ALLOCATION, SERIAL)
    before = sets(bench)

    failure = await driver.apply(a_spec(service_profile="HG8245H"), ALLOCATION)

    assert isinstance(failure, ConfigDiffers)
    assert len(failure.differences) == 2
    assert sets(bench) == before


async def test_a_stranger_keeps_its_place_whatever_is_asked(bench: Bench, driver: ZteOlt) -> None:
    allocation = Allocation(ref=TAKEN, service_port=1)

    assert await driver.apply(a_spec(), allocation) == IdTaken(ref=TAKEN, taken_by=REGISTERED)
    for answer in (
        await driver.remove(allocation, SERIAL),
        await driver.suspend(allocation, SERIAL),
        await driver.reboot(TAKEN, SERIAL),
    ):
        assert answer == ForeignOnt(ref=TAKEN, expected=SERIAL, found=REGISTERED)
    assert sets(bench) == 0


@pytest.mark.parametrize("port", [NO_PORT, PonPort(frame=0, slot=1, port=1)])
async def test_a_port_that_is_not_there_is_named(
    bench: Bench, driver: ZteOlt, port: PonPort
) -> None:
    ref = OntRef(port=port, ont_id=1)

    answers = [
        await driver.survey(port, a_spec()),
        await driver.discover(port),
        await driver.next_allocation(port),
        await driver.apply(a_spec(), Allocation(ref=ref, service_port=1)),
        await driver.observe(ref, SERIAL),
        await driver.poll(port),
        await driver.reboot(ref, SERIAL),
    ]

    assert answers == [PortUnknown(port=port)] * len(answers)
    assert sets(bench) == 0


async def test_a_lost_answer_is_settled_by_reading(bench: Bench, driver: ZteOlt) -> None:
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.DROP_REPLY_AFTER_SET, count=1))

    assert await driver.apply(a_spec(), ALLOCATION) == Applied(allocation=ALLOCATION)
    assert sets(bench) == 1


async def test_silence_after_the_write_leaves_its_outcome_unknown(
    bench: Bench, driver: ZteOlt
) -> None:
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.SILENT_AFTER_SET, count=1))

    failure = await driver.apply(a_spec(), ALLOCATION)

    assert isinstance(failure, OutcomeUnknown)
    assert (failure.touched_device, failure.may_retry) == (None, True)
    bench.exchange.clear_faults()
    assert await driver.apply(a_spec(), ALLOCATION) == NoChange(ref=PLACE)


async def test_a_silent_olt_is_left_without_a_write(bench: Bench, driver: ZteOlt) -> None:
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.SILENT))

    assert isinstance(await driver.apply(a_spec(), ALLOCATION), OltUnreachable)
    assert sets(bench) == 0


async def test_an_ont_is_removed_once(bench: Bench, driver: ZteOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    assert await driver.remove(ALLOCATION, SERIAL) == Removed(ref=PLACE)
    assert await driver.remove(ALLOCATION, SERIAL) == NoChange(ref=PLACE)
    assert (bench.olt.owner(SERIAL), sets(bench)) == (None, 2)


async def test_who_comes_to_a_place_while_it_is_deleted_is_named(
    bench: Bench, driver: ZteOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    def come() -> None:
        bench.exchange.on_change = lambda: None
        bench.olt.add_ont(an_ont_row(port="1/2/1", ont_id=5, serial="HWTC00000001"), bench.now)

    bench.exchange.on_change = come
    answer = await driver.remove(ALLOCATION, SERIAL)

    assert answer == ForeignOnt(ref=PLACE, expected=SERIAL, found="HWTC00000001")


async def test_an_ont_is_restarted_where_the_firmware_can(driver: ZteOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    assert await driver.reboot(PLACE, SERIAL) == Rebooting(ref=PLACE)


@pytest.mark.parametrize("firmware", [LEAN])
async def test_a_firmware_that_cannot_restart_is_not_told_to(bench: Bench, driver: ZteOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    before = sets(bench)

    failure = await driver.reboot(PLACE, SERIAL)

    assert isinstance(failure, Unsupported)
    assert sets(bench) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"service_profile": ""},
        {"service_profile": "x" * 65},
        {"service_profile": "Ü"},
        {"description": "x" * 128},
        {"description": "ü"},
    ],
)
async def test_what_the_olt_cannot_hold_is_not_sent(
    bench: Bench, driver: ZteOlt, changes: dict[str, str]
) -> None:
    with pytest.raises(SpecNotEncodable):
        await driver.apply(a_spec(**changes), ALLOCATION)
    assert requests(bench) == 0
