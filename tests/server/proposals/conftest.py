import pytest

from server.database import Store
from tests.server.factories import assigned_job, found_town
from tests.server.sync.field import Field
from tests.server.tablets import enrolled


@pytest.fixture
def field(store: Store) -> Field:
    """Ada's tablet and a job of hers."""
    town = found_town(store)
    return Field(
        store=store,
        town=town,
        tablet=enrolled(store, town.ada),
        job_id=assigned_job(store, town.ada).job_id,
    )
