from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from field_client.agent import Agent
from field_client.app import build_app
from field_client.browser_door import COOKIE, BrowserDoor
from field_client.safety.vault import Vault
from field_client.storage import Disk
from tests.field_client.factories import FakeClock
from tests.field_client.test_agent import an_agent

BASE = "http://127.0.0.1"


@pytest.fixture
def clock() -> FakeClock:
    """The clock of the tablet."""
    return FakeClock()


@pytest.fixture
async def agent(tmp_path: Path, clock: FakeClock) -> AsyncGenerator[Agent]:
    """The agent of a technician with one job."""
    async with an_agent(tmp_path, clock) as (made, _):
        made.loop.set_out(flight_mode=True)
        yield made


@pytest.fixture
async def browser(agent: Agent, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """The browser that is in, as far as a test without one can be it."""
    async with browsing(agent, tmp_path) as client:
        yield client


@asynccontextmanager
async def browsing(tablet: Agent | Vault, folder: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """Let a browser in."""
    door = BrowserDoor(folder / "keys", Disk())
    secret = door.let_in(door.new_code())
    assert secret is not None
    app = build_app(tablet, "token", door)
    transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]  httpx types an ASGI application by plain dicts
    headers = {"Origin": BASE, "Cookie": f"{COOKIE}={secret}"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client
