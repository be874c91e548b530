"""Polling ports gently: one port of an OLT at a time, each at its interval, from the OLT's memory.

Light is not asked for here: it costs every ONT an exchange with its OLT, and OLTs have fallen over
that. An OLT that does not answer says nothing of its ONTs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from activation.failures import Failure, Unsupported
from activation.requests import Listing, PolledOnt
from server.acts import SYSTEM, Act, Clock, act_of
from server.alarms import commands, storage
from server.alarms.storage import PortPoll
from server.database import Connection, Store, Written
from server.due_loop import DueWork
from server.fulfilment.device_steps import NOT_CONFIGURED
from server.fulfilment.network import Network

TAKEN_FOR: Final = timedelta(seconds=60)
"""Longer than any poll of one port may take; then somebody else may try."""
PORTS_AT_ONCE: Final = 8
RETRY_S: Final = (30, 60, 120, 300)
"""After polls that failed one after the other; the last goes on."""
RARELY: Final = timedelta(hours=1)
"""What a driver cannot do it is asked again when it may have been replaced."""


class Poller:
    """Polls what is due and takes over what it showed."""

    def __init__(
        self, store: Store, network: Network, *, interval: timedelta, clock: Clock
    ) -> None:
        self._store = store
        self._network = network
        self._interval = interval
        self._clock = clock

    def work(self) -> DueWork[PortPoll]:
        """Describe this poller for the loop."""
        return DueWork(
            name="polls",
            topic="polls",
            take=self.take,
            handle=self.handle,
            next_due_at=storage.next_due_at,
        )

    async def take(self, limit: int) -> Sequence[PortPoll]:
        """Take due ports, one of each OLT."""
        return await self._store.write(_take, min(limit, PORTS_AT_ONCE), act=self._act())

    async def handle(self, poll: PortPoll) -> None:
        """Poll one port, and say when it is polled next."""
        listing = await self._ask(poll)
        act = self._act()
        if isinstance(listing, Listing):
            await self._store.write(commands.take_poll, poll, listing, act=act)
            await self._store.write(_note, poll, act.now + self._interval, None, act=act)
            return
        structlog.get_logger().info("poll.failed", olt=poll.olt.name, code=listing.code)
        pause = timedelta(seconds=RETRY_S[min(poll.failures, len(RETRY_S) - 1)])
        if isinstance(listing, Unsupported):
            pause = RARELY
        await self._store.write(_note, poll, act.now + pause, listing.code, act=act)

    async def _ask(self, poll: PortPoll) -> Listing[PolledOnt] | Failure:
        try:
            return await self._network.driver(poll.olt).poll(poll.port)
        except NOT_CONFIGURED as error:
            return Unsupported(what=f"polling {poll.olt.name}", detail=str(error))

    def _act(self) -> Act:
        return act_of(SYSTEM, clock=self._clock)


def _take(db: Connection, limit: int, *, act: Act) -> Written[Sequence[PortPoll]]:
    return Written(storage.take_due(db, act.now, act.now + TAKEN_FOR, limit=limit))


def _note(
    db: Connection, poll: PortPoll, next_at: datetime, code: str | None, *, act: Act
) -> Written[None]:
    storage.note_poll(db, poll, next_at=next_at, code=code, act=act)
    return Written(None)
