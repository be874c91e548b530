"""The agent where the tablet is full, or was away for too long."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from field_client import capture
from field_client.agent import Agent
from field_client.replica.contact import note_contact
from field_client.replica.views import count_all
from field_client.safety.window import OfflineTooLong, Standing
from field_client.status import get_status
from field_client.storage import Connection, StorageFull
from field_client.storage.ballast import Ballast
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent
from tests.field_client.factories import JPEG, NOON, FakeClock, a_job
from tests.field_client.test_agent import an_agent
from tests.full_disks import files_end_at

JOB = a_job().id
OTHER = JobId(UUID(int=101))
DAY_MS = 86_400_000
BIG = JPEG + bytes(300_000)


class Room(Ballast):
    """A ballast whose room is that of the whole disk: when it goes, the limit goes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, 1_000)
        self.limit = files_end_at(len(BIG) - 1)

    def fill_the_disk(self) -> None:
        self.ensure()
        self.limit.__enter__()

    def release(self) -> bool:
        is_released = super().release()
        if is_released:
            self.limit.__exit__(None, None, None)
        return is_released


async def test_a_full_disk_takes_the_photo_with_the_room_of_the_ballast_and_says_so(
    tmp_path: Path,
) -> None:
    async with an_agent(tmp_path) as (agent, _):
        agent.loop.set_out(flight_mode=True)
        agent.files.ballast = room = Room(tmp_path / "ballast")
        room.fill_the_disk()

        await agent.add_photo(JOB, "ont", BIG)

        assert (await agent.store.read(count_all)).pending_blobs == 1
        status = await get_status(agent)
        assert status.safety.is_nearly_full
        assert [problem.code for problem in status.problems] == ["storage_nearly_full"]
        assert "delete something else" in status.problems[0].detail

        await agent.files.tend(agent.now())

        status = await get_status(agent)
        assert (status.safety.is_nearly_full, status.problems) == (False, ())


async def test_a_full_replica_takes_an_entry_once_with_the_room_of_the_ballast(
    tmp_path: Path,
) -> None:
    async with an_agent(tmp_path) as (agent, _):
        tries: list[None] = []

        def entry(_db: Connection, _pen: object) -> str:
            tries.append(None)
            if len(tries) == 1:
                raise StorageFull
            return "saved"

        agent.files.ballast = Ballast(tmp_path / "ballast", 1_000)
        agent.files.ballast.ensure()

        assert await agent.enter(entry) == "saved"
        assert len(tries) == 2
        tries.clear()
        with pytest.raises(StorageFull):
            await agent.enter(entry)


def _another_job(db: Connection) -> None:
    other = msgspec.structs.replace(a_job(), id=OTHER, number="J-101")
    run(db, "job_store", id=str(OTHER), document=wire.encode(other))


async def away(agent: Agent, clock: FakeClock, days: float) -> None:
    await agent.store.write(_another_job)
    await agent.store.write(note_contact, NOON, clock.moment())
    await agent.enter(capture.move_job, JOB, JobEvent.START)
    clock.pass_ms(int(days * DAY_MS))


async def test_after_a_week_away_no_job_is_begun_and_one_under_way_is_finished(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with an_agent(tmp_path, clock) as (agent, _):
        await away(agent, clock, 7)

        with pytest.raises(OfflineTooLong, match=r"2026-03-14 12:00 UTC, more than 7 days ago"):
            await agent.enter(capture.move_job, OTHER, JobEvent.START)
        with pytest.raises(OfflineTooLong):
            await agent.add_photo(OTHER, "ont", JPEG)
        assert not list((tmp_path / "blobs").rglob("*/*")), "nothing would ever free the file"
        assert (await agent.store.read(count_all)).captured == 1

        await agent.add_photo(JOB, "ont", JPEG)
        await agent.enter(capture.give_up_job, JOB, code="N02", remark="")
        with pytest.raises(OfflineTooLong):
            await agent.enter(capture.set_field, JOB, field="access_notes", value="bell 3")

        counts = await agent.store.read(count_all)
        assert (counts.pending_operations, counts.pending_blobs) == (3, 1)


async def test_the_status_warns_in_the_last_quarter_and_names_what_follows(tmp_path: Path) -> None:
    clock = FakeClock()
    async with an_agent(tmp_path, clock) as (agent, _):
        assert (await get_status(agent)).safety.offline is None
        await away(agent, clock, 6)
        warned = await get_status(agent)
        clock.pass_ms(2 * DAY_MS)
        closed = await get_status(agent)

    assert warned.safety.offline is not None
    assert warned.safety.offline.standing is Standing.WARN
    assert warned.safety.offline.left_ms == DAY_MS
    assert [problem.code for problem in warned.problems] == ["offline_long"]
    assert [problem.code for problem in closed.problems] == ["offline_too_long"]


async def test_a_contact_opens_the_window_again(tmp_path: Path) -> None:
    clock = FakeClock()
    async with an_agent(tmp_path, clock) as (agent, _):
        await away(agent, clock, 30)

        await agent.store.write(note_contact, NOON + timedelta(days=30), clock.moment())

        await agent.enter(capture.move_job, OTHER, JobEvent.START)
