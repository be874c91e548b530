"""An event loop in which nobody waits for silence.

A simulated OLT, the driver and their sockets on loopback live in one loop and one thread. When no
datagram is there to be read and nothing is ready to run, none will ever come: then only timers are
left, and the clock leaps to the next one. A time-out so never ends a wait that an answer was still
to end, however slow the machine is.
"""

import asyncio
import selectors


class _Selector(selectors.DefaultSelector):
    """Looks what is there; where nothing is, it counts the wait instead of waiting."""

    leapt_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout is None:
            return ready or super().select(timeout)
        self.leapt_s += max(timeout, 0)
        return []


class LeapingLoop(asyncio.SelectorEventLoop):
    """For what lives wholly in this loop: who waits for another thread or process waits in vain."""

    def __init__(self) -> None:
        self._leaps = _Selector()
        super().__init__(self._leaps)

    def time(self) -> float:
        """Tell the time of this loop's timers, which goes on by leaps alone."""
        return self._leaps.leapt_s
