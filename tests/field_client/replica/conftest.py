"""A replica on the disk and a server in memory, for each test its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.storage import Connection
from tests.field_client.factories import a_job, an_enrolled_replica
from tests.field_client.fake_server import FakeServer


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    replica = an_enrolled_replica(tmp_path / "replica.db")
    yield replica
    replica.close()


@pytest.fixture
def server() -> FakeServer:
    fake = FakeServer()
    fake.put_job(a_job())
    return fake
