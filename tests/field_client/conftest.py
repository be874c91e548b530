from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.field_client.factories import a_job
from tests.field_client.fake_server import FakeServer
from tests.field_client.http_server import HttpFakeServer, serving
from tests.field_client.tablets import Tablet, enrolled_tablet


@pytest.fixture
async def tablet(tmp_path: Path) -> AsyncIterator[Tablet]:
    async with enrolled_tablet(tmp_path) as made:
        yield made


@pytest.fixture
async def server() -> AsyncIterator[HttpFakeServer]:
    protocol = FakeServer()
    protocol.put_job(a_job())
    async with serving(HttpFakeServer(protocol)) as http:
        yield http
