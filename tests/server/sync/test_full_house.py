"""A real server that has no room, and the tablet's own HTTP client before it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID

import msgspec

from field_client.transport import HttpTransport, Refused
from server.database import Store
from server.database.tables.sync import operations
from sync_protocol import wire
from sync_protocol.messages import SyncRequest, SyncResponse
from tests.server.console.serving import SETTINGS, serving
from tests.server.factories import Town, count
from tests.server.sync.doors import enrolled_now
from tests.server.tablets import Tablet, set_field

ROOM = 2
LARGE = 500_000


@contextlib.asynccontextmanager
async def held(port: int, token: str) -> AsyncGenerator[None]:
    """Begin a sync whose body does not go on, as when a tablet loses its network."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        "POST /sync/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n"
    )
    writer.write(head.encode() + b"{")
    try:
        yield
    finally:
        writer.close()


async def test_a_full_house_refuses_the_largest_body_and_takes_it_once_there_is_room(
    store: Store, town: Town, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(SETTINGS, sync_requests_max=ROOM)
    tablet, others = enrolled_now(store, town.ada), enrolled_now(store, town.ben)
    request = large(tablet)
    async with serving(store, tmp_path / "blobs", settings=settings) as served:
        client = HttpTransport(served.url)
        port = int(served.url.rpartition(":")[2])
        async with held(port, others.token), held(port, others.token), asyncio.timeout(30):
            answer = await client.sync(tablet.request(1, 0), tablet.token)
            while isinstance(answer, SyncResponse):  # both have to arrive first
                answer = await client.sync(tablet.request(1, 0), tablet.token)
            answer = await client.sync(request, tablet.token)

            assert isinstance(answer, Refused)
            assert (answer.status, answer.is_passing) == (503, True)
            assert answer.retry_after_ms is not None
            assert answer.retry_after_ms >= 1000
            assert count(store, operations) == 0
        async with asyncio.timeout(30):
            answer = await client.sync(request, tablet.token)
            while not isinstance(answer, SyncResponse):  # who held the room has gone
                answer = await client.sync(request, tablet.token)
        await client.close()

    assert count(store, operations) == len(request.operations)


def large(tablet: Tablet) -> SyncRequest:
    """Say much more at once than fits into what a server reads ahead."""
    chance = random.Random(1)  # noqa: S311  no secret
    for at in range(400):
        tablet.say(set_field(UUID(int=at), chance.randbytes(1500).hex()))
    request = tablet.request()
    assert len(wire.compress(wire.encode(request))) > LARGE
    return request
