"""Looking at one ONT now, because a person asked: in the OLT's turn, and not for long."""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from activation.failures import Failure
from activation.requests import Observation
from server.acts import Clock
from server.alarms import turns
from server.alarms.polling import TOPIC
from server.database import Connection, Store, Written
from server.fulfilment import situation
from server.fulfilment.device_steps import NOT_CONFIGURED
from server.fulfilment.network import Network

LOOK_S: Final = 10.0
"""As long as somebody on the phone waits; a driver has asked several times by then."""
TURN_S: Final = 5.0
"""How long the end of a poll of the same OLT is waited for."""
TAKEN_FOR: Final = timedelta(seconds=LOOK_S + TURN_S)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What an ONT said when it was asked."""

    at: datetime
    seen: Observation


class NoLook(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing can be said of an ONT just now; the last poll says what it said."""

    code: str | None = None
    """A coded reason; None: nobody had time, or there is nothing to look at."""
    detail: str


Looked = Look | NoLook
NOTHING_THERE: Final = NoLook(detail="No ONT of this service is registered on an OLT.")
BUSY: Final = NoLook(detail="The OLT is being asked something else. Look again in a moment.")
TOO_LONG: Final = NoLook(
    code="OLT_UNREACHABLE", detail=f"no answer within {LOOK_S:.0f} seconds, so it was given up"
)


async def look(store: Store, network: Network, service_id: UUID, *, clock: Clock) -> Looked:
    """Observe the ONT of a service once. Nothing is written to it, and nothing is stored.

    Waits for its turn: one thing of an OLT is asked at a time, polls included.
    """
    own = await store.read(situation.load_reserved, service_id)
    if own is None:
        return NOTHING_THERE
    try:
        driver = network.driver(own.olt)
    except NOT_CONFIGURED as error:
        return NoLook(code="CONFIGURATION_MISSING", detail=str(error))
    until = await _take_turn(store, own.olt.id, clock)
    if until is None:
        return BUSY
    try:
        async with asyncio.timeout(LOOK_S):
            answer = await driver.observe(own.allocation.ref, own.serial)
    except TimeoutError:
        return TOO_LONG
    finally:
        await store.write(_let_go, own.olt.id, until)
    return _looked(answer, clock())


async def _take_turn(store: Store, olt_id: UUID, clock: Clock) -> datetime | None:
    """Take the OLT as soon as it is free; None when it is not for too long."""
    async with store.signals.subscribe(TOPIC) as moved:
        try:
            async with asyncio.timeout(TURN_S):
                while True:
                    moved.clear()
                    now = clock()
                    if await store.write(_take, olt_id, now):
                        return now + TAKEN_FOR
                    await moved.wait()
        except TimeoutError:
            return None


def _take(db: Connection, olt_id: UUID, now: datetime) -> Written[bool]:
    return Written(turns.take_olt(db, olt_id, now, now + TAKEN_FOR))


def _let_go(db: Connection, olt_id: UUID, until: datetime) -> Written[None]:
    turns.let_go_olt(db, olt_id, until=until)
    return Written(None, topics=frozenset({TOPIC}))


def _looked(answer: Observation | Failure, now: datetime) -> Looked:
    if isinstance(answer, Observation):
        return Look(at=now, seen=answer)
    return NoLook(code=answer.code, detail=str(answer))
