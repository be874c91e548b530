"""A tablet without room: what does not fit is refused in plain words, what was confirmed stays."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from field_client import capture
from field_client.app import build_app
from field_client.browser_door import BrowserDoor
from field_client.engine import NoRoom, Synced
from field_client.replica.cards import list_jobs
from field_client.replica.views import count_all
from field_client.session import SessionReport
from field_client.status import get_status
from field_client.storage import (
    Connection,
    Disk,
    StorageFull,
    Store,
    Unencrypted,
    open_replica,
)
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobState
from tests.field_client.factories import JPEG, a_job
from tests.field_client.tablets import JOB, KEY, Tablet
from tests.field_client.test_agent import an_agent
from tests.full_disks import files_end_at

PAGES_MAX = 2**31
BIG = b"\xff\xd8\xff\xe0" + bytes(300_000)
Filling = Callable[[Store, Path], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def full(store: Store, _replica: Path) -> AsyncGenerator[None]:
    """Let SQLite say that it is full (SQLITE_FULL)."""
    await store.write(_limit_pages, 0)
    try:
        yield
    finally:
        await store.write(_limit_pages, PAGES_MAX)


def _limit_pages(db: Connection, more: int) -> None:
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {min(pages + more, PAGES_MAX)}")


@asynccontextmanager
async def log_may_not_grow(_store: Store, replica: Path) -> AsyncGenerator[None]:
    """Let the kernel refuse the write (EFBIG, as a quota does), which SQLite calls an I/O error."""
    with _log_at_its_end(replica):
        yield


def _log_at_its_end(replica: Path) -> AbstractContextManager[None]:
    return files_end_at(replica.with_name(f"{replica.name}-wal").stat().st_size)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_photo_that_does_not_fit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, _):
        await agent.add_photo(JOB, "ont", JPEG)
        before = await agent.store.read(count_all)

        with files_end_at(len(BIG) - 1), pytest.raises(StorageFull, match="no room left"):
            await agent.add_photo(JOB, "label", BIG)

        assert await agent.store.read(count_all) == before
        assert len(files_in(tmp_path / "blobs")) == 1, "half a file is in the way of the next"
        await agent.add_photo(JOB, "label", BIG)
        assert (await agent.store.read(count_all)).pending_blobs == 2


async def test_a_photo_whose_row_does_not_fit_takes_no_room(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, _):
        await agent.add_photo(JOB, "ont", JPEG)

        with _log_at_its_end(tmp_path / "replica.db"):
            with pytest.raises(StorageFull):
                await agent.add_photo(JOB, "label", JPEG + b"another")
            with pytest.raises(StorageFull):
                await agent.add_photo(JOB, "label", JPEG)

        assert len(files_in(tmp_path / "blobs")) == 1, "the one that a row speaks of stays"
        assert (await agent.store.read(count_all)).captured == 1


async def test_the_page_is_told_in_plain_words_what_to_do(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, _):
        agent.loop.set_out(flight_mode=True)
        app = build_app(agent, "token", BrowserDoor(tmp_path / "keys", Disk()))
        transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]  httpx types an ASGI application by plain dicts
        headers = {"Authorization": "Bearer token"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1/api", headers=headers
        ) as client:
            await agent.add_photo(JOB, "ont", JPEG)
            with files_end_at(len(BIG) - 1):
                answer = await client.post(
                    f"/jobs/{JOB}/photos", params={"subject": "label"}, content=BIG
                )

    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert "delete something else" in answer.json()["detail"]
    assert "then do it again" in answer.json()["detail"]


@pytest.mark.parametrize("fill", [full, log_may_not_grow])
async def test_an_entry_that_does_not_fit_is_refused_and_the_rest_is_kept(
    tablet: Tablet, tmp_path: Path, fill: Filling
) -> None:
    await tablet.sync()
    await tablet.start_job()

    async with fill(tablet.store, tmp_path / "replica.db"):
        with pytest.raises(StorageFull):
            await tablet.store.write(
                capture.set_field, tablet.pen, JOB, field="access_notes", value="x" * 9_000
            )
        assert (await tablet.store.read(count_all)).pending_operations == 1

    await tablet.take_photo()
    assert (await tablet.sync()).outcome == Synced()
    assert len(tablet.server.protocol.operations) == 2


@pytest.mark.parametrize("fill", [full, log_may_not_grow])
async def test_what_was_recorded_still_arrives_and_an_answer_without_room_moves_nothing(
    tablet: Tablet, tmp_path: Path, fill: Filling
) -> None:
    await tablet.sync()
    await tablet.start_job()
    for number in range(200, 230):
        tablet.server.protocol.put_job(a_job(id=JobId(UUID(int=number)), number=f"J-{number}"))

    async with fill(tablet.store, tmp_path / "replica.db"):
        report = await tablet.sync()
        counts = await tablet.store.read(count_all)
        jobs = await tablet.store.read(list_jobs)

    assert isinstance(report.outcome, NoRoom)
    assert "sent again by itself" in report.outcome.detail
    assert tablet.server.protocol.jobs[JOB].state is JobState.WORKING, "it has arrived"
    assert (counts.pending_operations, len(jobs)) == (1, 1)

    assert (await tablet.sync()).outcome == Synced()
    assert (await tablet.store.read(count_all)).pending_operations == 0
    assert len(await tablet.store.read(list_jobs)) == 31
    assert len(tablet.server.protocol.operations) == 1, "sent twice, taken once"


async def test_a_file_that_arrived_while_there_was_no_room_to_note_it_is_not_sent_again(
    tablet: Tablet, tmp_path: Path
) -> None:
    await tablet.sync()
    await tablet.take_photo()
    limit = _log_at_its_end(tmp_path / "replica.db")

    async def the_disk_fills_up() -> None:
        limit.__enter__()

    tablet.between_chunks.append(the_disk_fills_up)
    try:
        report = await tablet.sync()
    finally:
        limit.__exit__(None, None, None)

    assert isinstance(report.outcome, NoRoom)
    assert (await tablet.store.read(count_all)).pending_blobs == 1

    assert (await tablet.sync()).outcome == Synced()
    assert (await tablet.store.read(count_all)).pending_blobs == 0
    assert len([path for path in tablet.server.paths() if path.startswith("PATCH")]) == 1


async def test_the_status_says_that_there_is_no_room(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, _):
        agent.loop.last_report = SessionReport(outcome=NoRoom(detail="no room"))

        status = await get_status(agent)

    assert status.online
    assert [(problem.code, problem.detail) for problem in status.problems] == [
        ("storage_full", "no room")
    ]


@pytest.mark.parametrize("key", [KEY, Unencrypted()])
def test_a_replica_is_opened_without_room_while_its_log_is_there(
    tmp_path: Path, key: bytes | Unencrypted
) -> None:
    path = tmp_path / "replica.db"
    first = open_replica(path, key)
    with files_end_at(0):
        open_replica(path, key).close()
    first.close()


def test_no_room_is_not_taken_for_a_wrong_key(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    open_replica(path, KEY).close()

    with files_end_at(0), pytest.raises(StorageFull):
        open_replica(path, KEY)

    open_replica(path, KEY).close()
