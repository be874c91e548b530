"""The network between a tablet and its server, as one that can be cut at the socket."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Relay:
    """Passes bytes on, until it is cut: then what is open ends and nothing new comes through."""

    def __init__(self, target_url: str) -> None:
        self._target = urlsplit(target_url)
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self._answer_bytes_left: int | None = None
        self.answer_bytes = 0
        """How much has come from the server."""
        self.url = ""

    def cut(self) -> None:
        """Go out of reach."""
        self._is_cut = True
        for writer in self._open:
            writer.close()

    def cut_after(self, answer_bytes: int) -> None:
        """Go out of reach in the middle: when so many more bytes have come from the server."""
        self._answer_bytes_left = answer_bytes

    def mend(self) -> None:
        """Come back into reach."""
        self._is_cut = False
        self._answer_bytes_left = None

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, both ways."""
        if self._is_cut:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(
            self._target.hostname, self._target.port
        )
        self._open |= {writer, far_writer}
        await asyncio.gather(
            _pass(reader, far_writer, _whole), _pass(far_reader, writer, self._answered)
        )
        self._open -= {writer, far_writer}

    def _answered(self, data: bytes) -> bytes:
        """Count what comes from the server, and cut it where it is to be cut."""
        left = self._answer_bytes_left
        passed = data if left is None else data[:left]
        self.answer_bytes += len(passed)
        if left is not None:
            self._answer_bytes_left = left - len(passed)
            if self._answer_bytes_left == 0:
                self.cut()
        return passed


def _whole(data: bytes) -> bytes:
    return data


async def _pass(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    passed: Callable[[bytes], bytes],
) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(passed(data))
            await writer.drain()
    writer.close()


@asynccontextmanager
async def relaying(target_url: str) -> AsyncGenerator[Relay, None]:
    """Listen on a free port of 127.0.0.1 and pass everything on."""
    relay = Relay(target_url)
    listener = await asyncio.start_server(relay.connected, "127.0.0.1", 0)
    async with listener:
        relay.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield relay
        relay.cut()
