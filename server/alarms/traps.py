"""Hearing traps: each is a hint to poll a port next, and nothing more.

Whoever can send a datagram can send a trap of v2c, so it changes no state, and one of v3 does no
more. What comes in is bounded: an OLT that sends ten thousand traps about one port has given one
hint.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, cast
from uuid import UUID

import msgspec
import structlog

from activation.notifications import Notification, read_notification
from activation.registry import find_trap_reader
from activation.requests import PonPort
from activation.user_notifications import Refused, UserReceiver, own_engine
from activation.usm_user import UsmUser
from server.acts import SYSTEM, Act, Clock, act_of
from server.alarms import polling, turns, watching
from server.alarms.tally import Tally
from server.database import Connection, Store, Written
from server.fulfilment.network import v3_of
from server.settings import Settings, SnmpUser

HINTS_MAX: Final = 1024
"""More ports than that hint at once are polled at their interval."""
GATHERED_FOR_S: Final = 0.2
"""A cut fiber makes a storm of traps, and one write is enough for it."""
KNOWN_FOR: Final = timedelta(minutes=1)
"""An OLT that was imported is heard so much later at the most."""

Hint = tuple[UUID, PonPort]


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """An OLT as it sends notifications."""

    id: UUID
    driver: str
    user: UsmUser | None = None
    """Who signs those of SNMP v3; None where the OLT has no such user."""


Senders = Mapping[str, tuple[Sender, ...]]
"""By address: the OLTs there. Several may share one behind a gateway."""


class TrapEar(asyncio.DatagramProtocol):
    """Takes datagrams and keeps the hints in them until somebody asks."""

    def __init__(self, receiver: UserReceiver) -> None:
        self.senders: Senders = {}
        self.hints: set[Hint] = set()
        self.come = asyncio.Event()
        self.unknown = Tally("traps.unknown_kind")
        self.refused = Tally("traps.refused")
        self._receiver = receiver
        self._owed: list[tuple[bytes, tuple[str, int]]] = []
        """Answers to informs whose hint nobody has passed on yet."""
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer informs."""
        # asyncio's own transport of datagrams is no instance of this class before Python 3.12.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hear one datagram: of a known OLT, a notification, about a port."""
        olts = self.senders.get(addr[0], ())
        if not olts:
            return
        users = [olt.user for olt in olts if olt.user is not None]
        heard = read_notification(data) or self._receiver.read(data, addr[0], users)
        if isinstance(heard, Refused):
            if heard.why is not None:
                self.refused.count(f"{heard.why} from {addr[0]}")
            self._answer(heard.report, addr)
        elif heard is not None:
            self._take(heard, olts, addr)

    def _take(self, heard: Notification, olts: tuple[Sender, ...], addr: tuple[str, int]) -> None:
        signed_for = [
            olt
            for olt in olts
            if heard.user is None or (olt.user is not None and olt.user.name == heard.user)
        ]
        hints = {hint for olt in signed_for if (hint := self._hint(olt, heard)) is not None}
        if len(self.hints | hints) > HINTS_MAX or len(self._owed) >= HINTS_MAX:
            return  # an inform comes again, since nobody answers it
        if not hints:
            self._answer(heard.reply, addr)
            return
        self.hints |= hints
        self.come.set()
        if heard.reply is not None:
            self._owed.append((heard.reply, addr))

    def _hint(self, olt: Sender, heard: Notification) -> Hint | None:
        read = find_trap_reader(olt.driver)
        if read is None:
            return None
        hint = read(heard)
        if hint.happening is None:
            self.unknown.count(hint.kind, driver=olt.driver)
        return None if hint.port is None else (olt.id, hint.port)

    def _answer(self, reply: bytes | None, addr: tuple[str, int]) -> None:
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)

    def answer_owed(self, *, were_passed_on: bool) -> None:
        """Answer the informs whose hints were passed on; those of others come again."""
        owed, self._owed = self._owed, []
        for reply, addr in owed if were_passed_on else ():
            self._answer(reply, addr)

    def taken(self) -> tuple[Hint, ...]:
        """Give the hints so far, and forget them."""
        hints = tuple(self.hints)
        self.hints.clear()
        self.come.clear()
        return hints


@contextlib.asynccontextmanager
async def hearing_traps(settings: Settings, store: Store, clock: Clock) -> AsyncGenerator[None]:
    """Hear traps while the context lasts, if the settings say where.

    Raises:
        OSError: the port is taken, or the address is none of this machine.
    """
    if not settings.trap_port:
        yield
        return
    async with hearing(
        store,
        clock,
        host=settings.trap_host,
        port=settings.trap_port,
        users=settings.snmp_users,
        name=settings.operator_slug,
    ):
        yield


@contextlib.asynccontextmanager
async def hearing(
    store: Store,
    clock: Clock,
    *,
    host: str,
    port: int,
    users: Mapping[str, SnmpUser] = MappingProxyType({}),
    name: str = "",
) -> AsyncGenerator[int]:
    """Hear traps on an address; gives the port, which is a free one for 0."""
    ear = TrapEar(UserReceiver(own_engine(name, clock(), time.monotonic())))
    signers = {each: UsmUser(v3_of(user)) for each, user in users.items()}
    ear.senders = await _find_senders(store, signers)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: ear, local_addr=(host, port))
    tasks = (
        loop.create_task(_pass_on(ear, store, clock), name="traps"),
        loop.create_task(_keep_known(ear, store, signers), name="trap senders"),
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        transport.close()


async def _pass_on(ear: TrapEar, store: Store, clock: Clock) -> None:
    while True:
        await ear.come.wait()
        await asyncio.sleep(GATHERED_FOR_S)
        try:
            await store.write(_hurry, ear.taken(), act=act_of(SYSTEM, clock=clock))
        except Exception as error:  # noqa: BLE001  a lost hint costs an interval; the ear stays
            ear.answer_owed(were_passed_on=False)
            structlog.get_logger().warning("traps.not_passed_on", error=repr(error))
        else:
            ear.answer_owed(were_passed_on=True)


async def _keep_known(ear: TrapEar, store: Store, signers: Mapping[str, UsmUser]) -> None:
    while True:
        await asyncio.sleep(KNOWN_FOR.total_seconds())
        try:
            ear.senders = await _find_senders(store, signers)
        except Exception as error:  # noqa: BLE001  those that were known are heard on
            structlog.get_logger().warning("traps.senders_unknown", error=repr(error))


async def _find_senders(store: Store, signers: Mapping[str, UsmUser]) -> Senders:
    loop = asyncio.get_running_loop()
    found: dict[str, tuple[Sender, ...]] = {}
    for olt in await store.read(watching.list_polled_olts):
        with contextlib.suppress(OSError):  # a name that nobody knows sends no traps either
            names = await loop.getaddrinfo(olt.host, None, type=socket.SOCK_DGRAM)
            sender = Sender(id=olt.id, driver=olt.driver, user=signers.get(olt.credentials))
            for address in {str(place[0]) for *_, place in names}:
                found[address] = (*found.get(address, ()), sender)
    return found


def _hurry(db: Connection, hints: tuple[Hint, ...], *, act: Act) -> Written[int]:
    hurried = turns.hurry(db, hints, act.now)
    return Written(hurried, topics=frozenset({polling.TOPIC}) if hurried else frozenset())
