"""A crowd: tablets, a dispatcher and several server processes on one PostgreSQL, all at once.

Tablets, technicians, dispatcher and checks are those of the simulated worlds; servers, database and
time are real. A seed decides who does what, how bad the network is and which server is killed; in
what order the processes come to commit is the machine's affair, so a seed is no trace here, and one
that fails may have to be tried more than once.
"""

import asyncio
import itertools
import multiprocessing
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from field_client.engine import Requested
from field_client.replica.state import get_state
from field_client.storage import CommitPoint
from server.database.tables.people import audit
from sync_protocol import wire
from sync_protocol.messages import SyncRequest, SyncResponse
from tests.simulation import answer_checks, checks, conflict_checks, seats, technician
from tests.simulation.chance import Chance, Trace
from tests.simulation.checks import Heard, Seat
from tests.simulation.clocks import TabletClock
from tests.simulation.crossroads import Crossroads
from tests.simulation.dispatcher import Dispatcher, Habits
from tests.simulation.network import HEALED, Answered, Asked, draw_faults
from tests.simulation.promises import Promises
from tests.simulation.server_processes import ServerProcesses
from tests.simulation.shared_office import RealClock, SharedOffice
from tests.simulation.tablet import Flight, Tablet, TabletDied
from tests.simulation.told import Told
from tests.simulation.town import Town
from tests.simulation.violations import Violation, require

ROUNDS_MAX: Final = 2
HABITS: Final = Habits(jobs_max=40, reach=6, places=0.05, cancels=0.02)
_PAUSE_S: Final = 0.02
_REPEATED: Final = 0.4
"""How many requests come to two servers; that is what a crowd is for."""
_PATIENCE_S: Final = 30


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How large a crowd is, and how long it works."""

    servers: int
    tablets: int
    turns: int
    """How often each tablet is taken up and syncs at least; until the last kill it goes on."""
    kills: int


class Crowd:
    """One seed, on one database that holds the town."""

    def __init__(self, seed: int, town: Town, folder: Path, url: str, size: Size) -> None:
        self.seen: Counter[str] = Counter()
        self._seed, self._town, self._url, self._size = seed, town, url, size
        self._clock = RealClock()
        self._chance = Chance(seed, "crowd")
        self._tablet_risk = self._chance.pick((0, 0.005, 0.02))
        self._promises = Promises()
        self._heard: list[Heard] = []
        self._stack = ExitStack()
        blobs = folder / "blobs"
        self._office = SharedOffice(url, self._clock, Chance(seed, "office"), blobs=blobs)
        self._stack.callback(self._office.close)
        self._servers = ServerProcesses(folder, url, self._stack)
        network = Chance(seed, "network")
        faults = msgspec.structs.replace(draw_faults(network), duplicate=_REPEATED)
        self._network = Crossroads(faults, network, lambda: self._servers.urls)
        self._seats = [self._seat(number, folder) for number in range(size.tablets)]

    def _seat(self, number: int, folder: Path) -> Seat:
        # More tablets than technicians: some have two.
        technician_id = self._town.technician_ids[number % len(self._town.technician_ids)]
        name = f"tablet-{number}"
        chance = Chance(self._seed, name)
        tablet = Tablet(name, folder / name, TabletClock(self._clock, chance), chance, {})
        self._stack.callback(self._put_down, tablet)
        seat = seats.enrolled(tablet, technician_id, self._office, self._promises)
        tablet.checkpoint = self._at_tablet_commit
        return seat

    @staticmethod
    def _put_down(tablet: Tablet) -> None:
        if tablet.is_up:
            tablet.die()

    def _at_tablet_commit(self, point: CommitPoint) -> None:
        if self._chance.happens(self._tablet_risk):
            self.seen[f"tablet dies at {point}"] += 1
            raise TabletDied

    def run(self) -> Told:
        """Let everybody work at once, heal, and check everything.

        Raises:
            Violation: says which promise was broken.
        """
        with self._stack:
            rounds = asyncio.run(self._live())
        return Told(seed=self._seed, digest="", rounds=rounds, seen=self.seen)

    def server_log(self) -> str:
        """Give what all servers have said."""
        log = self._servers.log
        return log.read_text("utf-8") if log.exists() else ""

    async def _live(self) -> int:
        technician_ids = tuple(seat.technician_id for seat in self._seats)
        try:
            await self._servers.start(self._size.servers)
            with _dispatching(self._url, self._seed, self._town, technician_ids) as begun:
                await asyncio.to_thread(begun.wait, _PATIENCE_S)
                async with asyncio.TaskGroup() as group:
                    killing = group.create_task(self._kill_servers())
                    for seat in self._seats:
                        group.create_task(self._take_turns(seat, killing))
            await self._network.settle()
            rounds = await self._heal()
        except BaseException:
            # The loop would tell of every session that is thrown away; what failed is told below.
            asyncio.get_running_loop().set_exception_handler(lambda _loop, _about: None)
            for seat in self._seats:
                self._put_down(seat.tablet)
            raise
        finally:
            await self._network.close()
        self.seen.update(self._network.seen)
        self.seen.update(self._office.read(_count_acts))
        self.seen.update(conflict_checks.check(self._office, self._seats))
        self.seen.update(answer_checks.check(self._office, self._seats))
        self.seen.update(checks.check_world(self._office, self._seats, self._heard, Trace()))
        return rounds

    async def _kill_servers(self) -> None:
        for _ in range(self._size.kills):
            await asyncio.sleep(self._chance.share())
            await self._servers.replace(self._chance.between(0, self._size.servers - 1))
            self.seen["killed servers"] += 1

    async def _take_turns(self, seat: Seat, killing: asyncio.Task[None]) -> None:
        chance = Chance(self._seed, f"{seat.tablet.name} turns")
        turns = itertools.count()
        while next(turns) < self._size.turns or not killing.done():
            for _ in range(chance.between(0, 3)):
                self._step(seat, lambda: self._work(seat))
            await asyncio.sleep(chance.share() * _PAUSE_S)
            await self._sync(seat)

    def _work(self, seat: Seat) -> None:
        technician.work(seat.tablet)
        if seat.tablet.chance.happens(0.3):
            technician.answer(seat.tablet)
        seat.promise()

    async def _sync(self, seat: Seat) -> None:
        """Let a tablet sync until it rests or dies."""
        flight = self._step(seat, lambda: seat.tablet.take(Requested()))
        while flight is not None:
            asked = flight.asked
            answered = await self._network.exchange(
                asked, lambda answer, asked=asked: self._hear(seat, asked, answer)
            )
            flight = self._step(seat, lambda answered=answered: checks.resume(seat, answered))

    def _step(self, seat: Seat, deed: Callable[[], Flight | None]) -> Flight | None:
        """Let a tablet do something, which may kill it; it is started before it does the next."""
        self._clock.look()
        try:
            if not seat.tablet.is_up:
                seat.tablet.start()
            flight = deed()
        except TabletDied:
            seat.tablet.die()
            return None
        checks.check_step(self._office, seat)
        return flight

    def _hear(self, seat: Seat, asked: Asked, answered: Answered) -> None:
        if asked.path != "/sync/v1" or answered.status != 200:
            return
        response = wire.decode(answered.body, SyncResponse)
        checks.check_scope(seat, response)
        request = wire.decode(wire.decompress(asked.body), SyncRequest)
        self._heard.append(
            Heard(device_id=seat.device_id, request=request, verdicts=response.verdicts)
        )

    async def _heal(self) -> int:
        """Make the network whole and let all sync together; how many rounds they needed."""
        self._network.faults, self._tablet_risk = HEALED, 0
        for number in range(1, ROUNDS_MAX + 1):  # noqa: B007  it is given below
            await self._let_all_sync()
            if all(checks.is_drained(seat.tablet) for seat in self._seats):
                break
        else:
            states = [seat.tablet.read(get_state) for seat in self._seats]
            raise Violation(f"not drained {ROUNDS_MAX} rounds after the network healed: {states}")
        # What one sent may concern another that had its turn before.
        await self._let_all_sync()
        return number

    async def _let_all_sync(self) -> None:
        async with asyncio.TaskGroup() as group:
            for seat in self._seats:
                group.create_task(self._sync(seat))


def _count_acts(db: sa.Connection) -> Counter[str]:
    """Count what the office did and what came of completions, as the history has it."""
    rows = db.execute(sa.select(audit.c.action, sa.func.count()).group_by(audit.c.action))
    return Counter({f"history {action}": count for action, count in rows})


@contextmanager
def _dispatching(
    url: str, seed: int, town: Town, technician_ids: Sequence[UUID]
) -> Generator[Event]:
    """Let a dispatcher work in a process of its own, with a store of its own."""
    context = multiprocessing.get_context("spawn")
    over, begun = context.Event(), context.Event()
    process = context.Process(target=dispatch, args=(url, seed, town, technician_ids, begun, over))
    process.start()
    try:
        yield begun
    finally:
        over.set()
        process.join(_PATIENCE_S)
        if process.is_alive():
            process.kill()
    require(process.exitcode == 0, f"the dispatcher ended with {process.exitcode}")


def dispatch(
    url: str, seed: int, town: Town, technician_ids: tuple[UUID, ...], begun: Event, over: Event
) -> None:
    """Be the dispatcher: assign there and back until it is over."""
    chance = Chance(seed, "dispatcher")
    office = SharedOffice(url, RealClock(), Chance(seed, "acts of the dispatcher"))
    dispatcher = Dispatcher(office, town, chance, with_tablets=technician_ids, habits=HABITS)
    while not over.is_set():
        dispatcher.act()
        begun.set()
        over.wait(chance.share() * _PAUSE_S)
    office.close()
