import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from PIL import ExifTags, Image

from field_client.agent import Agent
from field_client.keys import KeyFolder
from field_client.media import NotAPhoto
from field_client.opening import open_agent
from field_client.replica.held import JobUnknown
from field_client.replica.state import store_enrolment
from field_client.replica.views import count_all, get_job
from field_client.settings import BadSettings, Settings, load_settings
from field_client.storage import (
    Aside,
    BlobFolder,
    Connection,
    Disk,
    ReplicaUnreadable,
    Unencrypted,
    open_replica,
    open_store,
)
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.ids import JobId
from sync_protocol.operations import Photo
from tests.field_client.factories import (
    JPEG,
    SVG,
    FakeClock,
    a_job,
    an_enrolled_replica,
    an_enrolment,
)

JOB = JobId(UUID(int=100))


class Journal(Disk):
    """A disk that notes each step, and what the replica held at that instant."""

    def __init__(self, replica: Path) -> None:
        super().__init__()
        self.steps: list[tuple[str, int]] = []
        self._replica = replica

    def write(self, path: Path, data: bytes) -> None:
        super().write(path, data)
        self._note("write")

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self._note("rename")

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self._note("sync folder")

    def _note(self, step: str) -> None:
        db = open_replica(self._replica, Unencrypted())
        self.steps.append((step, count_all(db).captured))
        db.close()


@asynccontextmanager
async def an_agent(
    folder: Path, clock: FakeClock | None = None
) -> AsyncGenerator[tuple[Agent, Journal], None]:
    path = folder / "replica.db"
    prepared = an_enrolled_replica(path)
    run(prepared, "job_store", id=str(JOB), document=wire.encode(a_job()))
    prepared.close()
    disk = Journal(path)
    blobs = BlobFolder(folder / "blobs", Unencrypted(), disk)
    async with open_store(path, Unencrypted()) as store:
        with Aside("test") as aside:
            yield (
                Agent(
                    Settings(home=str(folder)),
                    store,
                    blobs,
                    KeyFolder(folder / "keys", Disk()),
                    clock=clock or FakeClock(),
                    aside=aside,
                ),
                disk,
            )


def a_photo() -> bytes:
    """Make a photo of a camera that knows where and when it is."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:07:02 14:02:11"
    gps = {1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0), 31: 3.2}
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    file = io.BytesIO()
    Image.effect_noise((4000, 3000), 20).save(file, "JPEG", exif=exif)
    return file.getvalue()


async def test_a_photo_is_safe_on_the_disk_before_its_row_is_written(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, disk):
        receipt = await agent.add_photo(JOB, "ont", JPEG)

        assert disk.steps == [("write", 0), ("rename", 0), ("sync folder", 0)]
        counts = await agent.store.read(count_all)
        assert (counts.captured, counts.pending_blobs) == (1, 1)
        assert receipt.size_bytes == len(JPEG)


async def test_a_photo_is_kept_small_with_what_the_camera_knew(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, _):
        receipt = await agent.add_photo(JOB, "ont", a_photo())

        (view,) = (await agent.store.read(get_job, JOB)).captures
        body = view.capture.body
        assert isinstance(body, Photo)
        assert (body.width, body.height, body.taken_at) == (2048, 1536, "2026-07-02T14:02:11")
        assert (view.capture.latitude, view.capture.longitude) == (52.5, 13.4)
        assert view.capture.accuracy_m == 4
        assert body.size_bytes == receipt.size_bytes < len(a_photo())


async def test_a_signature_is_safe_on_the_disk_before_its_row_is_written(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, disk):
        await agent.add_signature(JOB, signer_name="A", statement="It works.", svg=SVG)

        assert disk.steps == [("write", 0), ("rename", 0), ("sync folder", 0)]


async def test_a_photo_whose_file_cannot_be_written_leaves_no_row(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, _):
        (tmp_path / "blobs").write_bytes(b"a file where the folder should be")

        with pytest.raises(OSError, match="blobs"):
            await agent.add_photo(JOB, "ont", JPEG)

        assert (await agent.store.read(count_all)).captured == 0


async def test_wrong_photos_and_jobs_leave_nothing(tmp_path: Path) -> None:
    async with an_agent(tmp_path) as (agent, _):
        with pytest.raises(NotAPhoto):
            await agent.add_photo(JOB, "ont", b"no photo")
        with pytest.raises(JobUnknown):
            await agent.add_photo(JobId(UUID(int=404)), "ont", JPEG)

        counts = await agent.store.read(count_all)
        assert (counts.captured, counts.pending_blobs) == (0, 0)


def technician(db: Connection) -> None:
    store_enrolment(db, "http://127.0.0.1:1", an_enrolment())


async def test_what_a_tablet_holds_cannot_be_opened_without_its_key_folder(
    tmp_path: Path,
) -> None:
    settings = Settings(home=str(tmp_path))
    async with open_agent(settings) as agent:
        await agent.store.write(technician)
    (tmp_path / "keys").rename(tmp_path / "kept elsewhere")

    with pytest.raises(ReplicaUnreadable):
        async with open_agent(settings):
            pass


def test_settings_come_from_file_environment_and_command_the_last_wins(tmp_path: Path) -> None:
    (tmp_path / "field.toml").write_text('poll_ms = 1000\nport = 1\nserver_url = "http://a"\n')

    settings = load_settings(
        tmp_path, {"FIRSTLIGHT_FIELD_PORT": "2", "PATH": "x"}, {"server_url": "http://b"}
    )

    assert (settings.poll_ms, settings.port, settings.server_url) == (1000, 2, "http://b")
    assert settings.key_folder not in settings.replica_path.parents


@pytest.mark.parametrize(
    ("file", "environment", "given", "complaint"),
    [
        ("port = 70000", {}, {}, "port = 70000.*65535"),
        ("pole_ms = 1", {}, {}, "pole_ms"),
        ("port = = 1", {}, {}, "no TOML"),
        ("", {"FIRSTLIGHT_FIELD_POLL_MS": "often"}, {}, "poll_ms = 'often'"),
        ("", {}, {"server_url": "ftp://x"}, "server_url = 'ftp://x'"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(
    tmp_path: Path,
    file: str,
    environment: dict[str, str],
    given: dict[str, object],
    complaint: str,
) -> None:
    (tmp_path / "field.toml").write_text(file)

    with pytest.raises(BadSettings, match=complaint):
        load_settings(tmp_path, environment, given)
