from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from server.database import Store
from server.jobs import commands as jobs
from tests.server.factories import Town, act, assigned_job, found_town
from tests.server.sync.crew import Crew
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
def crew(store: Store, town: Town) -> Crew:
    """Ada's job with Ben of its crew, and a tablet each."""
    job_id = assigned_job(store, town.ada).job_id
    store.write_now(jobs.set_crew, job_id, (town.ben,), act=act())
    return Crew(
        store=store,
        town=town,
        job_id=job_id,
        ada=enrolled(store, town.ada),
        ben=enrolled(store, town.ben),
    )


@pytest.fixture
async def client(store: Store, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A caller of the whole application."""
    async with client_of(whole_app(store, tmp_path / "blobs")) as opened:
        yield opened
