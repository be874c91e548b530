"""How many syncs are in work at once, and when a tablet that was turned away may come back.

There is one Writer. Beyond what it can get through within seconds, a request that is let in only
waits, holds its body, and is given up by its tablet before it is answered. So beyond a bound a
tablet is told at once when to come back, before its body is read, and keeps its *turn*: whoever
came later is let in after it. The queue of a mass reconnect stands at the tablets, not here.

All of it is in the memory of one process. After a restart turns are forgotten; nothing else is.
"""

from typing import Final

import msgspec

from sync_protocol.units import Millis

WAIT_S_MIN: Final = 1.0
WAIT_S_MAX: Final = 300.0
SPREAD: Final = 0.25
"""By which part a wait is lengthened at most, so that tablets do not come back in step."""
GRACE_S: Final = 10.0
"""A turn outlives its wait by this and half of the wait: tablets add a spread of their own."""


class Turn(msgspec.Struct, frozen=True):
    """The place in line of a tablet that was turned away."""

    body_bytes: int
    ends_s: float


class Pace:
    """How long one request takes when many are in work, as measured of late.

    Measured only then: alone, a request pays for a whole commit, and the time between two tells of
    the tablets and not of the server.
    """

    LOADED_MIN: Final = 16
    REQUEST_S_FIRST: Final = 0.008
    MEMORY: Final = 256
    """How many requests back it remembers; several commit groups, which end many at once."""

    def __init__(self) -> None:
        self._left = self.MEMORY / 4
        self._busy_s = self._left * self.REQUEST_S_FIRST
        self._since_s: float | None = None

    def note_left(self, in_work: int, now_s: float) -> None:
        """Take note that one of so many has left."""
        is_loaded = in_work >= self.LOADED_MIN
        if is_loaded and self._since_s is not None:
            keep = 1 - 1 / self.MEMORY
            self._left = self._left * keep + 1
            self._busy_s = self._busy_s * keep + now_s - self._since_s
        self._since_s = now_s if is_loaded else None

    @property
    def request_s(self) -> float:
        """Seconds from one that leaves to the next."""
        return self._busy_s / self._left


class Admission:
    """Lets syncs in while there is room; of those turned away, the first comes first.

    Whoever is let in is known by the key of its token. Turns are given only to devices that showed
    a token that is theirs, so holding one tells that it was checked.
    """

    def __init__(self, *, requests_max: int, bytes_max: int) -> None:
        self._requests_max = requests_max
        self._bytes_max = bytes_max
        self._requests = 0
        self._bytes = 0
        self._pace = Pace()
        self._swept_s = 0.0
        self._turns: dict[str, Turn] = {}
        """In the order in which they were given; a turn that is given anew stays where it is."""

    @property
    def requests(self) -> int:
        """How many are in work."""
        return self._requests

    def has_turn(self, key: str) -> bool:
        """Say whether this one was told to come back."""
        return key in self._turns

    def enter(self, key: str, body_bytes: int, *, now_s: float, jitter: float) -> Millis:
        """Let a request in, or tell how long to wait instead; 0 is in, and must leave again.

        Half of the room is for whoever is here: those whose turn it is may never come back. The
        other half is let only to requests that would fit if all who came before were in already.
        """
        self._forget(now_s)
        ahead, ahead_bytes = self._before(key)
        half, half_bytes = self._requests_max // 2, self._bytes_max // 2
        if (
            self._requests == 0
            or self._fits(0, body_bytes, half, half_bytes)
            or self._fits(ahead, ahead_bytes + body_bytes, self._requests_max, self._bytes_max)
        ):
            self._turns.pop(key, None)
            self._requests += 1
            self._bytes += body_bytes
            return 0
        wait_s = self._wait_s(ahead) * (1 + SPREAD * jitter)
        self._turns[key] = Turn(body_bytes, now_s + wait_s * 1.5 + GRACE_S)
        return int(wait_s * 1000)

    def leave(self, body_bytes: int, *, now_s: float) -> None:
        """Give the room of a request back."""
        self._pace.note_left(self._requests, now_s)
        self._requests -= 1
        self._bytes -= body_bytes

    def _fits(self, ahead: int, more_bytes: int, requests_max: int, bytes_max: int) -> bool:
        return self._requests + ahead < requests_max and self._bytes + more_bytes <= bytes_max

    def _before(self, key: str) -> tuple[int, int]:
        """Count the turns that were given before this one's, and the bytes behind them."""
        count = body_bytes = 0
        for holder, turn in self._turns.items():
            if holder == key:
                break
            count += 1
            body_bytes += turn.body_bytes
        return count, body_bytes

    def _forget(self, now_s: float) -> None:
        """Drop the turns of those who did not come back; looked for once a second."""
        if now_s < self._swept_s + 1:
            return
        self._swept_s = now_s
        over = [holder for holder, turn in self._turns.items() if turn.ends_s <= now_s]
        for holder in over:
            del self._turns[holder]

    def _wait_s(self, ahead: int) -> float:
        """Work out when there should be room; where only bytes lack, when one has left."""
        leave_first = max(1, self._requests + ahead - self._requests_max + 1)
        return min(max(leave_first * self._pace.request_s, WAIT_S_MIN), WAIT_S_MAX)
