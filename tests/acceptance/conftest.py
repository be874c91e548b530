"""A server process with one technician, her job, and a code for her tablet."""

import json
from collections.abc import Generator
from pathlib import Path

import msgspec
import pytest

from server.acts import SYSTEM, act_of
from server.database import Store, schema_versions
from server.sync import devices
from tests.acceptance.processes import running
from tests.server.factories import assigned_job, found_town

CODE = "one-time-code"


class Served(msgspec.Struct, frozen=True):
    """Where the server is, what waits there, and where it keeps blobs."""

    url: str
    job_id: str
    code: str
    blob_folder: Path


@pytest.fixture
def served(tmp_path: Path) -> Generator[Served]:
    url, blob_folder = f"sqlite:///{tmp_path / 'firstlight.db'}", tmp_path / "blobs"
    schema_versions.upgrade(url)
    store = Store(url)
    town = found_town(store)
    job_id = assigned_job(store, town.ada).job_id
    store.write_now(devices.issue_code, town.ada, CODE, act=act_of(SYSTEM))
    store.close()
    settings = tmp_path / "firstlight.toml"
    settings.write_text(
        f"""\
database_url = {json.dumps(url)}
blob_folder = {json.dumps(str(blob_folder))}
port = 0
""",
        encoding="utf-8",
    )
    module = ("server", "--settings", str(settings), "serve")
    with running(tmp_path / "server.err", *module) as server:
        yield Served(server.url, str(job_id), CODE, blob_folder)
