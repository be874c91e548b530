"""A mass reconnect on virtual time: many tablets' engines before the doors of one server.

Production decides on both sides: ``field_client.engine.step`` and ``server.sync.admission``. The
server's work is played: groups of syncs, one after the other, each as long as its syncs.
"""

import heapq
import random
from collections.abc import Callable
from typing import Final

import msgspec

from field_client.engine import (
    Busy,
    EngineState,
    Finished,
    Outcome,
    Pace,
    StartSession,
    Synced,
    Ticked,
    Unreachable,
    step,
)
from server.sync.admission import Admission

GROUP_MAX: Final = 64
BODY_BYTES: Final = 10_000
TRAVEL_MS: Final = 50
PACE: Final = Pace()


class Tale(msgspec.Struct):
    """What one tablet went through: when it first came, when it was served, how often it asked."""

    came_ms: int
    vanishes: bool = False
    asked: int = 0
    served_ms: int | None = None
    state: EngineState = EngineState()


class Storm:
    """One server, and whoever comes."""

    def __init__(self, *, requests_max: int, request_ms: int, seed: int = 1) -> None:
        self._admission = Admission(requests_max=requests_max, bytes_max=16_000_000)
        self._request_ms = request_ms
        self._chance = random.Random(seed)  # noqa: S311  a simulation
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._scheduled = 0
        self._inside: list[str] = []
        self._is_working = False
        self.now_ms = 0
        self.opens_ms = 0
        self.inside_max = 0
        self.tales: dict[str, Tale] = {}
        self.asked_at_ms: list[int] = []

    def come(self, name: str, at_ms: int, *, vanishes: bool = False) -> None:
        """Let a tablet begin at an instant; one that vanishes is gone once it was turned away."""
        self.tales[name] = Tale(at_ms, vanishes, state=EngineState(next_at_ms=at_ms))
        self._at(at_ms, lambda: self._tick(name))

    def run(self) -> None:
        """Go on until nobody wants anything any more."""
        while self._queue:
            self.now_ms, _order, action = heapq.heappop(self._queue)
            action()

    def _at(self, at_ms: int, action: Callable[[], None]) -> None:
        self._scheduled += 1
        heapq.heappush(self._queue, (at_ms, self._scheduled, action))

    def _tick(self, name: str) -> None:
        tale = self.tales[name]
        tale.state, effects = step(tale.state, Ticked(), self.now_ms, PACE)
        if StartSession() in effects:
            tale.asked += 1
            self.asked_at_ms.append(self.now_ms)
            self._at(self.now_ms + TRAVEL_MS, lambda: self._knock(name))

    def _knock(self, name: str) -> None:
        if self.now_ms < self.opens_ms:
            self._end(name, Unreachable(detail="connection refused"))
            return
        now_s, jitter = self.now_ms / 1000, self._chance.random()
        wait_ms = self._admission.enter(name, BODY_BYTES, now_s=now_s, jitter=jitter)
        if wait_ms and not self.tales[name].vanishes:
            self._end(name, Busy(retry_after_ms=wait_ms))
        elif not wait_ms:
            self._inside.append(name)
            self.inside_max = max(self.inside_max, self._admission.requests)
            self._work()

    def _end(self, name: str, outcome: Outcome) -> None:
        tale = self.tales[name]
        ended = Finished(outcome=outcome, jitter=self._chance.random())
        tale.state, _ = step(tale.state, ended, self.now_ms, PACE)
        if isinstance(outcome, Synced):
            tale.served_ms = self.now_ms
        elif tale.state.next_at_ms is not None:
            self._at(tale.state.next_at_ms, lambda: self._tick(name))

    def _work(self) -> None:
        if self._is_working or not self._inside:
            return
        group, self._inside = self._inside[:GROUP_MAX], self._inside[GROUP_MAX:]
        self._is_working = True
        self._at(self.now_ms + len(group) * self._request_ms, lambda: self._commit(group))

    def _commit(self, group: list[str]) -> None:
        self._is_working = False
        for name in group:
            self._admission.leave(BODY_BYTES, now_s=self.now_ms / 1000)
            self._end(name, Synced())
        self._work()
