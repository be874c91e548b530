"""A world: one office, some tablets, a bad network, people, crashes; then it heals and is checked.

One thread and one queue of events on virtual time. Nothing in it asks the machine for time or
randomness, so a seed is a trace.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from field_client.engine import Recorded, Requested
from field_client.replica.state import get_state
from field_client.storage import CommitPoint
from server.database.writer import Boundary
from sync_protocol import wire
from sync_protocol.messages import SyncRequest, SyncResponse
from tests.simulation import answer_checks, checks, conflict_checks, seats, technician
from tests.simulation.agenda import Agenda
from tests.simulation.answering import Answering
from tests.simulation.chance import Chance, Trace
from tests.simulation.checks import Heard, Seat
from tests.simulation.clashes import Clashes
from tests.simulation.clocks import MINUTE, SECOND, TabletClock, WorldClock
from tests.simulation.dispatcher import Dispatcher
from tests.simulation.keeping import SETTLED_MS, Keeping
from tests.simulation.mutation import Mutation
from tests.simulation.network import (
    BUSY,
    HEALED,
    PORTAL_PAGE,
    TIMEOUT_MS,
    Answered,
    Asked,
    draw_fate,
    draw_faults,
    truncate,
)
from tests.simulation.office import Office, OfficeCrashed
from tests.simulation.promises import Promises
from tests.simulation.put_backs import PutBacks
from tests.simulation.restores import Hands, Restores
from tests.simulation.tablet import Flight, Replacements, Tablet, TabletDied
from tests.simulation.told import Told
from tests.simulation.town import Town
from tests.simulation.violations import Violation

CHAOS_MS: Final = 90 * MINUTE
ROUNDS_MAX: Final = 2
"""Once the network is whole: one session that sends and one that has nothing left to do."""
LATE_MS: Final = 21 * MINUTE
"""Longer than the network holds back any copy of a request."""


class World:
    """One seed."""

    def __init__(
        self,
        seed: int,
        town: Town,
        folder: Path,
        *,
        tablets: int | None = None,
        mutation: Mutation | None = None,
    ) -> None:
        mutation = mutation or Mutation()
        self.seed, self.trace = seed, Trace()
        self.seen: Counter[str] = Counter()
        self._clock = WorldClock()
        agenda = Agenda(self._clock)
        self._at, self._go_on = agenda.at, agenda.go_on
        self._chance = Chance(seed, "world")
        self._crashes = Chance(seed, "crashes")
        self._net = Chance(seed, "network")
        self._faults = draw_faults(self._net)
        self._office_risk = self._crashes.pick((0, 0.02, 0.1))
        self._tablet_risk = self._crashes.pick((0, 0.005, 0.03))
        self._waiting: dict[str, Flight] = {}
        self._ticking: dict[str, tuple[int, int | None]] = {}
        self._down: set[str] = set()
        self.heard: list[Heard] = []
        self.promises = Promises()
        shutil.copy(town.database, folder / "server.db")
        self.office = Office(
            folder,
            self._clock,
            Chance(seed, "office"),
            code=mutation.server,
            page_limit=self._chance.pick((1, 2, 5, 100)),
        )
        count = tablets or self._chance.pick((1, 1, 2))
        # Somebody may work with two tablets.
        of = (0, 0, 2) if Chance(seed, "devices").happens(0.3) else (0, 1, 2)
        self.seats = [
            self._seat(f"tablet-{index}", town.technician_ids[of[index]], folder, mutation.tablet)
            for index in range(count)
        ]
        self.seen["two of one technician"] += count == 2 and of[1] == 0
        self.dispatcher = Dispatcher(
            self.office,
            town,
            Chance(seed, "dispatcher"),
            with_tablets=tuple(seat.technician_id for seat in self.seats),
        )
        hands = self._hands()
        self._restores = Restores(seed, self.office, self.promises, self._clock, hands)
        self._keeping = Keeping(seed, self.office, hands)
        self._put_backs = PutBacks(self, hands, self._restores.strand)
        self._clashes, self._answering = Clashes(self, hands), Answering(self, hands)
        self.office.probe = self._at_server_commit

    def run(self) -> Told:
        """Live through the chaos, heal, and check everything.

        Raises:
            Violation: says which promise was broken.
        """
        self._plan_chaos()
        self._go_on(lambda: self._clock.now_ms < CHAOS_MS)
        rounds = self._heal()
        self.seen.update(self._keeping.check_healed(self.seats))
        self.seen.update(conflict_checks.check(self.office, self.seats))
        self.seen.update(answer_checks.check(self.office, self.seats))
        self.seen.update(checks.check_world(self.office, self.seats, self.heard, self.trace))
        return Told(seed=self.seed, digest=self.trace.digest(), rounds=rounds, seen=self.seen)

    def close(self) -> None:
        """Give files and connections back."""
        for seat in self.seats:
            if seat.tablet.is_up:
                seat.tablet.die()
        self.office.close()

    def _seat(self, name: str, technician_id: UUID, folder: Path, replaced: Replacements) -> Seat:
        chance = Chance(self.seed, name)
        clock = TabletClock(self._clock, chance)
        tablet = Tablet(name, folder / name, clock, chance, replaced)
        seat = seats.enrolled(tablet, technician_id, self.office, self.promises)
        tablet.checkpoint = lambda point: self._at_tablet_commit(name, point)
        return seat

    def _hands(self) -> Hands:
        return Hands(
            at=self._at,
            do=self._do,
            put_down=self._put_down,
            take_up=self._revive,
            join=self._join,
            work=self._work,
            finish_unsent=self._finish_unsent,
            office_fell=self._office_fell,
            note=self._note_event,
        )

    def _join(self, seat: Seat) -> None:
        """Let the copy of a tablet work like any other."""
        name = seat.tablet.name
        seat.tablet.checkpoint = lambda point: self._at_tablet_commit(name, point)
        self.seats.append(seat)
        left_ms = max(0, CHAOS_MS - self._clock.now_ms)
        for _ in range(self._chance.between(3, 8)):
            self._at(self._chance.between(0, left_ms), lambda: self._work(seat))
        self._wake(seat)

    def _plan_chaos(self) -> None:
        for _ in range(self._chance.between(5, 12)):
            self._at(self._chance.between(0, CHAOS_MS), self._dispatch)
        self._keeping.plan(self.seats, CHAOS_MS)
        self._put_backs.plan(CHAOS_MS)
        self._clashes.plan(CHAOS_MS)
        self._answering.plan(CHAOS_MS)
        for seat in self.seats:
            for _ in range(self._chance.between(6, 16)):
                self._at(self._chance.between(0, CHAOS_MS), lambda seat=seat: self._work(seat))
            for _ in range(self._chance.between(0, 3)):
                self._plan_outage(seat)
            if self._crashes.happens(0.3):
                at_ms = self._crashes.between(0, CHAOS_MS)
                self._at(at_ms, lambda seat=seat: self._bury(seat, "falls"))
            self._at(self._chance.between(0, MINUTE), lambda seat=seat: self._wake(seat))
            self._restores.plan(seat, CHAOS_MS)

    def _plan_outage(self, seat: Seat) -> None:
        name, begins_ms = seat.tablet.name, self._chance.between(0, CHAOS_MS)
        self._at(begins_ms, lambda: self._down.add(name))
        self._at(begins_ms + self._chance.between(1, 30) * MINUTE, lambda: self._down.discard(name))

    def _heal(self) -> int:
        """Make everything whole and give each tablet its rounds; answer how many were needed."""
        self._note("the world heals")
        self._faults, self._office_risk, self._tablet_risk = HEALED, 0, 0
        self._down.clear()
        if not self.office.is_up:
            self.office.restart()
        self._keeping.mend()
        for seat in self.seats:
            self._revive(seat)
            self._restores.finish(seat)
        self._go_on(self._is_somebody_syncing)
        rounds = next(filter(self._is_drained_after, range(1, ROUNDS_MAX + 1)), None)
        if rounds is None:
            states = [seat.tablet.read(get_state) for seat in self.seats]
            raise Violation(f"not drained {ROUNDS_MAX} rounds after the network healed: {states}")
        # Copies of requests that have been under way for long turn up where all is settled.
        ends_ms = self._clock.now_ms + (SETTLED_MS if self._keeping.is_damaged else LATE_MS)
        self._go_on(lambda: self._clock.now_ms < ends_ms)
        # What the last tablet sent may concern one that had its turn before.
        self._let_all_sync()
        return rounds

    def _is_drained_after(self, _round: int) -> bool:
        self._let_all_sync()
        return all(checks.is_drained(seat.tablet) for seat in self.seats)

    def _let_all_sync(self) -> None:
        for seat in self.seats:
            self._do(seat, lambda seat=seat: seat.tablet.take(Requested()))
        self._go_on(self._is_somebody_syncing)

    def _is_somebody_syncing(self) -> bool:
        return any(seat.tablet.is_syncing for seat in self.seats)

    def _dispatch(self) -> None:
        if not self.office.is_up:
            return
        try:
            self._note(f"dispatcher {self.dispatcher.act()}")
        except OfficeCrashed:
            self._office_fell()

    def _finish_unsent(self, seat: Seat) -> None:
        """Complete a job where there is no network."""
        within_reach = {seat.tablet.name} - self._down
        self._down |= within_reach
        self._work(seat, technician.finish)
        self._down -= within_reach

    def _work(self, seat: Seat, kind: Callable[[Tablet], str] = technician.work) -> None:
        if not seat.tablet.is_up:
            return

        def deed() -> Flight | None:
            done = kind(seat.tablet)
            self._note(f"{seat.tablet.name} {done}")
            seat.promise()
            return seat.tablet.take(Recorded())

        self._do(seat, deed)

    def _wake(self, seat: Seat) -> None:
        if seat.tablet.is_up:
            self._do(seat, seat.tablet.tick)

    def _do(self, seat: Seat, deed: Callable[[], Flight | None]) -> None:
        """Let a tablet do something, which may kill it, and send what it wants sent."""
        try:
            flight = deed()
        except TabletDied:
            self._bury(seat, "dies at a commit")
            return
        checks.check_step(self.office, seat)
        if flight is not None:
            self._send(seat, flight)
        self._plan_tick(seat)

    def _plan_tick(self, seat: Seat) -> None:
        tablet = seat.tablet
        next_at_ms = tablet.engine.next_at_ms
        planned = (tablet.life, next_at_ms)
        if tablet.is_syncing or next_at_ms is None or self._ticking.get(tablet.name) == planned:
            return
        self._ticking[tablet.name] = planned
        delay_ms = max(0, next_at_ms - tablet.clock.moment().monotonic_ms)
        self._at(delay_ms, lambda: self._tick(seat, planned))

    def _tick(self, seat: Seat, planned: tuple[int, int | None]) -> None:
        if seat.tablet.is_up and self._ticking.get(seat.tablet.name) == planned:
            del self._ticking[seat.tablet.name]
            self._do(seat, seat.tablet.tick)

    def _send(self, seat: Seat, flight: Flight) -> None:
        self.seen["requests"] += 1
        self._waiting[seat.tablet.name] = flight
        self._at(TIMEOUT_MS, lambda: self._deliver(seat, flight, None))
        if seat.tablet.name in self._down:
            self.seen["out of reach"] += 1
            return
        fate = draw_fate(self._faults, self._net)
        self._note(f"{seat.tablet.name} asks {flight.asked.method} {flight.asked.path} {fate}")
        if not fate.arrivals_ms:
            self.seen["lost requests"] += 1
        for copy, arrival_ms in enumerate(fate.arrivals_ms):
            self.seen["repeated requests"] += copy > 0

            def arrive() -> None:
                answered = BUSY if fate.is_busy else self._answer(seat, flight.asked)
                if answered is None:
                    return
                if fate.is_truncated or fate.is_portal:
                    self.seen["spoilt answers"] += 1
                    answered = PORTAL_PAGE if fate.is_portal else truncate(answered, self._net)
                if fate.answer_ms is None:
                    self.seen["lost answers"] += 1
                    return
                self._at(fate.answer_ms, lambda: self._deliver(seat, flight, answered))

            self._at(arrival_ms, arrive)

    def _answer(self, seat: Seat, asked: Asked) -> Answered | None:
        if not self.office.is_up:
            return None
        try:
            answered = self.office.answer(asked)
        except OfficeCrashed:
            self._office_fell()
            return None
        self._note(f"office answers {answered.status} {answered.body.decode('latin-1')}")
        if asked.path == "/sync/v1" and answered.status == 200:
            self._overhear(seat, asked, answered)
        return answered

    def _overhear(self, seat: Seat, asked: Asked, answered: Answered) -> None:
        request = wire.decode(wire.decompress(asked.body), SyncRequest)
        response = wire.decode(answered.body, SyncResponse)
        checks.check_scope(seat, response)
        self.heard.append(
            Heard(
                device_id=self.office.device_of(asked).id,
                request=request,
                verdicts=response.verdicts,
            )
        )

    def _deliver(self, seat: Seat, flight: Flight, answered: Answered | None) -> None:
        if self._waiting.get(seat.tablet.name) is not flight:
            return
        del self._waiting[seat.tablet.name]
        self._do(seat, lambda: checks.resume(seat, answered))

    def _at_server_commit(self, boundary: Boundary) -> None:
        if self._crashes.happens(self._office_risk):
            self.seen[f"server crashes {boundary.side} commit"] += 1
            raise OfficeCrashed

    def _at_tablet_commit(self, name: str, point: CommitPoint) -> None:
        if self._crashes.happens(self._tablet_risk):
            self._note(f"{name} is about to die at {point}")
            self.seen[f"tablet dies at {point}"] += 1
            raise TabletDied

    def _office_fell(self) -> None:
        self._note("office falls")
        self.office.is_up = False

        def restart() -> None:
            if not self.office.is_up:
                self.office.restart()

        self._at(self._crashes.between(1, 5 * MINUTE), restart)

    def _bury(self, seat: Seat, how: str) -> None:
        if not seat.tablet.is_up:
            return
        self._note(f"{seat.tablet.name} {how}")
        self._put_down(seat)
        if self._crashes.happens(0.5):
            seat.tablet.clock.reboot()
        self._at(self._crashes.between(SECOND, 5 * MINUTE), lambda: self._revive(seat))

    def _put_down(self, seat: Seat) -> None:
        """End a tablet's process; what it waited for comes to nobody."""
        seat.tablet.die()
        self._waiting.pop(seat.tablet.name, None)

    def _revive(self, seat: Seat) -> None:
        if seat.tablet.is_up:
            return
        try:
            seat.tablet.start()
        except TabletDied:
            self._bury(seat, "dies at its start")
            return
        self._do(seat, seat.tablet.tick)

    def _note_event(self, what: str, of: str) -> None:
        self.seen[what] += 1
        self._note(f"{of}: {what}")

    def _note(self, line: str) -> None:
        self.trace.note(f"{self._clock.now_ms:>8} {line}")
