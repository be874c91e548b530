"""P20: what one tablet asks is bounded, in bytes, in requests, and in how soon it asks again."""

from collections import Counter
from http import HTTPMethod
from typing import Final

import msgspec

from field_client.engine import Busy, Event, Finished, Outcome, Pace, Requested, Unreachable
from sync_protocol import wire
from sync_protocol.messages import OPERATIONS_PER_PUSH_MAX, SyncRequest
from tests.simulation.network import Asked

PIECE_BYTES_MAX: Final = 8_000_000
REPEATS_MAX: Final = 8
"""How often a session may ask one and the same: at first, with a new token, and once for each
incarnation that it may begin or register."""


class Bounds:
    """Watches one tablet; ``broken`` says what went beyond its bounds."""

    def __init__(self, name: str, pace: Pace) -> None:
        self._name = name
        self._pace = pace
        self._said: Counter[bytes] = Counter()
        self.broken: list[str] = []
        self.begin_anew()

    def begin_anew(self) -> None:
        """Expect nothing of the process before: a new one has no memory of failures."""
        self._failures = 0
        self._not_before_ms: int | None = None

    def session_begins(self, event: Event, now_ms: int) -> None:
        """Check that a session waits as long as the one before it has to be waited for."""
        self._said.clear()
        too_soon = self._not_before_ms is not None and now_ms < self._not_before_ms
        if too_soon and not isinstance(event, Requested):
            self._break(f"asks again at {now_ms}, which is before {self._not_before_ms}")

    def session_ends(self, event: Finished, now_ms: int) -> None:
        """Note how long the next session has to wait at least."""
        pause_ms = self._pause_ms(event.outcome)
        self._not_before_ms = None if pause_ms is None else now_ms + pause_ms

    def asks(self, asked: Asked) -> None:
        """Check one request."""
        if asked.path != "/sync/v1":
            most = (
                PIECE_BYTES_MAX if asked.method == HTTPMethod.PATCH else wire.COMPRESSED_BYTES_MAX
            )
            if len(asked.body) > most:
                self._break(f"sends {len(asked.body)} bytes to {asked.path}, of at most {most}")
            return
        plain = wire.decompress(asked.body)  # at most so many bytes, or it says so itself
        request = wire.decode(plain, SyncRequest)
        count = len(request.operations)
        if count > OPERATIONS_PER_PUSH_MAX or len(asked.body) > wire.COMPRESSED_BYTES_MAX:
            self._break(f"pushes {count} operations in {len(asked.body)} bytes")
        said = msgspec.json.encode((request.incarnation, request.operations, request.cursor))
        self._said[said] += 1
        if self._said[said] > REPEATS_MAX:
            self._break(f"asks one and the same {self._said[said]} times in a session")

    def _pause_ms(self, outcome: Outcome) -> int | None:
        match outcome:
            case Busy(retry_after_ms=retry_after_ms):
                self._failures += 1
                return retry_after_ms
            case Unreachable():
                self._failures += 1
                most_ms = self._pace.retry_ms_min * 2 ** min(self._failures - 1, 20)
                return min(most_ms, self._pace.retry_ms_max) // 2
            case _:
                self._failures = 0
                return None

    def _break(self, how: str) -> None:
        self.broken.append(f"{self._name} {how}")
