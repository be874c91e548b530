"""Bytes on a connection, headers and all: a relay between the real client and the server."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator


class Counts:
    """What has gone through so far."""

    def __init__(self) -> None:
        self.up = 0
        self.down = 0

    def add(self, *, up: int = 0, down: int = 0) -> None:
        """Count bytes of one direction."""
        self.up += up
        self.down += down


@contextlib.asynccontextmanager
async def counted(port: int) -> AsyncGenerator[tuple[int, Counts]]:
    """Relay to a port of this machine; the port to speak to instead, and the counts."""
    counts = Counts()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)

        async def pump(
            source: asyncio.StreamReader, target: asyncio.StreamWriter, *, up: bool
        ) -> None:
            while data := await source.read(65536):
                counts.add(up=len(data)) if up else counts.add(down=len(data))
                target.write(data)
                await target.drain()
            target.close()

        await asyncio.gather(pump(reader, far_writer, up=True), pump(far_reader, writer, up=False))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], counts
    finally:
        server.close()
