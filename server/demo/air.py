"""The way between one tablet and the server: it passes everything on and keeps what it saw.

So the demo can send the exact bytes of a push again, as a bad network would.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from typing import Any, Final

import httpx
import msgspec
import uvicorn

_PER_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "host"})
Header = tuple[str, str]


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer, bodies as they were on the wire."""

    method: str
    path: str
    headers: tuple[Header, ...]
    body: bytes
    status: int
    answer_headers: tuple[Header, ...]
    answer: bytes


class Air:
    """An ASGI application that forwards to one server."""

    def __init__(self, server_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=server_url, timeout=30)
        self.exchanges: list[Exchange] = []

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's own types
        """Forward one request."""
        if scope["type"] != "http":
            return
        body = await _read(receive)
        headers = _headers(scope["headers"])
        query = scope["query_string"].decode("latin-1")
        path = scope["path"] + (f"?{query}" if query else "")
        status, answered, answer = await self._forward(scope["method"], path, headers, body)
        self.exchanges.append(
            Exchange(
                method=scope["method"],
                path=path,
                headers=headers,
                body=body,
                status=status,
                answer_headers=answered,
                answer=answer,
            )
        )
        await send({"type": "http.response.start", "status": status, "headers": _raw(answered)})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    async def _forward(
        self, method: str, path: str, headers: tuple[Header, ...], body: bytes
    ) -> tuple[int, tuple[Header, ...], bytes]:
        request = self._http.build_request(method, path, headers=list(headers), content=body)
        try:
            response = await self._http.send(request, stream=True)
        except httpx.TransportError:
            return 502, (), b""
        try:
            raw = b"".join([piece async for piece in response.aiter_raw()])
        finally:
            await response.aclose()
        answered = _headers(response.headers.raw)
        return response.status_code, answered, raw


class _Server(uvicorn.Server):
    """Leaves the signals to the demo."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.asynccontextmanager
async def open_air(server_url: str) -> AsyncGenerator[tuple[Air, str]]:
    """Carry requests to a server while the context lasts; gives the URL to call instead."""
    air = Air(server_url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            air, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield air, f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
            await air.close()


async def _read(receive: Any) -> bytes:  # noqa: ANN401  ASGI's own type
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def _headers(raw: Any) -> tuple[Header, ...]:  # noqa: ANN401  pairs of bytes, of ASGI or httpx
    pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)
    return tuple((name, value) for name, value in pairs if name not in _PER_HOP)


def _raw(headers: tuple[Header, ...]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
