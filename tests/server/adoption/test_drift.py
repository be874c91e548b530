"""Differences are kept for as long as they last, told, and never repaired."""

import msgspec

from activation.requests import PonPort
from activation.simulator import hands
from server.database.tables.offers import services
from server.fulfilment.records import Intent
from tests.server.adoption.living import HOUSES, SERIALS, Living, line_of, service_of
from tests.server.factories import rows
from tests.server.fulfilment.running import order


async def _adopted(living: Living) -> None:
    reading = await living.read()
    assert living.adopt(reading, *(line_of(number) for number in range(HOUSES))).adopted == HOUSES
    living.compare(reading)


async def test_strangers_are_told_until_they_are_adopted(living: Living) -> None:
    reading = await living.read()

    living.compare(reading)
    assert [(each.verdict, each.serial) for each in living.drifts()] == [
        ("stranger", serial) for serial in SERIALS
    ]
    living.adopt(reading, line_of(0))
    living.compare(reading)

    assert [each.serial for each in living.drifts()] == list(SERIALS[1:])


async def test_what_somebody_changed_at_the_olt_is_told_and_left_as_it_is(living: Living) -> None:
    await _adopted(living)
    olt, clock = living.shift.world.olt, living.shift.world.clock
    hands.deregister(olt.exchange.olt, SERIALS[1], clock())
    before = (olt.registered, olt.flows)
    clock.advance(60)
    first_seen = clock()

    living.compare(await living.read())
    clock.advance(3600)
    living.compare(await living.read())

    (drift,) = living.drifts()
    assert (drift.verdict, drift.service_id) == ("missing", service_of(living, 1))
    assert (drift.first_seen_at, drift.seen_at) == (first_seen, clock())
    assert (olt.registered, olt.flows) == before
    assert olt.sets == 0
    assert {row["state"] for row in rows(living.shift.store, services)} == {"active"}


async def test_a_difference_goes_when_the_olt_was_read_and_agrees(living: Living) -> None:
    await _adopted(living)
    reading = await living.read()
    deactivated = msgspec.structs.replace(reading.onts[0], active=False)
    living.compare(msgspec.structs.replace(reading, onts=(deactivated, *reading.onts[1:])))
    (drift,) = living.drifts()
    assert drift.detail == "it is deactivated, and the service is active"

    living.compare(reading)

    assert living.drifts() == ()


async def test_a_port_that_was_not_read_to_its_end_changes_nothing_that_is_told(
    living: Living,
) -> None:
    await _adopted(living)
    reading = await living.read()
    living.compare(msgspec.structs.replace(reading, onts=reading.onts[1:]))
    told = living.drifts()
    port = reading.onts[0].ref.port
    cut = msgspec.structs.replace(
        reading,
        onts=(),
        read=frozenset[PonPort](),
        unread={port: "LISTING_INCOMPLETE"},
    )

    living.compare(cut)

    assert [each.verdict for each in told] == ["missing"]
    assert living.drifts() == told


async def test_an_order_under_way_is_no_difference(living: Living) -> None:
    await _adopted(living)
    reading = await living.read()
    order(living.shift, service_of(living, 0), Intent.SUSPEND, "S-1", reason="vacation")
    await living.shift.worker.settle()

    living.compare(reading)

    assert living.drifts() == (), "what was read is older than what fulfilment did since"
    living.shift.world.clock.advance(1)
    living.compare(await living.read())
    assert living.drifts() == ()
