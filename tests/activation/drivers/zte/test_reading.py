"""What the driver reads from a simulated ZTE OLT, from whichever tree its firmware answers in."""

import pytest

from activation.drivers.zte.olt import ZteOlt
from activation.failures import ListingIncomplete, OntNotRegistered
from activation.requests import (
    Absent,
    Allocation,
    At,
    ConfigState,
    DownReason,
    Listing,
    LocationUnknown,
    NotReadable,
    Observation,
    OltInfo,
    OntRef,
    Phase,
    Reading,
    RegisteredOnt,
    SeenOnt,
)
from activation.simulator.faults import FaultKind, FaultOrder
from activation.simulator.records import ZteFirmware
from sync_protocol.serials import OntSerial
from tests.activation.drivers.zte.specs import (
    ALLOCATION,
    OTHER_PORT,
    PLACE,
    PORT,
    REGISTERED,
    SERIAL,
    TAKEN,
    a_spec,
)
from tests.activation.simulator.factories import Bench, an_ont
from tests.activation.simulator.zte.olts import BOTH_TREES, LEAN, SEEN_LIVE


async def registered(bench: Bench, driver: ZteOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    bench.wait(60)


async def observed(driver: ZteOlt) -> Observation:
    seen = await driver.observe(PLACE, SERIAL)
    assert isinstance(seen, Observation)
    return seen


async def test_the_olt_tells_its_ports_by_their_names(driver: ZteOlt) -> None:
    info = await driver.probe()

    assert isinstance(info, OltInfo)
    assert info.ports == Listing(items=(PORT, OTHER_PORT), complete=True)
    assert info.provisionable


@pytest.mark.parametrize("firmware", [ZteFirmware(), BOTH_TREES, SEEN_LIVE])
async def test_an_ont_that_works_is_read_alike_on_each_firmware(
    bench: Bench, driver: ZteOlt
) -> None:
    await registered(bench, driver)

    seen = await observed(driver)

    assert (seen.phase, seen.config) == (Phase.ONLINE, ConfigState.NORMAL)
    assert (seen.serial_registered, seen.serial_seen) == (SERIAL, SERIAL)
    assert (seen.ont_rx, seen.olt_rx) == (Reading(power_cdbm=-1910), Reading(power_cdbm=-2150))
    assert (seen.distance_m, seen.down_cause) == (1200, None)


@pytest.mark.parametrize("firmware", [LEAN])
async def test_a_firmware_that_asks_no_ont_has_no_light_of_it(bench: Bench, driver: ZteOlt) -> None:
    await registered(bench, driver)

    seen = await observed(driver)

    assert seen.phase is Phase.ONLINE
    assert seen.ont_rx == NotReadable(reason="the OLT has no such value")
    assert seen.olt_rx == Reading(power_cdbm=-2150)
    assert seen.serial_seen is None


async def test_an_ont_that_comes_up_has_neither_serial_nor_light_yet(driver: ZteOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    seen = await observed(driver)

    assert (seen.phase, seen.config) == (Phase.OFFLINE, ConfigState.INITIAL)
    assert (seen.serial_seen, seen.distance_m) == (None, None)
    assert isinstance(seen.ont_rx, NotReadable)
    assert isinstance(seen.olt_rx, NotReadable)


async def test_an_empty_place_is_no_ont(driver: ZteOlt) -> None:
    assert await driver.observe(PLACE, SERIAL) == OntNotRegistered(ref=PLACE, expected=SERIAL)


@pytest.mark.parametrize("firmware", [ZteFirmware(), BOTH_TREES, SEEN_LIVE])
async def test_what_waits_is_listed_once_with_its_model(driver: ZteOlt) -> None:
    waiting = SeenOnt(serial=SERIAL, port=PORT, equipment_id="HG8245H")

    assert await driver.discover(PORT) == Listing(items=(waiting,), complete=True)
    assert await driver.discover() == Listing(items=(waiting,), complete=True)
    assert await driver.discover(OTHER_PORT) == Listing(items=(), complete=True)


async def test_a_list_of_what_waits_that_is_cut_short_says_so(bench: Bench, driver: ZteOlt) -> None:
    for serial in ("HWTC00000001", "HWTC00000002"):
        bench.olt.plug(an_ont(serial=serial, port="1/2/1"), bench.now)
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.CUT_WALK))

    listing = await driver.discover(PORT)

    assert isinstance(listing, Listing)
    assert not listing.complete


async def test_a_serial_is_located_by_port_after_port(driver: ZteOlt) -> None:
    assert await driver.locate(REGISTERED) == At(ref=TAKEN)
    assert await driver.locate(REGISTERED, (OTHER_PORT,)) == At(ref=TAKEN)
    assert await driver.locate(SERIAL, (PORT,)) == Absent()


async def test_finding_a_serial_costs_a_walk_for_each_port(bench: Bench, driver: ZteOlt) -> None:
    await driver.locate(SERIAL)

    stats = bench.exchange.stats()
    assert (stats.getbulk_requests, stats.get_requests) == (1 + 2, 1 + 2)


async def test_ports_that_were_not_listed_may_hold_the_serial(bench: Bench, driver: ZteOlt) -> None:
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.CUT_WALK, count=1))

    located = await driver.locate(REGISTERED)

    assert located == LocationUnknown(searched=(PORT,), reason="the list of ports was cut short")


@pytest.mark.parametrize("firmware", [ZteFirmware(), SEEN_LIVE])
async def test_a_full_walk_is_told_from_a_short_one_by_either_count(
    bench: Bench, driver: ZteOlt
) -> None:
    await registered(bench, driver)
    other = a_spec(serial=OntSerial("HWTC00000001"))
    await driver.apply(other, Allocation(ref=OntRef(port=PORT, ont_id=6), service_port=131334))
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.CUT_WALK))

    answer = await driver.next_allocation(PORT)

    assert answer == ListingIncomplete(table="ONTs on 1/2/1", detail="the OLT counts more")


async def test_what_a_port_is_told_to_expect_is_listed(bench: Bench, driver: ZteOlt) -> None:
    await registered(bench, driver)
    await driver.suspend(ALLOCATION, SERIAL)

    listing = await driver.list_registered(PORT)

    row = RegisteredOnt(
        ref=PLACE,
        serial=SERIAL,
        line_profile="",
        service_profile="ZTE-F660",
        description="fl-1",
        active=False,
        stand_in=ALLOCATION.service_port,
    )
    assert listing == Listing(items=(row,), complete=True)


async def test_a_poll_says_why_an_ont_is_dark(bench: Bench, driver: ZteOlt) -> None:
    await registered(bench, driver)
    bench.olt.unplug(SERIAL, bench.now)

    listing = await driver.poll(PORT)

    assert isinstance(listing, Listing)
    (polled,) = listing.items
    assert (polled.phase, polled.down_cause) == (Phase.OFFLINE, "loss of signal")
    assert polled.reason is DownReason.LIGHT
