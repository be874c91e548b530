"""The tablet at work: the real agent, driven through its local API, and what it must still have."""

import asyncio
import random
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from uuid_utils.compat import uuid7

from field_client import capture
from field_client.keys import KeyFolder
from field_client.replica.cards import list_jobs
from field_client.replica.state import find_enrolment, get_state, initialise
from field_client.settings import Settings, load_settings
from field_client.storage import BlobFolder, BlobUnreadable, Connection, Disk, open_replica
from field_client.storage.units import write_unit
from sync_protocol.ids import Incarnation
from tests.acceptance.processes import Running, running
from tests.field_client.factories import SERIAL, SVG, a_job, a_pen
from tests.field_client.fake_server import FakeServer
from tests.field_client.http_server import HttpFakeServer, serving
from tests.powercut.findings import Findings, Recording
from tests.powercut.journal import Journal

_JOB: Final = a_job().id


class Enrolled(msgspec.Struct, frozen=True, tag="enrolled"):
    """The tablet said that it is a technician's; the server knows it by this key."""

    public_key: str


class Saved(msgspec.Struct, frozen=True, tag="saved"):
    """The tablet said *saved*: operation ``dseq``, recognised by a text in it; perhaps a file."""

    dseq: int
    mark: str
    sha256: str | None = None


class Synced(msgspec.Struct, frozen=True, tag="synced"):
    """The tablet said that everything up to here has its verdict."""

    dseq: int


Told = Sequence[Enrolled | Saved | Synced]


def record_run(folder: Path, *, rounds: int, mutant: str = "", seed: int = 1) -> Recording:
    """Record a tablet from its very first start: keys, replica, enrolment, work, sync, restart."""
    recording, root = Recording(folder, "tablet"), folder / "root"
    root.mkdir(parents=True)
    recording.base.mkdir()
    asyncio.run(_drive(recording, root, rounds, mutant, random.Random(seed)))  # noqa: S311  a run that can be told again
    return recording


async def _drive(
    recording: Recording, root: Path, rounds: int, mutant: str, chance: random.Random
) -> None:
    protocol, journal = FakeServer(), Journal(recording.journal)
    protocol.put_job(a_job())
    async with serving(HttpFakeServer(protocol)) as server:
        hands = _Hands(journal, chance)
        for life in range(2):
            async with _agent(recording.folder, root, server.url, mutant) as client:
                if life == 0:
                    await hands.begin(client)
                    journal.ack(Enrolled(str(server.public_key)))
                for number in range(rounds):
                    await hands.work(client, life * rounds + number)
                    if number % 3 == 0:
                        await hands.sync(client)
                if life == 1:
                    await hands.finish(client)
    journal.close()


@asynccontextmanager
async def _agent(
    folder: Path, root: Path, server_url: str, mutant: str
) -> AsyncGenerator[httpx.AsyncClient]:
    program = ("tests.powercut.mutants", mutant, "field_client") if mutant else ("field_client",)
    words = ("tests.powercut.recorder", str(root), str(folder / "journal"), sys.executable, "-m")
    options = ("serve", "--home", str(root / "home"), "--server", server_url)
    # The desktop's own keystore is none of a test's, and a ballast holds nothing to be lost.
    environ = {"FIRSTLIGHT_FIELD_KEYS": "folder", "FIRSTLIGHT_FIELD_BALLAST_MB": "0"}
    # Starting waits for a line; the fake server lives on this loop and is not asked before.
    context = running(folder / "tablet.err", *words, *program, *options, environ=environ)
    started: Running = await asyncio.to_thread(context.__enter__)
    try:
        token = started.ready["token"]
        async with httpx.AsyncClient(
            base_url=f"{started.url}/api", timeout=60, headers={"authorization": f"Bearer {token}"}
        ) as client:
            yield client
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


class _Hands:
    """The technician: enters things, and believes the tablet when it says *saved*."""

    def __init__(self, journal: Journal, chance: random.Random) -> None:
        self._journal = journal
        self._chance = chance
        self._count = 0

    async def begin(self, client: httpx.AsyncClient) -> None:
        body = {"code": "welcome-1234", "device_name": "tablet"}
        await _post(client, "/enrol", json=body)
        await _post(client, "/sync")
        await self._enter(client, "moves", '"start"', json={"event": "start"})

    async def work(self, client: httpx.AsyncClient, number: int) -> None:
        """Take a photo, and one thing more."""
        photo = b"\xff\xd8\xff\xe0" + self._chance.randbytes(self._chance.randint(500, 20_000))
        await self._enter(client, "photos", content=photo, params={"subject": f"photo {number}"})
        match number % 4:
            case 0:
                await self._enter(client, "light", json={"reading": -19.4})
            case 1:
                await self._enter(client, "scan", json={"text": SERIAL})
            case 2:
                body = {"signer_name": f"Erika {number}", "statement": "It works.", "svg": SVG}
                await self._enter(client, "signature", json=body)
            case _:
                note = f"note {number}"
                await self._enter(client, "fields/access_notes", note, json={"value": note})

    async def finish(self, client: httpx.AsyncClient) -> None:
        for subject in a_job().required_photos:
            photo = b"\xff\xd8\xff\xe0" + self._chance.randbytes(3000)
            await self._enter(client, "photos", content=photo, params={"subject": subject})
        await self._enter(client, "complete", '"D02"', json={"code": "D02"})
        await self.sync(client)

    async def sync(self, client: httpx.AsyncClient) -> None:
        report = await _post(client, "/sync")
        if report["outcome"]["type"] == "synced":
            self._journal.ack(Synced(self._count))

    async def _enter(
        self,
        client: httpx.AsyncClient,
        what: str,
        mark: str = "",
        **request: Any,  # noqa: ANN401  httpx's own
    ) -> None:
        answer = await _post(client, f"/jobs/{_JOB}/{what}", **request)
        self._count += 1
        self._journal.ack(Saved(self._count, mark or answer["capture_id"], answer.get("sha256")))


async def _post(client: httpx.AsyncClient, path: str, **request: Any) -> Any:  # noqa: ANN401  any JSON
    answer = await client.post(path, **request)
    if not answer.is_success:
        raise AssertionError(f"{path}: {answer.status_code} {answer.text[:500]}")
    return answer.json()


class Checker:
    """Checks disks of one recording."""

    def __init__(self, recording: Recording) -> None:
        del recording  # the journal says all

    def __call__(self, root: Path, acked: Sequence[msgspec.Raw]) -> Findings:
        """Open what a cut left with its own keys, and demand everything that was *saved*."""
        told = [msgspec.msgpack.decode(raw, type=Enrolled | Saved | Synced) for raw in acked]
        found = Findings(points=1, acked=len(told))
        settings = load_settings(root / "home", {}, {})
        with found.hindrance():
            _open_and_check(settings, told, found)
        return found


def _open_and_check(settings: Settings, told: Told, found: Findings) -> None:
    """Open as the agent does, look, and work on."""
    keys = KeyFolder(settings.key_folder, Disk())
    blobs = BlobFolder(settings.blob_folder, keys.replica_key(), Disk())
    for one in told:
        if isinstance(one, Enrolled) and keys.device_key().public_text() != one.public_key:
            found.note_lost("the key of the device")
    db = open_replica(settings.replica_path, keys.replica_key())
    try:
        write_unit(db, lambda db: initialise(db, Incarnation(uuid7())))
        _check_integrity(db, found)
        if not found.corrupt:
            _check_state(db, told, found)
            _check_rows(db, told, found)
            _check_files(db, blobs, found)
            _work_on(db, blobs)
    finally:
        db.close()


def _check_state(db: Connection, told: Told, found: Findings) -> None:
    state = get_state(db)
    if told and find_enrolment(db) is None:
        found.note_lost("the enrolment")
    saved = [one.dseq for one in told if isinstance(one, Saved)]
    if saved and state.head_dseq < saved[-1]:
        found.note_lost(f"{saved[-1] - state.head_dseq} operations at the end")
    synced = [one.dseq for one in told if isinstance(one, Synced)]
    if synced and state.acked_dseq < synced[-1]:
        found.note_lost(f"verdicts after operation {state.acked_dseq}")


def _work_on(db: Connection, blobs: BlobFolder) -> None:
    """Take one more photo, where the job has arrived."""
    if find_enrolment(db) is None or not list_jobs(db):
        return
    photo = b"\xff\xd8\xff\xe0 one more"
    stored = blobs.put(photo, "image/jpeg")
    write_unit(
        db,
        lambda db: capture.record_photo(db, a_pen(uuid7), _JOB, subject="one more", stored=stored),
    )
    if blobs.get(stored.sha256) != photo:
        raise AssertionError("the tablet keeps something else")


def _check_integrity(db: Connection, found: Findings) -> None:
    for check in ("integrity_check", "cipher_integrity_check", "foreign_key_check"):
        faults = [str(row[0]) for row in db.execute(f"PRAGMA {check}") if row[0] != "ok"]
        if faults:
            found.note_corrupt(faults[0])
            return


def _check_rows(db: Connection, told: Told, found: Findings) -> None:
    rows = {row[0]: bytes(row[1]).decode() for row in db.execute("SELECT dseq, raw FROM operation")}
    files = {row[0] for row in db.execute("SELECT sha256 FROM blob")}
    for one in told:
        if isinstance(one, Saved) and one.mark not in rows.get(one.dseq, ""):
            found.note_lost(f"operation {one.dseq}")
        if isinstance(one, Saved) and one.sha256 not in {None, *files}:
            found.note_lost(f"the row of a photo of operation {one.dseq}")


def _check_files(db: Connection, blobs: BlobFolder, found: Findings) -> None:
    for row in db.execute("SELECT sha256, size_bytes FROM blob"):
        try:
            blobs.get(row[0])
        except BlobUnreadable as error:
            found.note_torn(str(error))
