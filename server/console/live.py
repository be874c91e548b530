"""Live parts of pages: server-sent events that carry rendered fragments.

A stream reads, sends what differs from what it sent before, and waits for a signal. Signals may be
lost or doubled; it also looks at the pace of its pings, so it is late then, never wrong.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Final

from litestar.exceptions import ServiceUnavailableException
from litestar.response.sse import ServerSentEventMessage

from server.database.signals import Signals

PING_S: Final = 15.0
REST_S: Final = 1.0
"""For pages about everything: thousands of activations would have them rendered all the time."""
STREAMS_MAX: Final = 500
"""Of one process; each holds a connection and renders at every change of what it shows."""
_ENDED: Final = "live_streams:ended"

Fragments = Mapping[str, str]
"""Rendered HTML by the name of the event that carries it."""
Render = Callable[[], Awaitable[Fragments | None]]


class LiveStreams:
    """The open streams of this process: bounded, and ended together when it stops."""

    def __init__(
        self, signals: Signals, *, ping_s: float = PING_S, streams_max: int = STREAMS_MAX
    ) -> None:
        self._signals = signals
        self._ping_s = ping_s
        self._streams_max = streams_max
        self._has_ended = False
        self.open = 0

    def end(self) -> None:
        """End every stream now, so that stopping waits for none; browsers come back by themselves.

        Call it on the event loop or from a thread, never inside a signal handler.
        """
        self._has_ended = True
        self._signals.notify([_ENDED])

    def require_room(self) -> None:
        """Refuse one stream too many, before an answer has begun.

        Raises:
            ServiceUnavailableException: with how long to wait; the page works without its stream.
        """
        if self._has_ended or self.open >= self._streams_max:
            raise ServiceUnavailableException(
                detail="no room for another live page; load it again to see what is new",
                headers={"Retry-After": "10"},
            )

    async def follow(
        self, *topics: str, render: Render, rest_s: float = 0
    ) -> AsyncGenerator[ServerSentEventMessage, None]:
        """Send fragments whenever a topic moves and they changed; a ping when all is quiet.

        The first round sends everything: what changed between page and stream is not missed. Ends
        when ``render`` gives None, which says that the visitor may not see it any longer. After
        each round it rests, for topics that move many times a second.
        """
        self.open += 1
        try:
            async with self._signals.subscribe(_ENDED, *topics) as moved:
                sent: Fragments = {}
                while not self._has_ended:
                    moved.clear()
                    fragments = await render()
                    if fragments is None:
                        return
                    for message in _messages(sent, fragments):
                        yield message
                    sent = fragments
                    await asyncio.sleep(rest_s)
                    await self._wait(moved)
        finally:
            self.open -= 1

    async def _wait(self, moved: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._ping_s):
                await moved.wait()
        except TimeoutError:
            return


def _messages(sent: Fragments, fragments: Fragments) -> list[ServerSentEventMessage]:
    changed = [
        ServerSentEventMessage(event=name, data=html)
        for name, html in fragments.items()
        if sent.get(name) != html
    ]
    return changed or [ServerSentEventMessage(comment="ping", data=None)]
