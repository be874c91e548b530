"""Fixtures of the console's tests; a conftest beside the tests takes what it needs."""

from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from server.console.live import LiveStreams
from server.database import Store
from server.people.records import Role, User
from tests.server.console.serving import console_app
from tests.server.console.town import Town, add_user, found_town

OpenClient = Callable[[], httpx.AsyncClient]


@pytest.fixture
def house(sqlite_url: str) -> Generator[Store]:
    """A store over a fresh SQLite database; what is special to a database is tested elsewhere."""
    opened = Store(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def town(house: Store) -> Town:
    return found_town(house)


@pytest.fixture
def dispatcher(house: Store) -> User:
    return add_user(house, "dora@operator.example", Role.DISPATCHER)


@pytest.fixture
def streams(house: Store) -> LiveStreams:
    return LiveStreams(house.signals)


@pytest.fixture
def app(house: Store, streams: LiveStreams, tmp_path: Path) -> Litestar:
    return console_app(house, streams, tmp_path / "blobs")


@pytest.fixture
async def open_client(app: Litestar) -> AsyncGenerator[OpenClient]:
    """Opens browsers, each with cookies of its own."""
    opened: list[httpx.AsyncClient] = []

    def open_one() -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]  Litestar's scope is typed more narrowly
        opened.append(httpx.AsyncClient(transport=transport, base_url="http://console.test"))
        return opened[-1]

    yield open_one
    for client in opened:
        await client.aclose()


@pytest.fixture
def client(open_client: OpenClient) -> httpx.AsyncClient:
    return open_client()
