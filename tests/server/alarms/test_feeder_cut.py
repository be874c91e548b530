"""A feeder cable is cut: 1,024 ONTs on eight ports go dark, and come back."""

from typing import Final

import pytest

from activation.requests import Phase
from activation.simulator.faults import FaultKind
from server.alarms.records import AlarmKind
from server.alarms.records import FaultKind as Kind
from server.database import Store
from server.database.tables import alarms
from tests.server.alarms.access import PER_PORT, PORTS, Access
from tests.server.factories import count


@pytest.fixture
def network(store: Store) -> Access:
    return Access(store)


EVERYONE: Final = range(PORTS * PER_PORT)


async def test_a_feeder_cut_is_one_fault_with_everybody_and_clears_itself(
    network: Access,
) -> None:
    assert await network.poll_round() == PORTS
    assert network.faults() == ()
    network.cut(*EVERYONE)

    assert await network.poll_round() == PORTS

    (fault,) = network.faults()
    assert (fault.kind, fault.affected, fault.dark) == (Kind.FEEDER, 1024, 1024)
    assert len(fault.branches) == PORTS
    assert network.affected(fault.id) == 1024

    network.mend(*EVERYONE)
    await network.poll_round()

    assert network.faults() == ()
    (over,) = network.faults(is_open=False)
    assert (over.id, over.affected, over.dark) == (fault.id, 1024, over.dark)
    assert over.cleared_at is not None


async def test_a_second_round_of_a_lasting_cut_changes_nothing(network: Access) -> None:
    await network.poll_round()
    network.cut(*EVERYONE)
    await network.poll_round()
    before = network.faults()

    await network.poll_round()
    await network.poll_round()

    assert network.faults() == before


async def test_an_olt_that_is_silent_says_nothing_of_its_onts(network: Access) -> None:
    await network.poll_round()
    network.olt.fail(FaultKind.SILENT)

    asked = await network.poll_round()

    assert asked < PORTS, "an OLT that does not answer is asked less, not more"
    assert network.faults() == ()
    (alarm,) = network.alarms()
    assert (alarm.kind, alarm.service_id) == (AlarmKind.OLT_UNREACHABLE, None)
    dark = alarms.ont_states.c.phase != Phase.ONLINE
    assert count(network.store, alarms.ont_states, dark) == 0
    assert count(network.store, alarms.pon_polls, alarms.pon_polls.c.code == "OLT_UNREACHABLE") > 0


async def test_an_olt_that_answers_again_has_no_alarm(network: Access) -> None:
    await network.poll_round()
    network.olt.fail(FaultKind.SILENT)
    await network.poll_round()
    network.olt.exchange.clear_faults()

    await network.poll_round()
    await network.poll_round()

    assert network.alarms() == ()
    (over,) = network.alarms(is_open=False)
    assert over.kind is AlarmKind.OLT_UNREACHABLE


async def test_one_ont_that_stays_dark_keeps_no_fault_open(network: Access) -> None:
    await network.poll_round()
    network.cut(*range(PER_PORT))
    await network.poll_round()
    (fault,) = network.faults()
    assert (fault.kind, fault.affected) == (Kind.PORT, PER_PORT)

    network.mend(*range(1, PER_PORT))
    await network.poll_round()

    assert network.faults() == ()
    offline = alarms.ont_states.c.phase == Phase.OFFLINE
    assert count(network.store, alarms.ont_states, offline) == 1
