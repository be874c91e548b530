"""Hearing traps: each is a hint to poll a port next, and nothing more.

Whoever can send a datagram can send a trap, so it changes no state. What comes in is bounded: an
OLT that sends ten thousand traps about one port has given one hint.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from activation.notifications import read_notification
from activation.registry import find_trap_reader
from activation.requests import PonPort
from server.acts import SYSTEM, Act, Clock, act_of
from server.alarms import polling, turns, watching
from server.alarms.tally import Tally
from server.database import Connection, Store, Written
from server.settings import Settings

HINTS_MAX: Final = 1024
"""More ports than that hint at once are polled at their interval."""
GATHERED_FOR_S: Final = 0.2
"""A cut fiber makes a storm of traps, and one write is enough for it."""
KNOWN_FOR: Final = timedelta(minutes=1)
"""An OLT that was imported is heard so much later at the most."""

Hint = tuple[UUID, PonPort]
Senders = Mapping[str, tuple[tuple[UUID, str], ...]]
"""By address: the OLTs there, and their drivers. Several OLTs may share one behind a gateway."""


class TrapEar(asyncio.DatagramProtocol):
    """Takes datagrams and keeps the hints in them until somebody asks."""

    def __init__(self) -> None:
        self.senders: Senders = {}
        self.hints: set[Hint] = set()
        self.come = asyncio.Event()
        self.unknown = Tally("traps.unknown_kind")
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer informs."""
        if isinstance(transport, asyncio.DatagramTransport):
            self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hear one datagram: of a known OLT, a notification, about a port."""
        olts = self.senders.get(addr[0], ())
        notification = read_notification(data) if olts else None
        if notification is None:
            return
        if notification.reply is not None and self._transport is not None:
            self._transport.sendto(notification.reply, addr)
        for olt_id, driver in olts:
            read = find_trap_reader(driver)
            hint = None if read is None else read(notification)
            if hint is not None and hint.happening is None:
                self.unknown.count(hint.kind, driver=driver)
            if hint is not None and hint.port is not None and len(self.hints) < HINTS_MAX:
                self.hints.add((olt_id, hint.port))
                self.come.set()

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
    async with hearing(store, clock, host=settings.trap_host, port=settings.trap_port):
        yield


@contextlib.asynccontextmanager
async def hearing(store: Store, clock: Clock, *, host: str, port: int) -> AsyncGenerator[int]:
    """Hear traps on an address; gives the port, which is a free one for 0."""
    ear = TrapEar()
    ear.senders = await _find_senders(store)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: ear, local_addr=(host, port))
    tasks = (
        loop.create_task(_pass_on(ear, store, clock), name="traps"),
        loop.create_task(_keep_known(ear, store), name="trap senders"),
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
            structlog.get_logger().warning("traps.not_passed_on", error=repr(error))


async def _keep_known(ear: TrapEar, store: Store) -> None:
    while True:
        await asyncio.sleep(KNOWN_FOR.total_seconds())
        try:
            ear.senders = await _find_senders(store)
        except Exception as error:  # noqa: BLE001  those that were known are heard on
            structlog.get_logger().warning("traps.senders_unknown", error=repr(error))


async def _find_senders(store: Store) -> Senders:
    loop = asyncio.get_running_loop()
    found: dict[str, tuple[tuple[UUID, str], ...]] = {}
    for olt in await store.read(watching.list_polled_olts):
        with contextlib.suppress(OSError):  # a name that nobody knows sends no traps either
            names = await loop.getaddrinfo(olt.host, None, type=socket.SOCK_DGRAM)
            for address in {str(place[0]) for *_, place in names}:
                found[address] = (*found.get(address, ()), (olt.id, olt.driver))
    return found


def _hurry(db: Connection, hints: tuple[Hint, ...], *, act: Act) -> Written[int]:
    hurried = turns.hurry(db, hints, act.now)
    return Written(hurried, topics=frozenset({polling.TOPIC}) if hurried else frozenset())
