"""Reading an OLT gently: one port after the other, each in the turn that polling uses, too."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from activation.driver import DriverCapability, OltDriver
from activation.requests import Listing, PonPort, RegisteredOnt, ServicePort
from server.acts import Clock
from server.adoption.records import OltReading
from server.alarms import turns
from server.database import Connection, Store, Written
from server.plant.routes import OltAddress

TAKEN_FOR: Final = timedelta(minutes=5)
"""Longer than a port, or all service ports of an OLT, take; then somebody else may ask it."""
BREATH_S: Final = 0.2
"""Between two things that the OLT is asked."""
WAIT_S: Final = 0.5
"""While somebody else asks it."""


class OltReader:
    """Reads what OLTs hold; nothing is ever written to one."""

    def __init__(self, store: Store, *, clock: Clock, breath_s: float = BREATH_S) -> None:
        self._store = store
        self._clock = clock
        self._breath_s = breath_s

    async def read(
        self, olt: OltAddress, driver: OltDriver, ports: Sequence[PonPort]
    ) -> OltReading:
        """Read some ports of an OLT, and its service ports where the driver shows them.

        Each failure stays with its port: the others are read all the same.
        """
        begun_at = self._clock()
        onts: list[RegisteredOnt] = []
        unread: dict[PonPort, str] = {}
        for port in ports:
            async with self._turn(olt.id):
                listing = await driver.list_registered(port)
            if not isinstance(listing, Listing):
                unread[port] = listing.code
                continue
            onts += listing.items
            if not listing.complete:
                unread[port] = "LISTING_INCOMPLETE"
        return OltReading(
            olt=olt,
            begun_at=begun_at,
            read=frozenset(ports) - unread.keys(),
            unread=unread,
            onts=tuple(onts),
            service_ports=await self._service_ports(olt, driver),
        )

    async def _service_ports(
        self, olt: OltAddress, driver: OltDriver
    ) -> Listing[ServicePort] | None:
        if DriverCapability.LIST_SERVICE_PORTS not in driver.capabilities:
            return None
        async with self._turn(olt.id):
            listing = await driver.list_service_ports()
        if isinstance(listing, Listing):
            return listing
        structlog.get_logger().warning("service_ports.unread", olt=olt.name, code=listing.code)
        return None

    @contextlib.asynccontextmanager
    async def _turn(self, olt_id: UUID) -> AsyncGenerator[None]:
        """Ask an OLT alone, whatever polling is about to ask it."""
        while not await self._store.write(_take_turn, olt_id, self._clock):  # noqa: ASYNC110  another process may have it
            await asyncio.sleep(WAIT_S)
        try:
            yield
        finally:
            await self._store.write(_give_back, olt_id)
        await asyncio.sleep(self._breath_s)


def _take_turn(db: Connection, olt_id: UUID, clock: Clock) -> Written[bool]:
    now = clock()
    return Written(turns.take_olt(db, olt_id, now, now + TAKEN_FOR))


def _give_back(db: Connection, olt_id: UUID) -> Written[None]:
    turns.let_go_olt(db, olt_id)
    return Written(None)


def ports_named(known: Iterable[PonPort], names: Sequence[str]) -> tuple[PonPort, ...]:
    """Pick ports by their names; all of them where none is named.

    Raises:
        ValueError: names the port that the OLT does not have, and those that it has.
    """
    by_name = {str(port): port for port in known}
    for name in names:
        if name not in by_name:
            there = ", ".join(by_name) or "none"
            raise ValueError(f"{name!r} is no port of this OLT; it has {there}")
    return tuple(by_name[name] for name in names) if names else tuple(by_name.values())
