from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from server.database import Store
from tests.server.factories import Town, assigned_job, found_town
from tests.server.sync.doors import client_of, whole_app
from tests.server.sync.field import Field
from tests.server.tablets import enrolled


@pytest.fixture
def town(store: Store) -> Town:
    return found_town(store)


@pytest.fixture
def field(store: Store, town: Town) -> Field:
    """Ada's tablet and a job of hers."""
    return Field(
        store=store,
        town=town,
        tablet=enrolled(store, town.ada),
        job_id=assigned_job(store, town.ada).job_id,
    )


@pytest.fixture
async def client(store: Store, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A caller of the whole application."""
    async with client_of(whole_app(store, tmp_path / "blobs")) as opened:
        yield opened
