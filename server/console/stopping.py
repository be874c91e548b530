"""Stopping quickly: a server that ends its live streams as soon as it is asked to stop."""

import asyncio
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from server.console.live import LiveStreams

if TYPE_CHECKING:
    import socket


class StoppingServer(uvicorn.Server):
    """Uvicorn waits for open answers before the application hears of the stop; streams never end.

    So the signal itself ends them.
    """

    def __init__(self, config: uvicorn.Config, streams: LiveStreams) -> None:
        super().__init__(config)
        self._streams = streams
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: "list[socket.socket] | None" = None) -> None:
        """Start, and remember the loop on which streams are ended."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams, then stop as uvicorn does."""
        if self._loop is not None:
            # Not here and now: the signal may have come while this thread holds the lock.
            self._loop.call_soon_threadsafe(self._streams.end)
        super().handle_exit(sig, frame)
