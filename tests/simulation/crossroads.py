"""The network of a crowd: real HTTP to one of several servers, or to two at the same instant."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import httpx

from tests.simulation.chance import Chance
from tests.simulation.network import (
    BUSY,
    PORTAL_PAGE,
    Answered,
    Asked,
    Faults,
    draw_fate,
    truncate,
)
from tests.simulation.violations import require

_LATE_S: Final = (0, 0, 0.3)
"""A copy mostly arrives together with the request, sometimes when that is over."""
_DECODED: Final = {"content-encoding", "content-length", "transfer-encoding"}
_PATIENCE_S: Final = 30


class Crossroads:
    """Brings requests to servers, with the faults of the simulated network."""

    def __init__(self, faults: Faults, chance: Chance, urls: Callable[[], Sequence[str]]) -> None:
        self.faults = faults
        self.seen: Counter[str] = Counter()
        self._chance = chance
        self._urls = urls
        self._http = httpx.AsyncClient(timeout=_PATIENCE_S, trust_env=False)
        self._under_way: set[asyncio.Task[Answered | None]] = set()

    async def close(self) -> None:
        """Give up what is under way, and the connections."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._http.aclose()

    async def settle(self) -> None:
        """Wait until no copy of a request is under way any more."""
        await asyncio.gather(*self._under_way)

    async def exchange(self, asked: Asked, heard: Callable[[Answered], None]) -> Answered | None:
        """Send a request; what comes back, if anything does. Every whole answer is heard."""
        fate = draw_fate(self.faults, self._chance)
        self.seen["requests"] += 1
        if not fate.arrivals_ms:
            self.seen["lost requests"] += 1
            return None
        if fate.is_busy:
            return BUSY
        urls = self._urls()
        first = self._chance.between(0, len(urls) - 1)
        copies = [
            # Each goes to another server than the one before.
            self._send(urls[(first + copy) % len(urls)], asked, heard, is_copy=copy > 0)
            for copy in range(len(fate.arrivals_ms))
        ]
        answered = await self._chance.pick(copies)
        if answered is None or fate.answer_ms is None:
            self.seen["lost answers"] += 1
            return None
        if fate.is_portal or fate.is_truncated:
            self.seen["spoilt answers"] += 1
            return PORTAL_PAGE if fate.is_portal else truncate(answered, self._chance)
        return answered

    def _send(
        self, url: str, asked: Asked, heard: Callable[[Answered], None], *, is_copy: bool
    ) -> "asyncio.Task[Answered | None]":
        self.seen["repeated requests"] += is_copy
        after_s = self._chance.pick(_LATE_S) if is_copy else 0
        task = asyncio.ensure_future(self._ask(url, asked, after_s, heard))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _ask(
        self, url: str, asked: Asked, after_s: float, heard: Callable[[Answered], None]
    ) -> Answered | None:
        await asyncio.sleep(after_s)
        headers = {name: value for name, value in asked.headers.items() if name != "host"}
        try:
            answer = await self._http.request(
                asked.method, f"{url}{asked.path}", headers=headers, content=asked.body
            )
        except httpx.TransportError:
            self.seen["servers that did not answer"] += 1
            return None
        require(
            answer.status_code < 500 or answer.status_code == 503,
            f"{asked.method} {asked.path} was answered {answer.status_code}: {answer.text}",
        )
        self.seen["busy servers"] += answer.status_code == 503
        answered = Answered(
            status=answer.status_code,
            headers={name: v for name, v in answer.headers.items() if name not in _DECODED},
            body=answer.content,
        )
        heard(answered)
        return answered
