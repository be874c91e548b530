"""Traps over real datagrams: a hint to poll a port next, and nothing more."""

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
import structlog
from puresnmp.adt import ScopedPDU
from puresnmp.pdu import InformRequest, PDUContent, Trap
from puresnmp.varbind import VarBind
from x690.types import Integer, ObjectIdentifier, OctetString, Sequence

from activation import usm
from activation.requests import PonPort
from activation.simulator.records import Event
from activation.simulator.traps import TrapSender, open_sender
from activation.snmp import Secret
from activation.user_notifications import UserReceiver, own_engine
from activation.usm_user import Stamp, UsmUser
from server.alarms import traps
from server.alarms.turns import PortPoll
from server.database import Store
from server.database.tables import alarms
from server.fulfilment.network import v3_of
from server.settings import SnmpUser
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


NOC = SnmpUser(
    user="noc",
    auth_method="sha256",
    auth_key=Secret("auth-password"),
    priv_method="aes256",
    priv_key=Secret("priv-password"),
)
INFORM = (
    "snmpinform", "-m", "", "-v3", "-l", "authPriv", "-u", "noc", "-a", "SHA-256",
    "-A", "auth-password", "-x", "AES-256", "-X", "priv-password",
)  # fmt: skip
A_LOSS_OF_LIGHT = (
    "1.3.6.1.4.1.2011.6.128.12.2.2.0.12",
    "1.3.6.1.4.1.2011.6.3.3.1.1.1", "i", "0",
    "1.3.6.1.4.1.2011.6.3.3.2.1.1", "i", "1",
    "1.3.6.1.4.1.2011.6.3.3.4.1.1", "i", "1",
)  # fmt: skip


async def inform(port: int, folder: Path, *words: str) -> int | None:
    place = {"SNMPCONFPATH": str(folder), "SNMP_PERSISTENT_DIR": str(folder)}
    done = await asyncio.create_subprocess_exec(
        *(*INFORM, *words, f"127.0.0.1:{port}", "", *A_LOSS_OF_LIGHT),
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **place},
    )
    return await done.wait()


@pytest.mark.netsnmp
async def test_an_inform_of_a_user_is_answered_when_its_port_is_the_next_to_be_polled(
    access: Access, tmp_path: Path
) -> None:
    async with traps.hearing(
        access.store, access.clock, host="127.0.0.1", port=0, users={"town": NOC}
    ) as port:
        ended = await inform(port, tmp_path, "-t", "5", "-r", "0")
    access.clock.advance(2)

    (turn,) = await access.poller.take(64)

    assert ended == 0
    assert isinstance(turn, PortPoll)
    assert turn.port == PonPort(frame=0, slot=1, port=1)


async def test_an_inform_whose_hint_was_lost_is_not_answered(access: Access) -> None:
    """It comes again, since nobody answered it."""
    ear = traps.TrapEar(UserReceiver(own_engine("operator", access.clock(), 0)))
    ear.senders = {"127.0.0.1": (traps.Sender(id=access.town.olt, driver="huawei"),)}
    way = Way()
    ear.connection_made(way)

    ear.datagram_received(a_v2c_inform(), ("127.0.0.1", 50162))
    ear.answer_owed(were_passed_on=False)
    assert way.sent == []

    ear.datagram_received(a_v2c_inform(), ("127.0.0.1", 50162))
    assert way.sent == []
    ear.answer_owed(were_passed_on=True)
    assert len(way.sent) == 1


async def test_what_is_not_known_or_not_believed_is_counted_and_logged_once(
    access: Access,
) -> None:
    ear = traps.TrapEar(UserReceiver(own_engine("operator", access.clock(), 0)))
    user = UsmUser(v3_of(NOC))
    ear.senders = {"127.0.0.1": (traps.Sender(id=access.town.olt, driver="huawei", user=user),)}
    stranger = UsmUser(v3_of(msgspec.structs.replace(NOC, auth_key=Secret("another-password"))))
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            ear.datagram_received(a_cold_start(user), ("127.0.0.1", 50162))
            ear.datagram_received(a_cold_start(stranger), ("127.0.0.1", 50162))

    assert ear.unknown.counts == {COLD_START: 3}
    assert ear.refused.counts == {"wrong digest from 127.0.0.1": 3}
    assert [each["event"] for each in logged] == ["traps.unknown_kind", "traps.refused"]
    assert ear.taken() == ()


COLD_START = "1.3.6.1.6.3.1.1.5.1"
TRAP_NAME = "1.3.6.1.6.3.1.1.4.1.0"


class Way(asyncio.DatagramTransport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendto(self, data: bytes | bytearray | memoryview, addr: object = None) -> None:
        del addr
        self.sent.append(bytes(data))


def a_cold_start(user: UsmUser) -> bytes:
    name = VarBind(ObjectIdentifier(TRAP_NAME), ObjectIdentifier(COLD_START))
    stamp = Stamp(engine_id=b"\x80\x00\x00\x00\x05olt", boots=1, time_s=1)
    scoped = ScopedPDU(OctetString(), OctetString(), Trap(PDUContent(1, [name])))
    return usm.sealed(user, stamp, 1, scoped, reportable=False)


def a_v2c_inform() -> bytes:
    name, *rest = A_LOSS_OF_LIGHT
    binds = [VarBind(ObjectIdentifier(TRAP_NAME), ObjectIdentifier(name))]
    for oid, value in zip(rest[::3], rest[2::3], strict=True):
        binds.append(VarBind(ObjectIdentifier(oid), Integer(int(value))))
    inform = InformRequest(PDUContent(1, binds))
    return bytes(Sequence([Integer(1), OctetString(b"public"), inform]))
