"""Alarms of single ONTs, their light, and what a poll costs."""

from datetime import timedelta
from typing import Final

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from activation.requests import DownReason, Listing, OntRef, Phase, PolledOnt, PonPort
from activation.simulator.faults import FaultKind
from server.alarms import commands
from server.alarms.polling import Pace, Poller
from server.alarms.records import AlarmKind
from server.alarms.turns import LightLook, PortPoll
from server.database import Connection, Store, Written
from server.database.tables import alarms, offers
from tests.server import factories
from tests.server.alarms.access import INTERVAL, Access, serial_of
from tests.server.factories import count

DAY: Final = timedelta(days=1)
STATEMENTS_OF_A_CUT: Final = 11
"""The transaction's own included."""


@pytest.fixture
def access(store: Store) -> Access:
    return Access(store, onts=8, light=DAY)


async def test_one_dark_ont_is_an_alarm_and_no_fault_of_the_plant(access: Access) -> None:
    await access.poll_round()
    access.cut(3)
    await access.poll_round()

    (alarm,) = access.alarms()
    assert (alarm.kind, alarm.service_id) == (AlarmKind.LOSS_OF_SIGNAL, access.services[3])
    assert access.faults() == ()

    access.mend(3)
    for _ in range(5):
        await access.poll_round()

    assert access.alarms() == ()


async def test_alarms_of_single_onts_end_when_a_fault_accounts_for_them(access: Access) -> None:
    await access.poll_round()
    access.cut(0, 1)
    await access.poll_round()
    assert len(access.alarms()) == 2

    access.cut(2, 3, 4, 5, 6, 7)
    await access.poll_round()

    assert len(access.faults()) == 1
    assert access.alarms() == ()
    assert len(access.alarms(is_open=False)) == 2


async def test_half_of_the_light_of_an_ont_is_told_once(access: Access) -> None:
    await access.poll_round()
    access.dim(5, -2300)

    await read_all(access)
    await read_all(access)

    (alarm,) = access.alarms()
    assert (alarm.kind, alarm.service_id) == (AlarmKind.DEGRADATION, access.services[5])
    assert alarm.detail.startswith("3.9 dB less")


async def test_light_is_read_once_a_day_and_one_ont_at_a_time(access: Access) -> None:
    await access.poll_round()
    read = count(access.store, alarms.ont_lights, alarms.ont_lights.c.measured_at.is_not(None))
    assert read == len(access.services)

    looks = [turn for turn in await asked_for(access) if isinstance(turn, LightLook)]

    assert looks == []


async def test_light_that_cannot_be_read_changes_nothing(access: Access) -> None:
    await access.poll_round()
    access.cut(5)
    access.clock.advance(DAY.total_seconds())
    await access.poll_round()

    (alarm,) = access.alarms()
    assert alarm.kind is AlarmKind.LOSS_OF_SIGNAL


async def test_an_olt_that_is_to_be_left_alone_is_not_asked(access: Access) -> None:
    pace = Pace(ports=INTERVAL, light=DAY, left_alone=("OLT-1",))
    poller = Poller(access.store, access.network, pace=pace, clock=access.clock)

    assert await poller.take(64) == []
    assert access.store.read_now(poller.work().next_due_at) is None
    assert len(await access.poller.take(64)) == 1


async def test_an_olt_that_is_being_asked_is_not_taken_again(access: Access) -> None:
    (turn,) = await access.poller.take(64)
    assert await access.poller.take(64) == []

    await access.poller.handle(turn)
    access.clock.advance(INTERVAL.total_seconds())

    assert len(await access.poller.take(64)) == 1


async def test_a_listing_that_was_cut_short_raises_no_alarm(access: Access) -> None:
    await access.poll_round()
    access.olt.fail(FaultKind.CUT_WALK)

    await access.poll_round()

    assert access.alarms() == ()


async def test_a_service_that_was_suspended_in_a_fault_keeps_it_not_open(access: Access) -> None:
    await access.poll_round()
    everyone = range(len(access.services))
    access.cut(*everyone)
    await access.poll_round()
    assert len(access.faults()) == 1

    access.store.write_now(suspend_all, access)
    await access.poll_round()

    assert access.faults() == ()


async def test_an_ont_that_outlasts_a_fault_has_its_own_alarm_and_counts_once_in_the_next(
    store: Store,
) -> None:
    access = Access(store, onts=16)
    await access.poll_round()
    for _ in range(2):
        access.cut(*range(16))
        await access.poll_round()
        access.mend(*range(1, 16))
        await access.poll_round()
        (alarm,) = access.alarms()
        assert (alarm.kind, alarm.service_id) == (AlarmKind.LOSS_OF_SIGNAL, access.services[0])
        access.mend(0)
        for _ in range(5):
            await access.poll_round()
        assert access.alarms() == ()
        access.cut(0)
        await access.poll_round()

    access.mend(0)
    await access.poll_round()
    assert {fault.affected for fault in access.faults(is_open=False)} <= {15, 16}
    assert access.faults() == ()


@pytest.mark.parametrize("onts", [4, 128])
async def test_a_poll_costs_the_same_statements_however_many_onts_go_dark(
    store: Store, onts: int
) -> None:
    access = Access(store, onts=onts)
    await access.poll_round()
    access.cut(*range(onts))
    (turn,) = await access.poller.take(64)
    assert isinstance(turn, PortPoll)
    listing = Listing(items=tuple(map(dark, range(onts))), complete=True)
    statements: list[str] = []

    def note(*told: object) -> None:
        statements.append(str(told[2]))

    def take(db: Connection) -> Written[None]:
        commands.take_poll(db, turn, listing, act=factories.act(access.clock()))
        return Written(None)

    event.listen(store.writing, "before_cursor_execute", note)
    access.store.write_now(take)
    event.remove(store.writing, "before_cursor_execute", note)

    (fault,) = access.faults()
    assert fault.dark == onts
    assert 0 < len(statements) <= STATEMENTS_OF_A_CUT


def dark(number: int) -> PolledOnt:
    return PolledOnt(
        ref=OntRef(port=PonPort(frame=0, slot=1, port=0), ont_id=number),
        serial=serial_of(number),
        phase=Phase.OFFLINE,
        down_cause="loss of signal",
        reason=DownReason.LIGHT,
    )


async def read_all(access: Access) -> None:
    access.clock.advance(DAY.total_seconds())
    await access.poll_round()


async def asked_for(access: Access) -> list[msgspec.Struct]:
    asked: list[msgspec.Struct] = []
    for _ in range(60):
        for turn in await access.poller.take(64):
            asked.append(turn)
            await access.poller.handle(turn)
        access.clock.advance(5)
    return asked


def suspend_all(db: Connection, access: Access) -> Written[None]:
    db.execute(
        sa.update(offers.services)
        .where(offers.services.c.id.in_(access.services))
        .values(state="suspended")
    )
    return Written(None)
