import asyncio
import gzip
from collections.abc import AsyncGenerator

import httpx
import pytest

from server.demo.air import open_air

ANSWER = gzip.compress(b'{"told": true}')


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request with a gzipped body, as a server does."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"content-length:" in line),
        0,
    )
    await reader.readexactly(length)
    writer.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n"
        b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(ANSWER) + ANSWER
    )
    await writer.drain()
    writer.close()


@pytest.fixture
async def server_url() -> AsyncGenerator[str]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_what_passes_is_kept_as_it_was_on_the_wire(server_url: str) -> None:
    body = gzip.compress(b'{"operations": []}')
    async with open_air(server_url) as (air, url), httpx.AsyncClient() as http:
        got = await http.post(
            f"{url}/sync/v1?x=1",
            content=body,
            headers={"Content-Encoding": "gzip", "Authorization": "Bearer t"},
        )

        assert got.json() == {"told": True}
        (seen,) = air.exchanges
        assert (seen.method, seen.path, seen.body) == ("POST", "/sync/v1?x=1", body)
        assert ("authorization", "Bearer t") in seen.headers
        assert seen.answer == ANSWER


async def test_a_server_that_is_away_is_a_bad_gateway() -> None:
    async with open_air("http://127.0.0.1:9") as (_, url), httpx.AsyncClient() as http:
        got = await http.post(f"{url}/sync/v1", content=b"{}")

    assert got.status_code == 502
