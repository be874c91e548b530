"""Traps over real datagrams: a hint to poll a port next, and nothing more."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from activation.requests import PonPort
from activation.simulator.records import Event
from activation.simulator.traps import TrapSender, open_sender
from activation.user_notifications import UserReceiver, own_engine
from server.alarms import traps
from server.alarms.turns import PortPoll
from server.database import Store
from server.database.tables import alarms
from tests.server.alarms.access import PER_PORT, Access
from tests.server.factories import count

DEADLINE_S = 10


@pytest.fixture
async def access(store: Store) -> Access:
    """Two ports that were polled a minute ago."""
    found = Access(store, onts=PER_PORT + 1)
    await found.poll_round()
    found.clock.advance(-60)
    return found


@pytest.fixture
async def sender(access: Access) -> AsyncGenerator[TrapSender]:
    async with traps.hearing(access.store, access.clock, host="127.0.0.1", port=0) as port:
        way, send = open_sender("127.0.0.1", port)
        scenario = access.olt.exchange.olt.scenario
        yield TrapSender(scenario.vendor, send, community="public", started=access.clock())
        way.close()


def down(access: Access, port: str) -> Event:
    return Event(
        at=access.clock(),
        event="ont.down",
        port=port,
        ont_id=0,
        serial="HWTC5F000000",
        reason="los",
    )


async def test_a_trap_makes_its_port_the_next_to_be_polled(
    access: Access, sender: TrapSender
) -> None:
    async with access.store.signals.subscribe("polls") as moved:
        sender.tell(down(access, "0/1/1"))
        await asyncio.wait_for(moved.wait(), DEADLINE_S)
    access.clock.advance(2)

    (turn,) = await access.poller.take(64)

    assert isinstance(turn, PortPoll)
    assert turn.port == PonPort(frame=0, slot=1, port=1)
    assert count(access.store, alarms.alarms) == 0, "a trap is never believed"


async def test_a_storm_of_traps_about_one_port_is_one_hint(access: Access) -> None:
    ear = traps.TrapEar(UserReceiver(own_engine("operator", access.clock(), 0)))
    ear.senders = {"127.0.0.1": (traps.Sender(id=access.town.olt, driver="huawei"),)}
    sent: list[bytes] = []
    scenario = access.olt.exchange.olt.scenario
    sender = TrapSender(scenario.vendor, sent.append, community="x", started=access.clock())
    for _ in range(1000):
        sender.tell(down(access, "0/1/0"))

    for datagram in sent:
        ear.datagram_received(datagram, ("127.0.0.1", 50162))

    assert len(ear.taken()) == 1
    assert ear.taken() == ()


async def test_hints_are_bounded_and_strangers_give_none(access: Access) -> None:
    ear = traps.TrapEar(UserReceiver(own_engine("operator", access.clock(), 0)))
    sent: list[bytes] = []
    scenario = access.olt.exchange.olt.scenario
    sender = TrapSender(scenario.vendor, sent.append, community="x", started=access.clock())
    for number in range(traps.HINTS_MAX + 50):
        sender.tell(down(access, f"0/{number // 250}/{number % 250}"))

    for datagram in sent:
        ear.datagram_received(datagram, ("192.0.2.1", 50162))
    assert ear.taken() == ()

    ear.senders = {"192.0.2.1": (traps.Sender(id=access.town.olt, driver="huawei"),)}
    for datagram in sent:
        ear.datagram_received(datagram, ("192.0.2.1", 50162))
    assert len(ear.taken()) == traps.HINTS_MAX
