from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from playwright.async_api import Page

from server.database import Store, schema_versions
from tests.browser.agents import RunningAgent
from tests.browser.hands import Hands
from tests.browser.relay import Relay, relaying
from tests.server.console.serving import Served, serving
from tests.server.console.town import Town, found_town


@pytest.fixture
def store(tmp_path: Path) -> Generator[Store]:
    url = f"sqlite:///{tmp_path / 'firstlight.db'}"
    schema_versions.upgrade(url)
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def town(store: Store) -> Town:
    return found_town(store)


@pytest.fixture
async def served(store: Store, tmp_path: Path) -> AsyncGenerator[Served]:
    async with serving(store, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def network(served: Served) -> AsyncGenerator[Relay]:
    """The way from the tablet to the office."""
    async with relaying(served.url) as relay:
        yield relay


@pytest.fixture
async def agent(network: Relay, tmp_path: Path) -> AsyncGenerator[RunningAgent]:
    """A tablet that belongs to nobody yet."""
    running = RunningAgent(tmp_path / "tablet", network.url)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def hands(page: Page, agent: RunningAgent, tmp_path: Path, page_complaints: list[str]) -> Hands:
    """A technician in front of it."""
    return Hands(page, agent, tmp_path, page_complaints)
