"""The server at work: a real process, driven over HTTP, and what it must still have after a cut."""

import base64
import hashlib
import json
import random
import shutil
import sys
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
import msgspec
import sqlalchemy as sa

from server import process_lock
from server.acts import Actor, ActorKind, utc_now
from server.database import Connection, Store, schema_versions
from server.database.engines import parse_url
from server.database.tables.sync import blobs as blob_rows
from server.database.tables.sync import operations
from server.database.tables.work import captures, completions, job_fields, jobs
from server.opened import opened_url
from server.sync import commands
from server.sync.blob_store import BlobUnknown, FolderBlobStore
from sync_protocol import wire
from sync_protocol.ids import Incarnation
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import PROTOCOL_VERSION, SyncRequest, SyncResponse
from sync_protocol.operations import CompleteJob, MoveJob, Operation, RecordCapture, SetField
from tests.acceptance.processes import Running, running
from tests.powercut.findings import Findings, Recording
from tests.powercut.journal import Journal
from tests.server.factories import act, assigned_job, found_town
from tests.server.tablets import Tablet, bodies, capture, enrolled, moment, move, record, set_field

_STATES: Final = {
    JobEvent.START: JobState.WORKING,
    JobEvent.COMPLETE: JobState.COMPLETED,
}


class Pushed(msgspec.Struct, frozen=True, tag="pushed"):
    """The server answered a push: these are its numbers, and what the answer said."""

    tablet: int
    first: int
    last: int
    verdicts: tuple[bytes, ...]


class Uploaded(msgspec.Struct, frozen=True, tag="uploaded"):
    """The server answered a piece: so many bytes of the blob are there."""

    sha256: str
    offset: int


class Script(msgspec.Struct, frozen=True):
    """What the tablets of a run say and send, all of it."""

    devices: tuple[UUID, ...]
    incarnations: tuple[UUID, ...]
    said: tuple[tuple[bytes, ...], ...]
    photos: dict[str, bytes]


def record_run(folder: Path, *, rounds: int, mutant: str = "", seed: int = 1) -> Recording:
    """Prepare an installation, then record a server while two tablets push and upload."""
    recording, root = Recording(folder, "server"), folder / "root"
    root.mkdir(parents=True)
    chance = random.Random(seed)  # noqa: S311  a run that can be told again
    url = f"sqlite:///{root / 'firstlight.db'}"
    schema_versions.upgrade(url)
    store = Store(url)
    town = found_town(store)
    tablets = [enrolled(store, who, now=utc_now()) for who in (town.ada, town.ben)]
    placed = [
        assigned_job(store, (town.ada, town.ben)[house % 2], f"O-{house}", house=house + 1)
        for house in range(4)
    ]
    store.close()
    shutil.copytree(root, recording.base)
    photos = [chance.randbytes(chance.randint(600, 9000)) for _ in range(2 * rounds)]
    for number, tablet in enumerate(tablets):
        mine = [one.job_id for index, one in enumerate(placed) if index % 2 == number]
        _say_all(tablet, mine, rounds)
    script = Script(
        devices=tuple(tablet.device_id for tablet in tablets),
        incarnations=tuple(tablet.incarnation for tablet in tablets),
        said=tuple(tuple(tablet.said) for tablet in tablets),
        photos={hashlib.sha256(photo).hexdigest(): photo for photo in photos},
    )
    (folder / "script").write_bytes(msgspec.msgpack.encode(script))
    _drive(recording, root, tablets, photos, mutant)
    return recording


def _say_all(tablet: Tablet, mine: Sequence[UUID], rounds: int) -> None:
    for job_id in mine:
        tablet.say(move(job_id, JobEvent.START))
        for number in range(rounds):
            tablet.say(
                *(record(job_id, capture(body)) for body in bodies()[: 1 + number % 4]),
                set_field(job_id, f"note {number}", base=number, base_value=f"note {number - 1}"),
                tx=f"round {number}",
            )
        tablet.complete(job_id)


def _drive(
    recording: Recording,
    root: Path,
    tablets: Sequence[Tablet],
    photos: Sequence[bytes],
    mutant: str,
) -> None:
    journal = Journal(recording.journal)
    # Two lives: the second begins on what the first left when it was stopped.
    shares = [(tablet, number, photos[number::2]) for number, tablet in enumerate(tablets)]
    for life in range(2):
        with _serving(recording.folder, root, mutant) as server, ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(_work, server.url, journal, *each, life) for each in shares]:
                done.result()
    journal.close()


@contextmanager
def _serving(folder: Path, root: Path, mutant: str) -> Generator[Running]:
    settings = folder / "firstlight.toml"
    settings.write_text(
        f"database_url = {json.dumps(f'sqlite:///{root}/firstlight.db')}\n"
        f"blob_folder = {json.dumps(f'{root}/blobs')}\nport = 0\nrun_processes = false\n",
        encoding="utf-8",
    )
    program = ("tests.powercut.mutants", mutant, "server") if mutant else ("server",)
    words = ("tests.powercut.recorder", str(root), str(folder / "journal"), sys.executable, "-m")
    with running(
        folder / "server.err", *words, *program, "--settings", str(settings), "serve"
    ) as server:
        yield server


def _work(
    url: str, journal: Journal, tablet: Tablet, number: int, photos: Sequence[bytes], life: int
) -> None:
    """Push this life's half of what was said, a photo after each push."""
    half = len(tablet.said) // 2
    at, end = (1, half) if life == 0 else (half + 1, len(tablet.said))
    sent = list(photos[life::2])
    with httpx.Client(base_url=url, timeout=60) as client:
        client.headers["authorization"] = f"Bearer {tablet.token}"
        while at <= end:
            last = min(end, at + 6)
            answer = client.post("/sync/v1", content=wire.encode(tablet.request(at, last)))
            answer.raise_for_status()
            found = wire.decode(answer.content, SyncResponse)
            verdicts = tuple(bytes(raw) for raw in found.verdicts)
            journal.ack(Pushed(number, at, last, verdicts))
            at = last + 1
            if sent:
                _upload(client, journal, sent.pop())


_TUS: Final = {"tus-resumable": "1.0.0"}


def _upload(client: httpx.Client, journal: Journal, photo: bytes) -> None:
    sha256 = hashlib.sha256(photo).hexdigest()
    named = base64.b64encode(sha256.encode()).decode()
    client.post(
        "/blobs",
        headers={**_TUS, "upload-length": str(len(photo)), "upload-metadata": f"sha256 {named}"},
    ).raise_for_status()
    step = len(photo) // 3 + 1
    for offset in range(0, len(photo), step):
        client.patch(
            f"/blobs/{sha256}",
            content=photo[offset : offset + step],
            headers={
                **_TUS,
                "upload-offset": str(offset),
                "content-type": "application/offset+octet-stream",
            },
        ).raise_for_status()
        journal.ack(Uploaded(sha256, min(len(photo), offset + step)))


class Checker:
    """Checks disks of one recording."""

    def __init__(self, recording: Recording) -> None:
        script = (recording.folder / "script").read_bytes()
        self._script = msgspec.msgpack.decode(script, type=Script)
        self._said = [[wire.decode(raw, Operation) for raw in said] for said in self._script.said]

    def __call__(self, root: Path, acked: Sequence[msgspec.Raw]) -> Findings:
        """Open what a cut left, and demand everything that was acknowledged."""
        told = [msgspec.msgpack.decode(raw, type=Pushed | Uploaded) for raw in acked]
        found = Findings(points=1, acked=len(told))
        url = f"sqlite:///{root / 'firstlight.db'}"
        with found.hindrance(), process_lock.held(parse_url(url)), opened_url(url) as store:
            self._check_integrity(store, found)
            if found.corrupt:
                return found
            pushes = [one for one in told if isinstance(one, Pushed)]
            for tablet in range(len(self._said)):
                mine = [push for push in pushes if push.tablet == tablet]
                store.read_now(self._check_pushes, tablet, mine, found)
                self._replay(store, tablet, mine, found)
            blobs = FolderBlobStore(root / "blobs")
            self._check_blobs(store, blobs, [o for o in told if isinstance(o, Uploaded)], found)
        return found

    @staticmethod
    def _check_integrity(store: Store, found: Findings) -> None:
        def ask(db: Connection) -> list[str]:
            faults = [row[0] for row in db.exec_driver_sql("PRAGMA integrity_check")]
            foreign = db.exec_driver_sql("PRAGMA foreign_key_check").all()
            return [fault for fault in (*faults, *map(str, foreign)) if fault != "ok"]

        for fault in store.read_now(ask)[:1]:
            found.note_corrupt(fault)

    def _check_pushes(
        self, db: Connection, tablet: int, pushes: Sequence[Pushed], found: Findings
    ) -> None:
        rows = db.execute(
            sa.select(operations.c.dseq, operations.c.raw, operations.c.verdict).where(
                operations.c.incarnation == self._script.incarnations[tablet]
            )
        )
        stored = {row.dseq: (bytes(row.raw), bytes(row.verdict)) for row in rows}
        ids = {row.id for row in db.execute(sa.select(captures.c.id))}
        ids |= {row.id for row in db.execute(sa.select(completions.c.id))}
        for push in pushes:
            for dseq, verdict in enumerate(push.verdicts, start=push.first):
                if stored.get(dseq) != (self._script.said[tablet][dseq - 1], verdict):
                    found.note_lost(f"operation {dseq} of tablet {tablet} or its verdict")
                elif _made(self._said[tablet][dseq - 1]) not in {None, *ids}:
                    found.note_lost(f"the effect of operation {dseq} of tablet {tablet}")
        if pushes:
            self._check_jobs(db, tablet, pushes[-1].last, found)

    def _check_jobs(self, db: Connection, tablet: int, last: int, found: Findings) -> None:
        """Demand of state and field what the last acknowledged operation made, or a later one."""
        states = {row.id: row.state for row in db.execute(sa.select(jobs.c.id, jobs.c.state))}
        fields = {
            (row.job_id, row.field): row.value
            for row in db.execute(
                sa.select(job_fields.c.job_id, job_fields.c.field, job_fields.c.value)
            )
        }
        wanted: dict[tuple[UUID, str], set[str]] = {}
        for operation in self._said[tablet]:
            for key, value in _set(operation):
                if operation.dseq <= last:
                    wanted[key] = {value}
                elif key in wanted:
                    wanted[key].add(value)
        for (job_id, field), values in wanted.items():
            value = states[job_id] if field == "state" else fields.get((job_id, field))
            if value not in values:
                found.note_lost(f"{field} is {value!r}, acknowledged was one of {sorted(values)}")

    def _replay(self, store: Store, tablet: int, pushes: Sequence[Pushed], found: Findings) -> None:
        """Send the last answered push again, then what was never answered."""
        said = self._script.said[tablet]
        device_id = self._script.devices[tablet]
        now = act(utc_now(), Actor(ActorKind.DEVICE, device_id))
        for push in pushes[-1:]:
            request = self._request(tablet, push.first, push.last)
            again = store.write_now(commands.receive, device_id, request, act=now)
            if tuple(bytes(raw) for raw in again.verdicts) != push.verdicts:
                found.note_lost(f"a replay of {push.first}-{push.last} is answered otherwise")
        first = pushes[-1].last + 1 if pushes else 1
        if first <= len(said):
            request = self._request(tablet, first, min(len(said), first + 4))
            answer = store.write_now(commands.receive, device_id, request, act=now)
            if answer.acked_dseq < first:
                found.note_lost("it does not go on after the last acknowledged operation")

    def _request(self, tablet: int, first: int, last: int) -> SyncRequest:
        incarnation = Incarnation(self._script.incarnations[tablet])
        said = self._script.said[tablet]
        chain = wire.first_chain(incarnation)
        for raw in said[: first - 1]:
            chain = wire.next_chain(chain, raw)
        return SyncRequest(
            protocol=PROTOCOL_VERSION,
            app_version="1",
            incarnation=incarnation,
            chain_before=chain,
            clock=moment(),
            operations=tuple(msgspec.Raw(raw) for raw in said[first - 1 : last]),
        )

    def _check_blobs(
        self, store: Store, blobs: FolderBlobStore, told: Sequence[Uploaded], found: Findings
    ) -> None:
        offsets = {one.sha256: one.offset for one in told}
        rows = store.read_now(lambda db: set(db.execute(sa.select(blob_rows.c.sha256)).scalars()))
        for sha256 in {*offsets, *rows}:
            photo, offset = self._script.photos[sha256], offsets.get(sha256, 0)
            try:
                here, _ = blobs.progress(sha256)
            except BlobUnknown:
                here = 0
            if here < offset:
                found.note_lost(f"{offset} bytes of a blob were acknowledged, {here} are there")
            elif (offset == len(photo) or sha256 in rows) and not blobs.is_present(sha256):
                found.note_lost("a blob that was acknowledged as whole")
            elif sha256 in rows and blobs.read(sha256, 0, len(photo)) != photo:
                found.note_torn(f"blob {sha256} holds something else")
        for sha256, photo in self._script.photos.items():
            if sha256 in offsets and offsets[sha256] < len(photo):
                _finish(blobs, sha256, photo, offsets[sha256], found)


def _finish(blobs: FolderBlobStore, sha256: str, photo: bytes, acked: int, found: Findings) -> None:
    """Go on with an upload where the store says; nothing acknowledged may be asked for again."""
    blobs.begin(sha256, len(photo))
    here, _ = blobs.progress(sha256)
    if here >= acked and here < len(photo):
        blobs.append(sha256, here, photo[here:])
    if not blobs.is_present(sha256):
        found.note_lost("an upload that was begun cannot be finished")


def _made(operation: Operation) -> UUID | None:
    match operation.body:
        case RecordCapture(capture=made):
            return made.id
        case CompleteJob(manifest=manifest):
            return manifest.completion_id
        case _:
            return None


def _set(operation: Operation) -> Iterator[tuple[tuple[UUID, str], str]]:
    match operation.body:
        case SetField(job_id=job_id, field=field, value=value):
            yield (job_id, field), value
        case MoveJob(job_id=job_id, event=event):
            yield (job_id, "state"), _STATES[event]
        case CompleteJob(job_id=job_id):
            yield (job_id, "state"), JobState.COMPLETED
        case _:
            return
