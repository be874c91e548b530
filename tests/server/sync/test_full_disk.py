"""Tablets at a server whose disk takes nothing more: told to wait; nothing is lost or halved."""

from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from server.database import Store
from server.database.tables.sync import blobs, operations
from sync_protocol import wire
from sync_protocol.messages import Refusal, RefusedSync, SyncResponse
from tests.full_disks import files_end_at
from tests.server.factories import Town, assigned_job, count
from tests.server.full_disks import full, log_may_not_grow
from tests.server.sync.doors import enrolled_now, sync
from tests.server.sync.test_blobs import HALF, PHOTO, SHA256, Uploader, stored

LINES = 20


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Only SQLite's disk is ours to fill."""
    return sqlite_url


@pytest.fixture
def uploader(client: httpx.AsyncClient, store: Store, town: Town) -> Uploader:
    return Uploader(client, enrolled_now(store, town.ada).token)


async def test_a_push_onto_a_full_disk_is_refused_and_taken_when_there_is_room(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    job_id = assigned_job(store, town.ada).job_id
    tablet = enrolled_now(store, town.ada)
    for _ in range(LINES):
        tablet.complete(job_id)

    with full(store), capture_logs() as logs:
        answers = [await sync(client, tablet) for _ in range(3)]

    for answer in answers:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        refused = wire.decode(answer.content, RefusedSync)
        assert (refused.refusal, refused.retry_after_ms) == (Refusal.BUSY, 30_000)
        assert "takes nothing more" in refused.detail
    assert [log["event"] for log in logs] == ["storage.full"]
    assert count(store, operations) == 0

    taken = wire.decode((await sync(client, tablet)).content, SyncResponse)
    assert taken.acked_dseq == len(tablet.said) == len(taken.verdicts)
    assert count(store, operations) == len(tablet.said)


async def test_a_piece_that_does_not_fit_leaves_the_upload_where_it_was(
    uploader: Uploader, store: Store, tmp_path: Path
) -> None:
    await uploader.begin()
    await uploader.send(0, PHOTO[:HALF])
    part = tmp_path / "blobs" / SHA256[:2] / f"{SHA256}.part"

    with files_end_at(HALF + 100), capture_logs() as logs:
        answers = [await uploader.send(HALF, PHOTO[HALF:]) for _ in range(3)]

    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (503, "storage-full")
        assert answer.json()["retry_after_ms"] == 30_000
        assert (answer.headers["retry-after"], answer.headers["tus-resumable"]) == ("30", "1.0.0")
    assert [(log["event"], log["store"]) for log in logs] == [("storage.full", "blobs")]
    assert part.stat().st_size == HALF, "what did not fit gives its room back"
    assert await uploader.offset() == HALF
    assert count(store, blobs) == 0

    assert (await uploader.send(HALF, PHOTO[HALF:])).status_code == 204
    assert stored(tmp_path) == PHOTO
    assert count(store, blobs) == 1


async def test_an_upload_that_cannot_be_begun_is_refused_and_begun_later(
    uploader: Uploader, tmp_path: Path
) -> None:
    with files_end_at(0), capture_logs():
        assert (await uploader.begin()).json()["type"] == "storage-full"
        assert (await uploader.ask()).status_code == 404

    assert (await uploader.begin()).status_code == 201
    assert (await uploader.send(0, PHOTO)).status_code == 204
    assert stored(tmp_path) == PHOTO


async def test_a_note_that_does_not_fit_acknowledges_nothing(
    uploader: Uploader, tmp_path: Path
) -> None:
    """The piece is on the disk, its number in the announcement is not."""
    await uploader.begin()

    with files_end_at(30), capture_logs():
        assert (await uploader.send(0, PHOTO[:20])).status_code == 503
        assert await uploader.offset() == 0

    assert (await uploader.send(0, PHOTO)).status_code == 204
    assert stored(tmp_path) == PHOTO


async def test_a_whole_blob_that_the_database_could_not_note_is_noted_when_asked(
    uploader: Uploader, store: Store, tmp_path: Path
) -> None:
    await uploader.begin()

    with log_may_not_grow(store), capture_logs():
        assert (await uploader.send(0, PHOTO)).status_code == 503
        assert stored(tmp_path) == PHOTO
        asked = await uploader.ask()
        assert (asked.status_code, count(store, blobs)) == (503, 0)
        assert asked.headers["tus-resumable"] == "1.0.0"

    assert await uploader.offset() == len(PHOTO)
    assert count(store, blobs) == 1
