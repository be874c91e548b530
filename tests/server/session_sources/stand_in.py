"""A stand-in for Kea's HTTP API: leases by client id and host name, and what goes wrong there."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

USER, PASSWORD = "noc", "verysecret"


class StandIn:
    """One Kea; ``leases`` is its table, ``said`` what it answers instead."""

    def __init__(self) -> None:
        self.leases: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.said: bytes | None = None
        self.status = "200 OK"
        self.in_a_list = True
        self.silent = False
        self.port = 0
        self.serving: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def lease(self, address: str, cltt: int, *, state: int = 0, **found_by: str) -> None:
        """Give somebody an address; ``found_by`` is ``client_id`` or ``hostname``."""
        key, value = found_by.popitem()
        self.leases.append(
            {
                "ip-address": address,
                "cltt": cltt,
                "state": state,
                "valid-lft": 4000,
                "subnet-id": 1,
                "hw-address": "00:0c:01:02:03:04",
                key.replace("_", "-"): value,
            }
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        if serving is not None:
            self.serving.append(serving)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(": ") for line in head.lower().splitlines()]
            length = next(int(value) for name, _, value in lines if name == "content-length")
            body = await reader.readexactly(length)
            if self.silent:
                await reader.read()  # until the client gives up
            status, answer = self._answer(head, body)
            writer.write(f"HTTP/1.1 {status}\r\nconnection: close\r\n\r\n".encode() + answer)
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def _answer(self, head: str, body: bytes) -> tuple[str, bytes]:
        allowed = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if f"Basic {allowed}" not in head:
            return "401 Unauthorized", b""
        if self.said is not None:
            return self.status, self.said
        asked: dict[str, Any] = msgspec.json.decode(body)
        self.asked.append(asked)
        said = msgspec.json.encode(self._look_up(asked))
        return self.status, b"[" + said + b"]" if self.in_a_list else said

    def _look_up(self, asked: dict[str, Any]) -> dict[str, Any]:
        by = {"lease4-get-by-client-id": "client-id", "lease4-get-by-hostname": "hostname"}
        key = by.get(asked["command"])
        if key is None:
            return {"result": 2, "text": f"'{asked['command']}' command not supported."}
        wanted = asked["arguments"][key]
        found = [lease for lease in self.leases if lease.get(key) == wanted]
        count = f"{len(found)} IPv4 lease(s) found."
        return {"result": 0 if found else 3, "text": count, "arguments": {"leases": found}}


@contextlib.asynccontextmanager
async def a_kea() -> AsyncGenerator[StandIn]:
    stand_in = StandIn()
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1", 0)
    stand_in.port = server.sockets[0].getsockname()[1]
    try:
        yield stand_in
    finally:
        server.close()
        await asyncio.gather(*stand_in.serving)
