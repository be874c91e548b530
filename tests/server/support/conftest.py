"""A console before the town whose OLT really answers."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from server.console.live import LiveStreams
from tests.server.console.serving import console_app
from tests.server.fulfilment.conftest import shift, town
from tests.server.fulfilment.shift import Shift

__all__ = ["browser", "shift", "town"]


@pytest.fixture
async def browser(shift: Shift, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser that nobody has signed in with yet."""
    streams = LiveStreams(shift.store.signals)
    app = console_app(shift.store, streams, tmp_path / "blobs", network=shift.worker.network)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]  Litestar's scope is typed more narrowly
    async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
        yield client
