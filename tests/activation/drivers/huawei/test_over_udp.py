"""The Huawei driver against the simulated OLT, over real SNMP datagrams.

Each test uses an ONT of its own; the simulator was written from the same documents by other hands,
and what it did is read from its own door.
"""

import asyncio

import pytest

from activation.drivers.huawei.olt import HuaweiOlt
from activation.failures import (
    AuthRejected,
    Failure,
    OltUnreachable,
    OntNotSeen,
    OntOnOtherPort,
    PartlyApplied,
    ProfileMissing,
    SerialConflict,
    VlanMissing,
)
from activation.prechecks import Register, decide
from activation.puresnmp_session import PuresnmpSession
from activation.requests import (
    Allocation,
    Applied,
    At,
    NoChange,
    Observation,
    OntRef,
    OntSpec,
    PonPort,
    ProfileKind,
    Removed,
    Survey,
)
from activation.snmp import Secret, SnmpSettings, V2c
from activation.verification import Finding, NotYet, Verified, judge_observation
from sync_protocol.optics import LightPath
from sync_protocol.serials import OntSerial
from tests.activation.fake_olt import a_spec
from tests.activation.running_simulator import RunningSimulator, bad_link

PORT = PonPort(frame=0, slot=1, port=0)
OTHER_PORT = PonPort(frame=0, slot=1, port=1)
# Where silence is expected, it is waited for briefly; where an answer is, a busy machine may take
# its time.
HASTY = SnmpSettings(timeout_ms=100, read_attempts=1)
LOSING = SnmpSettings(timeout_ms=400, read_attempts=20)
PATIENT = SnmpSettings(timeout_ms=10_000, read_attempts=1)
PATH = LightPath(
    optic_class="GPON_B+",
    splitter_ratios=(8, 4),
    feeder_length_m=3000,
    distribution_length_m=500,
    drop_length_m=60,
    connectors=3,
    splices=4,
)


def driver_for(
    port: int,
    settings: SnmpSettings = PATIENT,
    *,
    reading: str = "reading",
    writing: str = "writing",
) -> HuaweiOlt:
    communities = V2c(read_community=Secret(reading), write_community=Secret(writing))
    return HuaweiOlt(PuresnmpSession("127.0.0.1", port, communities, settings))


def serial_number(last: str) -> OntSerial:
    return OntSerial(f"HWTC0000000{last}")


def sim_spec(last: str, **changes: object) -> OntSpec:
    return a_spec(serial=serial_number(last), user_vlan=100, **changes)


async def allocate(driver: HuaweiOlt, spec: OntSpec) -> Allocation:
    survey = await driver.survey(PORT, spec)
    assert isinstance(survey, Survey)
    decision = decide(survey, spec.serial)
    assert isinstance(decision, Register), decision
    return decision.allocation


async def watch(driver: HuaweiOlt, ref: OntRef, serial: OntSerial) -> list[Finding]:
    """Look until the ONT is live or refuted, and give all that was found on the way."""
    found: list[Finding] = []
    async with asyncio.timeout(30):
        while not found or isinstance(found[-1], NotYet):
            observation = await driver.observe(ref, serial)
            assert isinstance(observation, Observation), observation
            found.append(judge_observation(observation, serial, PATH))
    return found


async def test_an_ont_is_surveyed_registered_and_seen_live(simulator: RunningSimulator) -> None:
    driver, spec = driver_for(simulator.snmp_port), sim_spec("1")
    sets_before = simulator.sets()

    allocation = await allocate(driver, spec)
    applied = [await driver.apply(spec, allocation) for _ in range(10)]
    found = await watch(driver, allocation.ref, spec.serial)

    assert applied == [Applied(allocation=allocation)] + [NoChange(ref=allocation.ref)] * 9
    assert simulator.sets() - sets_before == 2
    assert simulator.registered()[spec.serial] == str(allocation.ref)
    live = found[-1]
    assert isinstance(live, Verified)
    assert live.rx_power_cdbm == -1940
    reasons = {f.reason.code for f in found if isinstance(f, NotYet)}
    assert reasons <= {"ONT_OFFLINE", "ONT_CONFIG_PENDING", "LIGHT_UNREADABLE"}


async def test_an_ont_is_removed_without_a_trace(simulator: RunningSimulator) -> None:
    driver, spec = driver_for(simulator.snmp_port), sim_spec("2")
    bound_before = simulator.service_ports()
    allocation = await allocate(driver, spec)
    await driver.apply(spec, allocation)

    results = [await driver.remove(allocation, spec.serial) for _ in range(3)]

    assert results == [Removed(ref=allocation.ref)] + [NoChange(ref=allocation.ref)] * 2
    assert spec.serial not in simulator.registered()
    assert simulator.service_ports() == bound_before


async def test_a_lost_answer_to_a_write_costs_no_second_write(simulator: RunningSimulator) -> None:
    driver, spec = driver_for(simulator.snmp_port, LOSING), sim_spec("3")
    allocation = await allocate(driver, spec)
    sets_before = simulator.sets()
    simulator.misbehave(kind="drop_reply_after_set", count=2)

    result = await driver.apply(spec, allocation)

    assert result == Applied(allocation=allocation)
    assert simulator.sets() - sets_before == 2


async def test_a_serial_registered_elsewhere_is_reported_with_its_place(
    simulator: RunningSimulator,
) -> None:
    driver, spec = driver_for(simulator.snmp_port), sim_spec("B")
    allocation = await driver.next_allocation(PORT)
    assert isinstance(allocation, Allocation)

    result = await driver.apply(spec, allocation)

    place = OntRef(port=OTHER_PORT, ont_id=4)
    assert result == SerialConflict(serial=spec.serial, at=(place,))
    assert await driver.locate(spec.serial, (PORT,)) == At(ref=place)
    assert simulator.registered()[spec.serial] == str(place)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"line_profile": "line-9"}, ProfileMissing(kind=ProfileKind.LINE, name="line-9")),
        ({"service_profile": "s-9"}, ProfileMissing(kind=ProfileKind.SERVICE, name="s-9")),
    ],
)
async def test_a_missing_profile_is_named_before_and_after_the_write(
    simulator: RunningSimulator, changes: dict[str, object], expected: Failure
) -> None:
    driver, spec = driver_for(simulator.snmp_port), sim_spec("4", **changes)
    allocation = await driver.next_allocation(PORT)
    assert isinstance(allocation, Allocation)

    survey = await driver.survey(PORT, spec)

    assert isinstance(survey, Survey)
    assert decide(survey, spec.serial) == expected
    assert await driver.apply(spec, allocation) == expected
    assert spec.serial not in simulator.registered()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"vlan": 7}, VlanMissing(vlan=7)),
        ({"traffic_in": "up-9"}, ProfileMissing(kind=ProfileKind.TRAFFIC, name="up-9")),
    ],
)
async def test_a_refused_service_port_leaves_a_partial_result_that_can_be_taken_back(
    simulator: RunningSimulator, changes: dict[str, object], expected: Failure
) -> None:
    driver, spec = driver_for(simulator.snmp_port), sim_spec("4", **changes)
    allocation = await allocate(driver, spec)

    result = await driver.apply(spec, allocation)

    assert isinstance(result, PartlyApplied)
    assert result.because == expected
    assert not result.may_retry
    assert await driver.remove(allocation, spec.serial) == Removed(ref=allocation.ref)


async def test_an_ont_on_another_port_or_nowhere_is_not_registered(
    simulator: RunningSimulator,
) -> None:
    driver = driver_for(simulator.snmp_port)

    elsewhere = await driver.survey(PORT, sim_spec("A"))
    nowhere = await driver.survey(PORT, sim_spec("F"))

    assert isinstance(elsewhere, Survey)
    assert isinstance(nowhere, Survey)
    assert decide(elsewhere, serial_number("A")) == OntOnOtherPort(
        serial=serial_number("A"), planned=PORT, seen_at=OTHER_PORT
    )
    assert decide(nowhere, serial_number("F")) == OntNotSeen(serial=serial_number("F"), port=PORT)


async def test_a_silent_olt_is_unreachable_and_later_as_before(simulator: RunningSimulator) -> None:
    driver, spec = driver_for(simulator.snmp_port), sim_spec("5")
    allocation = await allocate(driver, spec)
    sets_before = simulator.sets()
    simulator.misbehave(kind="silent", seconds=60)

    silent = await driver_for(simulator.snmp_port, HASTY).apply(spec, allocation)
    simulator.behave()

    assert isinstance(silent, OltUnreachable)
    assert (silent.touched_device, silent.may_retry) == (False, True)
    assert simulator.sets() == sets_before
    assert await driver.apply(spec, allocation) == Applied(allocation=allocation)


async def test_a_wrong_read_community_is_silence(simulator: RunningSimulator) -> None:
    driver = driver_for(simulator.snmp_port, HASTY, reading="guessed")

    assert isinstance(await driver.probe(), OltUnreachable)


async def test_a_community_that_may_not_write_changes_nothing(simulator: RunningSimulator) -> None:
    driver, spec = driver_for(simulator.snmp_port, writing="reading"), sim_spec("6")
    allocation = await allocate(driver, spec)

    result = await driver.apply(spec, allocation)

    assert isinstance(result, AuthRejected)
    assert spec.serial not in simulator.registered()


async def test_over_a_bad_link_repeating_the_request_ends_in_one_registration(
    simulator: RunningSimulator,
) -> None:
    spec = sim_spec("7")
    allocation = await allocate(driver_for(simulator.snmp_port), spec)
    options = ("--latency-ms", "5", "--loss", "0.3", "--duplicate", "0.3", "--seed", "11")
    lossy = SnmpSettings(timeout_ms=100, read_attempts=4)

    with bad_link(simulator.snmp_port, *options) as port:
        driver = driver_for(port, lossy)
        async with asyncio.timeout(60):
            while not isinstance(await driver.apply(spec, allocation), NoChange):
                pass

    assert simulator.registered()[spec.serial] == str(allocation.ref)
    assert await driver_for(simulator.snmp_port).apply(spec, allocation) == NoChange(
        ref=allocation.ref
    )
