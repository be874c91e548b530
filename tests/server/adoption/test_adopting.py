"""A living network becomes known services, and nothing is written to the OLT."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from activation.simulator.faults import FaultKind
from server.database import Store
from server.database.tables.alarms import ont_lights, pon_polls
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.offers import services, suspensions
from server.fulfilment.records import Intent
from sync_protocol.documents import JobKind
from tests.server.adoption.living import (
    HOUSES,
    SERIALS,
    Living,
    line_of,
    living_town,
    row_of,
    service_of,
)
from tests.server.factories import count, rows
from tests.server.fulfilment.running import active_onts, order, visit
from tests.server.olt import plugged
from tests.server.tablets import OTHER_SERIAL, bodies

EVERYONE = range(HOUSES)


async def test_what_the_file_names_becomes_services_that_are_watched(living: Living) -> None:
    reading = await living.read()

    batch = living.adopt(
        reading, *(line_of(number, billing_start="2026-08-01") for number in EVERYONE)
    )

    store = living.shift.store
    assert (batch.adopted, batch.already, batch.rejected) == (HOUSES, 0, ())
    found = rows(store, services)
    assert {row["state"] for row in found} == {"active"}
    assert {row["billing_start"] for row in found} == {date(2026, 8, 1)}
    kept = {
        (row["serial"], row["ont_id"], row["service_port"]) for row in rows(store, ont_allocations)
    }
    assert kept == {(SERIALS[number], number + 1, 100 + number) for number in EVERYONE}
    assert all(row["adopted"] for row in rows(store, ont_allocations))
    assert (count(store, ont_lights), count(store, pon_polls)) == (HOUSES, 1)
    assert living.shift.world.olt.sets == 0
    assert {finding.verdict for finding in living.compare(reading)} == {"agrees"}


async def test_a_file_that_comes_again_makes_nothing_new(living: Living) -> None:
    reading = await living.read()
    lines = [line_of(number) for number in EVERYONE]
    living.adopt(reading, *lines)

    again = living.adopt(reading, *lines)

    assert (again.adopted, again.already) == (0, HOUSES)
    assert count(living.shift.store, services) == HOUSES


async def test_a_rehearsal_stores_nothing(living: Living) -> None:
    batch = living.adopt(await living.read(), line_of(0), dry_run=True)

    assert batch.adopted == 1
    assert count(living.shift.store, services) == 0


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (line_of(0, serial="HWTC-12"), "SERIAL_MALFORMED", "HWTC-12"),
        (line_of(0, live_since="yesterday"), "LINE_MALFORMED", "live_since"),
        (line_of(0, suspended_for="holiday"), "LINE_MALFORMED", "holiday"),
        (line_of(0, account="A-9"), "ACCOUNT_UNKNOWN", "A-9"),
        (line_of(0, premise="P-9"), "PREMISE_UNKNOWN", "P-9"),
        (line_of(0, product="SLOW"), "PRODUCT_UNKNOWN", "SLOW"),
        (line_of(0, serial="HWTC0BADBAD0"), "NOT_ON_OLT", "HWTC0BADBAD0"),
        (line_of(0, suspended_for="vacation"), "STATE_DIFFERS", "is active"),
    ],
)
async def test_what_does_not_agree_is_refused_with_a_code(
    living: Living, line: dict[str, str], code: str, told: str
) -> None:
    batch = living.adopt(await living.read(), line)

    (rejected,) = batch.rejected
    assert rejected.why.code == code
    assert told in rejected.why.detail
    assert count(living.shift.store, services) == 0


async def test_a_serial_is_named_once_in_a_file(living: Living) -> None:
    batch = living.adopt(await living.read(), line_of(0), line_of(0, premise="P-2"))

    assert [each.why.code for each in batch.rejected] == ["SERIAL_TWICE"]
    assert batch.adopted == 1


async def test_an_ont_of_another_service_stays_with_it(living: Living) -> None:
    reading = await living.read()
    living.adopt(reading, line_of(0))

    batch = living.adopt(reading, line_of(0, premise="P-2"))

    assert [each.why.code for each in batch.rejected] == ["ONT_HELD"]


async def test_what_could_not_be_read_is_not_called_absent(living: Living) -> None:
    living.shift.world.olt.fail(FaultKind.SILENT)

    batch = living.adopt(await living.read(), line_of(0))

    assert [each.why.code for each in batch.rejected] == ["NOT_SEEN"]


async def test_a_service_port_of_another_vlan_is_no_agreement(living: Living) -> None:
    reading = await living.read()
    assert reading.service_ports is not None
    others = tuple(msgspec.structs.replace(each, vlan=999) for each in reading.service_ports.items)
    listing = msgspec.structs.replace(reading.service_ports, items=others)

    batch = living.adopt(msgspec.structs.replace(reading, service_ports=listing), line_of(0))

    (rejected,) = batch.rejected
    assert rejected.why.code == "SERVICE_PORT_DIFFERS"
    assert "VLAN 999" in rejected.why.detail


async def test_a_port_that_the_plant_does_not_lead_to_is_no_agreement(living: Living) -> None:
    reading = await living.read()
    moved = msgspec.structs.replace(
        reading.onts[0],
        ref=msgspec.structs.replace(
            reading.onts[0].ref, port=msgspec.structs.replace(reading.onts[0].ref.port, port=7)
        ),
    )

    batch = living.adopt(msgspec.structs.replace(reading, onts=(moved,)), line_of(0))

    assert [each.why.code for each in batch.rejected] == ["PLACE_DIFFERS"]


async def test_a_suspended_ont_is_adopted_with_the_reason_that_the_file_gives(
    store: Store, tmp_path: Path
) -> None:
    async with living_town(store, tmp_path, row_of(0, active=False)) as living:
        batch = living.adopt(await living.read(), line_of(0, suspended_for="non_payment"))

        assert batch.adopted == 1
        (service,) = rows(store, services)
        (suspension,) = rows(store, suspensions)
        assert (service["state"], suspension["reason"]) == ("suspended", "non_payment")


async def test_an_adopted_service_is_suspended_resumed_and_ended_as_any_other(
    living: Living,
) -> None:
    living.adopt(await living.read(), *(line_of(number) for number in EVERYONE))
    shift, service_id = living.shift, service_of(living, 0)

    order(shift, service_id, Intent.SUSPEND, "S-1", reason="vacation")
    await shift.worker.settle()
    assert active_onts(shift)[SERIALS[0]] is False
    order(shift, service_id, Intent.RESUME, "S-2", reason="vacation")
    await shift.worker.settle()
    assert active_onts(shift)[SERIALS[0]] is True
    order(shift, service_id, Intent.DISCONNECT, "S-3")
    await shift.worker.settle()

    assert sorted(active_onts(shift)) == sorted(SERIALS[1:])
    assert count(shift.store, ont_allocations) == HOUSES - 1
    assert {finding.verdict for finding in living.compare(await living.read())} == {"agrees"}


async def test_the_ont_of_an_adopted_service_is_swapped_as_any_other(living: Living) -> None:
    living.adopt(await living.read(), line_of(0))
    shift, service_id = living.shift, service_of(living, 0)
    shift.world.olt.unplug(SERIALS[0])
    shift.world.olt.plug(plugged(OTHER_SERIAL))

    visit(shift, JobKind.SWAP, bodies(OTHER_SERIAL), "D07")
    await shift.worker.settle()

    assert shift.service(service_id).ont_serial == OTHER_SERIAL
    assert SERIALS[0] not in active_onts(shift)
    assert active_onts(shift)[OTHER_SERIAL] is True
    (kept,) = rows(shift.store, ont_allocations)
    assert (kept["serial"], kept["ont_id"]) == (OTHER_SERIAL, 1)
