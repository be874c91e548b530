"""What a NOC asks of a V-SOL after the activation, and what it reads."""

from activation.driver import DriverCapability
from activation.drivers.vsol.olt import VsolOlt
from activation.failures import (
    ForeignOnt,
    IdTaken,
    OntNotRegistered,
    OutcomeUnknown,
    PartlyApplied,
    SerialConflict,
    VlanMissing,
)
from activation.requests import (
    Absent,
    Applied,
    At,
    ConfigState,
    Listing,
    NoChange,
    NotReadable,
    Observation,
    OltInfo,
    OntRef,
    Phase,
    PolledOnt,
    Reading,
    Rebooting,
    RegisteredOnt,
    Saved,
    SeenOnt,
)
from activation.simulator.faults import FaultKind, FaultOrder
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
from tests.activation.simulator.factories import Bench, an_ont


def test_the_driver_claims_all_but_what_no_table_of_its_olt_tells() -> None:
    missing = {DriverCapability.CONFIG_STATE, DriverCapability.MATCH_STATE}
    assert VsolOlt.capabilities == frozenset(DriverCapability) - missing


async def test_probing_names_the_olt_and_its_ports(bench: Bench, driver: VsolOlt) -> None:
    bench.wait(90)
    info = await driver.probe()

    assert isinstance(info, OltInfo)
    assert (info.uptime_s, info.provisionable) == (90, True)
    assert info.ports == Listing(items=(PORT, OTHER_PORT), complete=True)


async def test_discovery_lists_what_is_lit_and_not_registered(driver: VsolOlt) -> None:
    seen = SeenOnt(serial=SERIAL, port=PORT, equipment_id="HG8245H")

    assert await driver.discover() == Listing(items=(seen,), complete=True)
    assert await driver.discover(PORT) == Listing(items=(seen,), complete=True)
    assert await driver.discover(OTHER_PORT) == Listing(items=(), complete=True)


async def test_locating_looks_at_the_hint_and_then_everywhere(driver: VsolOlt) -> None:
    there = At(ref=OntRef(port=OTHER_PORT, ont_id=3))

    assert await driver.locate(REGISTERED, hints=(OTHER_PORT,)) == there
    assert await driver.locate(REGISTERED, hints=(PORT,)) == there
    assert await driver.locate(NEW) == Absent()


async def test_observation_follows_the_ont_until_its_light_is_readable(
    bench: Bench, driver: VsolOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    coming = await driver.observe(PLACE, SERIAL)
    bench.wait(5.2)
    dark = await driver.observe(PLACE, SERIAL)
    bench.wait(1)
    live = await driver.observe(PLACE, SERIAL)

    assert isinstance(coming, Observation)
    assert isinstance(dark, Observation)
    assert isinstance(live, Observation)
    assert (coming.phase, coming.serial_seen) == (Phase.OFFLINE, None)
    assert isinstance(dark.ont_rx, NotReadable)
    assert (live.phase, live.config) == (Phase.ONLINE, ConfigState.NORMAL)
    assert (live.serial_seen, live.distance_m) == (SERIAL, 1200)
    assert (live.ont_rx, live.olt_rx) == (Reading(power_cdbm=-1910), Reading(power_cdbm=-2150))


async def test_a_place_that_holds_another_or_none_is_no_observation(driver: VsolOlt) -> None:
    taken = OntRef(port=OTHER_PORT, ont_id=3)

    assert await driver.observe(PLACE, SERIAL) == OntNotRegistered(ref=PLACE, expected=SERIAL)
    assert await driver.observe(taken, SERIAL) == ForeignOnt(
        ref=taken, expected=SERIAL, found=REGISTERED
    )


async def test_an_ont_that_was_unplugged_says_why_it_is_down(bench: Bench, driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    bench.wait(10)
    bench.olt.unplug(SERIAL, bench.now)

    polled = await driver.poll(PORT)

    assert polled == Listing(
        items=(
            PolledOnt(ref=PLACE, serial=SERIAL, phase=Phase.OFFLINE, down_cause="loss of signal"),
        ),
        complete=True,
    )


async def test_suspending_and_resuming_keep_everything_registered(
    bench: Bench, driver: VsolOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    assert await driver.suspend(ALLOCATION, SERIAL) == Applied(allocation=ALLOCATION)
    assert await driver.suspend(ALLOCATION, SERIAL) == NoChange(ref=PLACE)
    listed = await driver.list_registered(PORT)
    assert isinstance(listed, Listing)
    assert [ont.active for ont in listed.items] == [False]
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.DROP_REPLY_AFTER_SET, count=1))
    assert await driver.resume(ALLOCATION, SERIAL) == Applied(allocation=ALLOCATION)
    assert isinstance(await driver.resume(ALLOCATION, NEW), ForeignOnt)
    assert len(bench.olt.flows.values()) == 1


async def test_a_changed_profile_keeps_the_ids(bench: Bench, driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    changed = a_spec(traffic_out="down-300", user_vlan=20, gem_port=2)

    assert await driver.change_profile(changed, ALLOCATION) == Applied(allocation=ALLOCATION)
    assert await driver.change_profile(changed, ALLOCATION) == NoChange(ref=PLACE)
    (flow,) = bench.olt.flows.values()
    assert (flow.index, flow.user_vlan, flow.outbound_table) == (1_005_001, 20, "down-300")


async def test_a_change_that_is_refused_says_how_far_it_came(driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    failure = await driver.change_profile(a_spec(vlan=200, traffic_out="down-300"), ALLOCATION)

    assert failure == PartlyApplied(ref=PLACE, done=("speeds",), because=VlanMissing(vlan=200))
    absent = await driver.change_profile(a_spec(serial=NEW), ALLOCATION)
    assert absent == ForeignOnt(ref=PLACE, expected=NEW, found=SERIAL)


async def test_nothing_is_changed_where_no_ont_is_registered(driver: VsolOlt) -> None:
    answer = await driver.change_profile(a_spec(), ALLOCATION)

    assert answer == OntNotRegistered(ref=PLACE, expected=SERIAL)


async def test_a_swap_exchanges_the_ont_at_its_place(bench: Bench, driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    bench.olt.plug(an_ont(port="0/0/1", serial=NEW), bench.now)

    assert await driver.swap(a_spec(serial=NEW), ALLOCATION, SERIAL) == Applied(
        allocation=ALLOCATION
    )
    assert (bench.olt.owner(NEW), bench.olt.owner(SERIAL)) == ((1, 5), None)
    assert await driver.swap(a_spec(serial=NEW), ALLOCATION, SERIAL) == NoChange(ref=PLACE)


async def test_a_swap_never_displaces_a_third_ont(driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    foreign = await driver.swap(a_spec(serial=NEW), ALLOCATION, REGISTERED)
    double = await driver.swap(a_spec(serial=REGISTERED), ALLOCATION, SERIAL)

    assert foreign == IdTaken(ref=PLACE, taken_by=SERIAL)
    there = OntRef(port=OTHER_PORT, ont_id=3)
    assert double == SerialConflict(serial=REGISTERED, at=(there,))


async def test_a_swap_into_an_empty_place_registers(bench: Bench, driver: VsolOlt) -> None:
    assert await driver.swap(a_spec(), ALLOCATION, NEW) == Applied(allocation=ALLOCATION)
    assert bench.olt.owner(SERIAL) == (1, 5)


async def test_a_restart_is_sent_once_and_to_the_right_ont(bench: Bench, driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    bench.wait(10)

    assert isinstance(await driver.reboot(PLACE, NEW), ForeignOnt)
    assert await driver.reboot(PLACE, SERIAL) == Rebooting(ref=PLACE)
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.DROP_REPLY_AFTER_SET, count=1))
    assert isinstance(await driver.reboot(PLACE, SERIAL), OutcomeUnknown)
    assert [event.action for event in bench.told("set.accepted")].count("restart") == 2


async def test_saving_is_taken_at_its_word(bench: Bench, driver: VsolOlt) -> None:
    assert await driver.save_configuration() == Saved()
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.DROP_REPLY_AFTER_SET, count=1))
    assert isinstance(await driver.save_configuration(), OutcomeUnknown)


async def test_what_is_registered_can_be_adopted(driver: VsolOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    listed = await driver.list_registered(PORT)

    assert listed == Listing(
        items=(
            RegisteredOnt(
                ref=PLACE,
                serial=SERIAL,
                line_profile="FTTH",
                service_profile="HG8245H",
                description="fl-1",
                active=True,
            ),
        ),
        complete=True,
    )
