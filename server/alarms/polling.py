"""Asking OLTs gently: one thing of an OLT at a time, its ports spread over the interval.

States come from the OLT's own memory, a port at a time. Light costs every ONT an exchange with its
OLT, and OLTs have fallen over that: one ONT is asked after the other, each once a day. An OLT that
does not answer is left alone for longer and longer, and says nothing of its ONTs.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
import structlog

from activation.driver import OltDriver
from activation.failures import AuthRejected, Failure, OltBusy, OltUnreachable, Unsupported
from activation.requests import Listing, Observation, PolledOnt, Reading
from server.acts import SYSTEM, Act, Clock, act_of
from server.alarms import alarm_storage, commands, turns
from server.alarms.turns import BREATH, LightLook, PortPoll, Turn
from server.database import Connection, Store, Written
from server.due_loop import DueWork
from server.fulfilment.device_steps import NOT_CONFIGURED
from server.fulfilment.network import Network
from sync_protocol.serials import OntSerial

TAKEN_FOR: Final = timedelta(seconds=60)
"""Longer than anything that is asked here may take; then somebody else may try."""
OLTS_AT_ONCE: Final = 8
RETRY_S: Final = (30, 60, 120, 300)
"""An OLT rests so long when it did not answer, once and again; the last goes on."""
RARELY: Final = timedelta(hours=1)
"""What a driver cannot do it is asked again when it may have been replaced; so is light that
could not be read."""
SPREAD: Final = 0.8
"""The part of the interval that a round over the ports of an OLT fills; the rest is for light."""
LIGHT_REST: Final = timedelta(seconds=5)
"""Between two ONTs of one OLT: ten thousand are read within a day all the same."""
OF_THE_OLT: Final = (OltUnreachable, AuthRejected, OltBusy)
"""Failures that the next port of the OLT would have, too."""
TOPIC: Final = "polls"


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often what is asked."""

    ports: timedelta
    light: timedelta | None
    """None: never."""
    left_alone: tuple[str, ...] = ()
    """OLTs that are not asked at all, by their external ids."""

    def rest(self, poll: PortPoll) -> timedelta:
        """Tell how long an OLT rests after a port, so that its ports spread over the interval."""
        return max(BREATH, self.ports * SPREAD / poll.ports)


class Poller:
    """Asks what is due and takes over what it showed."""

    def __init__(self, store: Store, network: Network, *, pace: Pace, clock: Clock) -> None:
        self._store = store
        self._network = network
        self._pace = pace
        self._clock = clock

    def work(self) -> DueWork[Turn]:
        """Describe this poller for the loop."""
        return DueWork(
            name="polls",
            topic=TOPIC,
            take=self.take,
            handle=self.handle,
            next_due_at=partial(turns.next_due_at, left_alone=self._pace.left_alone),
        )

    async def take(self, limit: int) -> Sequence[Turn]:
        """Take what is due, one thing of each OLT."""
        return await self._store.write(_take, self._pace, min(limit, OLTS_AT_ONCE), act=self._act())

    async def handle(self, turn: Turn) -> None:
        """Ask, take over the answer, and say when the OLT and the thing are due again."""
        if isinstance(turn, PortPoll):
            polled = await self._poll(turn)
            await self._store.write(_conclude_poll, turn, polled, self._pace, act=self._act())
        else:
            seen = await self._look(turn)
            await self._store.write(_conclude_look, turn, seen, self._pace, act=self._act())

    async def _poll(self, poll: PortPoll) -> Listing[PolledOnt] | Failure:
        driver = self._driver(poll)
        if isinstance(driver, Unsupported):
            return driver
        listing = await driver.poll(poll.port)
        if not isinstance(listing, Listing):
            structlog.get_logger().info("poll.failed", olt=poll.olt.name, code=listing.code)
        return listing

    async def _look(self, look: LightLook) -> Observation | Failure:
        driver = self._driver(look)
        if isinstance(driver, Unsupported):
            return driver
        return await driver.observe(look.ref, OntSerial(look.serial))

    def _driver(self, turn: Turn) -> OltDriver | Unsupported:
        try:
            return self._network.driver(turn.olt)
        except NOT_CONFIGURED as error:
            return Unsupported(what=f"polling {turn.olt.name}", detail=str(error))

    def _act(self) -> Act:
        return act_of(SYSTEM, clock=self._clock)


def _take(db: Connection, pace: Pace, limit: int, *, act: Act) -> Written[Sequence[Turn]]:
    taken = turns.take(
        db,
        act.now,
        act.now + TAKEN_FOR,
        limit=limit,
        left_alone=pace.left_alone,
        with_light=pace.light is not None,
    )
    return Written(taken)


def _conclude_poll(
    db: Connection,
    poll: PortPoll,
    answer: Listing[PolledOnt] | Failure,
    pace: Pace,
    *,
    act: Act,
) -> Written[None]:
    if isinstance(answer, Listing):
        taken = commands.take_poll(db, poll, answer, act=act)
        turns.note_poll(db, poll, next_at=act.now + pace.ports, code=None, now=act.now)
        topics = taken.topics | _conclude(db, poll, None, pace.rest(poll), act)
        if taken.look_around is not None:
            everywhere = [(poll.olt.id, None)]
            turns.hurry(db, everywhere, act.now, polled_before=taken.look_around)
        return Written(None, topics=topics)
    pause = RARELY if isinstance(answer, Unsupported) else _pause(poll.failures)
    turns.note_poll(db, poll, next_at=act.now + pause, code=answer.code, now=act.now)
    return Written(None, topics=_conclude(db, poll, answer, BREATH, act))


def _conclude_look(
    db: Connection, look: LightLook, answer: Observation | Failure, pace: Pace, *, act: Act
) -> Written[None]:
    light = alarm_storage.find_light(db, look.service_id)
    topics = frozenset[str]()
    if light is not None:
        reading = answer.ont_rx if isinstance(answer, Observation) else None
        if isinstance(reading, Reading):
            light = msgspec.structs.replace(light, next_at=act.now + (pace.light or RARELY))
            topics = commands.take_reading(db, look, light, reading.power_cdbm, act=act)
        else:
            light = msgspec.structs.replace(light, next_at=act.now + RARELY)
            alarm_storage.store_light(db, light)
    failure = None if isinstance(answer, Observation) else answer
    return Written(None, topics=topics | _conclude(db, look, failure, LIGHT_REST, act))


def _conclude(
    db: Connection, turn: Turn, failure: Failure | None, rest: timedelta, act: Act
) -> frozenset[str]:
    """Give the OLT back, after a rest that grows while it does not answer."""
    is_of_olt = isinstance(failure, OF_THE_OLT)
    turns.give_back(
        db,
        turn.olt.id,
        free_at=act.now + (_pause(turn.olt_failures) if is_of_olt else rest),
        failures=turn.olt_failures + 1 if is_of_olt else 0,
    )
    return commands.note_answer(db, turn, failure, act=act) | {TOPIC}


def _pause(failures: int) -> timedelta:
    return timedelta(seconds=RETRY_S[min(failures, len(RETRY_S) - 1)])
