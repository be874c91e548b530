"""Photos of earlier visits from a real server, over a network that breaks."""

import hashlib
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest
from uuid_utils.compat import uuid7

from field_client.agent import Agent
from field_client.engine import Synced
from field_client.opening import open_agent
from field_client.replica.earlier_photos import count_missing, list_earlier_photos
from field_client.settings import Settings
from field_client.storage import BlobUnreadable
from server.acts import SYSTEM, Act, utc_now
from server.database import Store, schema_versions
from server.people import secrets
from server.sync import devices
from server.sync.blob_store import FolderBlobStore
from sync_protocol.operations import Photo
from tests.browser.relay import Relay, relaying
from tests.server.console.serving import serving
from tests.server.factories import assigned_job, found_town
from tests.server.sync.doors import enrolled_now
from tests.server.tablets import bodies, push

PHOTO = b"\xff\xd8\xff\xe0" + hashlib.shake_256(b"the cellar").digest(200_000)
SHA256 = hashlib.sha256(PHOTO).hexdigest()


class Scene(msgspec.Struct, frozen=True):
    """Ben's tablet, whose job is where Ada took photos; one of them has reached the office."""

    agent: Agent
    relay: Relay
    blobs: FolderBlobStore


@pytest.fixture
def store(tmp_path: Path) -> Generator[Store]:
    url = f"sqlite:///{tmp_path / 'firstlight.db'}"
    schema_versions.upgrade(url)
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
async def scene(store: Store, tmp_path: Path) -> AsyncGenerator[Scene]:
    town, blobs = found_town(store), FolderBlobStore(tmp_path / "blobs")
    blobs.begin(SHA256, len(PHOTO))
    blobs.append(SHA256, 0, PHOTO)
    adas, ended = enrolled_now(store, town.ada), assigned_job(store, town.ada).job_id
    adas.complete(ended, [*bodies(), Photo(subject="cellar", sha256=SHA256, size_bytes=200_004)])
    push(store, adas)
    assigned_job(store, town.ben, "O-2")
    act = Act(actor=SYSTEM, now=utc_now(), new_id=uuid7)
    code = store.write_now(devices.issue_code, town.ben, secrets.new_code(), act=act).code
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serving(store, tmp_path / "blobs"))
        relay = await stack.enter_async_context(relaying(served.url))
        settings = Settings(home=str(tmp_path / "tablet"), server_url=relay.url, keys="folder")
        agent = await stack.enter_async_context(open_agent(settings))
        await agent.enrol(code, "Ben's tablet")
        yield Scene(agent, relay, blobs)


async def test_what_is_there_comes_and_what_is_not_there_yet_holds_nothing_up(scene: Scene) -> None:
    report = await scene.agent.sync_once()

    assert (report.outcome, report.fetched) == (Synced(), 1)
    assert await scene.agent.files.read_earlier(SHA256) == PHOTO
    assert await scene.agent.store.read(count_missing) == 2, "they never reached the office"


async def test_a_photo_that_is_cut_in_the_middle_goes_on_from_there(scene: Scene) -> None:
    scene.agent.files.ballast.is_missing = True
    assert (await scene.agent.sync_once()).fetched == 0, "with little room only facts come"
    scene.relay.cut_after(100_000)

    cut = await scene.agent.sync_once()
    scene.relay.mend()
    before = scene.relay.answer_bytes
    whole = await scene.agent.sync_once()

    assert (cut.outcome, cut.fetched, whole.fetched) == (Synced(), 0, 1)
    assert scene.relay.answer_bytes - before < len(PHOTO), "what had come did not come again"
    assert await scene.agent.files.read_earlier(SHA256) == PHOTO


async def test_bytes_that_are_not_what_they_are_called_are_never_shown(scene: Scene) -> None:
    scene.blobs.path(SHA256).write_bytes(PHOTO[:-1] + b"!")

    report = await scene.agent.sync_once()

    assert (report.outcome, report.fetched) == (Synced(), 0)
    assert not any(photo.is_here for photo in await scene.agent.store.read(list_earlier_photos))
    with pytest.raises(BlobUnreadable):
        await scene.agent.files.read(SHA256)
