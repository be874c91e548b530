"""What is to happen in a world, and when: one queue of events on virtual time."""

import heapq
from collections.abc import Callable
from typing import Final

from tests.simulation.clocks import WorldClock
from tests.simulation.violations import Violation

EVENTS_MAX: Final = 20_000
"""Far more than any world needs; what gets there asks again and again without going forward."""


class Agenda:
    """Events by their time; those of one time in the order in which they were planned."""

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._planned = 0

    def at(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Plan an event, so long from now."""
        self._planned += 1
        heapq.heappush(self._events, (self._clock.now_ms + delay_ms, self._planned, action))

    def go_on(self, wanted: Callable[[], bool]) -> None:
        """Let events happen while this is wanted and any are left.

        Raises:
            Violation: it does not end.
        """
        for _ in range(EVENTS_MAX):
            if not (self._events and wanted()):
                return
            at_ms, _order, action = heapq.heappop(self._events)
            self._clock.now_ms = max(self._clock.now_ms, at_ms)
            action()
        raise Violation(f"a storm: still busy after {EVENTS_MAX} events")
