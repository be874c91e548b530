"""The office of a world: the server's own functions, inline, over a real database."""

import base64
import binascii
import functools
import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.acts import SYSTEM, Act, Actor, ActorKind
from server.backups import copying, lives
from server.database import Connection, Written, engines
from server.database.writer import Boundary, CommitCounter, Outcome, run_group
from server.jobs import commands as jobs
from server.jobs import photos
from server.orders import commands as orders
from server.problems import NotFound
from server.sync import (
    api,
    blob_api,
    blobs,
    commands,
    devices,
    earlier_photos,
    pull,
    refusals,
    registration,
    retention,
    versions,
)
from server.sync.blob_store import BlobUnknown, ContentWrong, FolderBlobStore, OffsetWrong
from server.sync.fingerprints import Fingerprints
from server.sync.records import Device
from server.sync.refusals import SyncRefused
from sync_protocol import wire
from sync_protocol.ids import Epoch
from sync_protocol.messages import (
    PROTOCOL_VERSION,
    BeginIncarnation,
    PullPage,
    Refusal,
    SyncResponse,
    TokenRequest,
)
from sync_protocol.versions import SPOKEN
from tests.simulation.chance import Chance
from tests.simulation.clocks import WorldClock
from tests.simulation.network import Answered, Asked

P = ParamSpec("P")
T = TypeVar("T")

TOKEN_LIFE = timedelta(minutes=20)
"""Short, so that worlds see tokens expire."""


class OfficeCrashed(BaseException):
    """The server process ended at a commit boundary; memory is gone, the disk is as it is."""


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """The functions that a world runs on the server's side; a mutant replaces one of them."""

    run_group: Callable[
        [Connection, Sequence[Callable[[Connection], Written[Any]]], CommitCounter],
        tuple[Outcome, ...],
    ] = run_group
    receive: Callable[..., Written[commands.Pushed]] = commands.receive
    pull: Callable[..., tuple[Epoch, PullPage]] = pull.read
    place: Callable[..., Any] = orders.place
    assign: Callable[..., Any] = jobs.assign
    set_crew: Callable[..., Any] = jobs.set_crew
    cancel: Callable[..., Any] = jobs.cancel
    compact: Callable[..., Written[int]] = retention.compact
    blob_store: Callable[[Path], FolderBlobStore] = FolderBlobStore


PRODUCTION = Code()


class Office:
    """One server process and its disk."""

    def __init__(
        self, folder: Path, clock: WorldClock, chance: Chance, *, code: Code, page_limit: int
    ) -> None:
        self.code = code
        self.probe: Callable[[Boundary], None] = _pass_by
        self.is_up = True
        self.spoken = SPOKEN
        self.life = 1
        self._database, self._blobs = folder / "server.db", folder / "blobs"
        self._backup = folder / "backup"
        self._url = engines.parse_url(f"sqlite:///{self._database}")
        self._clock = clock
        self._chance = chance
        self._page_limit = page_limit
        self._open()

    def _open(self) -> None:
        self._blob_store = self.code.blob_store(self._blobs)
        self._writing, self._reading = _engines(self._url)
        self._writer, self._reader = self._writing.connect(), self._reading.connect()
        self._counter = CommitCounter(self._show)
        self._fingerprints = Fingerprints()

    def _show(self, boundary: Boundary) -> None:
        self.probe(boundary)

    def close(self) -> None:
        """Give everything back; also what is left of a process that crashed."""
        self._writer.close()
        self._reader.close()
        self._writing.dispose()
        self._reading.dispose()

    def restart(self) -> None:
        """Begin again with nothing but the disk."""
        self.close()
        self._open()
        self.is_up = True

    @property
    def has_backup(self) -> bool:
        """Say whether there is something to put back."""
        return self._backup.exists()

    def back_up(self) -> lives.Horizon:
        """Make a backup as ``firstlight backup`` does, and copy the files after it."""
        self._backup.mkdir()
        copying.copy_in_use(self._database, self._backup / "server.db")
        horizon = self.read(lives.read_horizon)
        shutil.copytree(self._blobs, self._backup / "blobs")
        return horizon

    def put_back(self, *, with_files: bool) -> None:
        """Put the backup in place of the disk, with or without its files, and begin again."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self._database.with_name(self._database.name + suffix).unlink(missing_ok=True)
        shutil.copy(self._backup / "server.db", self._database)
        if with_files:
            shutil.rmtree(self._blobs)
            shutil.copytree(self._backup / "blobs", self._blobs)
        self._open()
        self.is_up = True
        self.life += 1

    def write_at_no_risk(
        self,
        unit: Callable[Concatenate[Connection, P], Written[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit of something that is done as a whole or not at all."""
        probe, self.probe = self.probe, _pass_by
        try:
            return self.write(unit, *args, **kwargs)
        finally:
            self.probe = probe

    def act(self, actor: Actor = SYSTEM) -> Act:
        """Begin an act at this instant."""
        return Act(actor=actor, now=self._clock.now(), new_id=self._chance.new_id)

    def write(
        self,
        unit: Callable[Concatenate[Connection, P], Written[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit as the writer does.

        Raises:
            OfficeCrashed: before or after the commit; who asked cannot know which.
        """
        (outcome,) = self.code.run_group(
            self._writer, (lambda db: unit(db, *args, **kwargs),), self._counter
        )
        if outcome.error is not None:
            raise outcome.error
        assert outcome.written is not None
        return outcome.written.value

    def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query in a snapshot of its own."""
        with self._reader.begin():
            return query(self._reader, *args, **kwargs)

    def answer(self, asked: Asked) -> Answered:
        """Answer one request as the routes do."""
        url = urlsplit(asked.path)
        handlers = {
            "/sync/v1": self._sync,
            "/devices/v1/token": self._renew,
            "/devices/v1/incarnations": self._begin_incarnation,
        }
        try:
            if url.path == "/devices/v1/challenge":
                return self._challenge(UUID(parse_qs(url.query)["device_id"][0]))
            if url.path in handlers:
                return handlers[url.path](asked)
            return self._blob(asked, url.path.removeprefix("/blobs").removeprefix("/"))
        except SyncRefused as error:
            status = refusals.STATUS[error.body.refusal]
            return _problem(status, wire.encode(error.body))
        except (BlobUnknown, NotFound, OffsetWrong, ContentWrong) as error:
            status = {BlobUnknown: 404, NotFound: 404, OffsetWrong: 409, ContentWrong: 460}[
                type(error)
            ]
            return _problem(status, msgspec.json.encode({"detail": str(error)}))

    def _sync(self, asked: Asked) -> Answered:
        device = self.device_of(asked)
        request = api.read_request(asked.body, asked.headers.get("content-encoding"), self.spoken)
        act = self.act(Actor(ActorKind.DEVICE, device.id))
        if commands.has_news(request):
            pushed = self.write(self.code.receive, device.id, request, act=act)
        else:
            pushed = self.read(commands.heard, device.id, request)
        epoch, page = self.read(
            self.code.pull,
            device.technician_id,
            request.epoch,
            request.cursor,
            limit=self._page_limit,
            check_scope=request.check_scope,
            fingerprints=self._fingerprints,
        )
        response = SyncResponse(
            protocol=PROTOCOL_VERSION,
            epoch=epoch,
            server_time=act.now,
            acked_dseq=pushed.acked_dseq,
            chain=pushed.chain,
            verdicts=pushed.verdicts,
            durable_dseq=pushed.durable_dseq,
            pull=page,
        )
        answered = versions.as_understood(response, request, self.spoken)
        return _json(api.synchronise.status_code, answered)

    def _begin_incarnation(self, asked: Asked) -> Answered:
        device = self.device_of(asked)
        begun = self.write(
            registration.register,
            device.id,
            wire.decode(asked.body, BeginIncarnation),
            act=self.act(Actor(ActorKind.DEVICE, device.id)),
        )
        return _json(api.begin_incarnation.status_code, begun)

    def _challenge(self, device_id: UUID) -> Answered:
        fresh = self._chance.octets(16).hex()
        given = self.write(devices.issue_challenge, device_id, fresh, act=self.act())
        return _json(api.challenge.status_code, given)

    def _renew(self, asked: Asked) -> Answered:
        token = self.write(
            devices.renew_token,
            wire.decode(asked.body, TokenRequest),
            token=self._chance.octets(16).hex(),
            token_life=TOKEN_LIFE,
            act=self.act(),
        )
        return _json(api.renew_token.status_code, token)

    def device_of(self, asked: Asked) -> Device:
        """Find the device behind a request."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        device = self.read(devices.find_by_token, token, self._clock.now())
        if device is None:
            raise SyncRefused(Refusal.UNKNOWN_DEVICE, "the token is unknown or has expired")
        return device

    def _blob(self, asked: Asked, sha256: str) -> Answered:
        device = self.device_of(asked)
        if asked.method == "GET":
            return self._photo(asked, device, sha256)
        if asked.method == "POST":
            size_bytes = int(asked.headers["upload-length"])
            self._blob_store.begin(_announced(asked.headers["upload-metadata"]), size_bytes)
            return Answered(
                status=blob_api.begin.status_code, headers={"location": asked.path}, body=b""
            )
        if asked.method == "HEAD":
            reached, size_bytes = self._blob_store.progress(sha256)
            self._note_present(sha256, size_bytes)
            return _offset(200, reached, size_bytes)
        reached = self._blob_store.append(sha256, int(asked.headers["upload-offset"]), asked.body)
        self._note_present(sha256, reached)
        return _offset(204, reached)

    def _photo(self, asked: Asked, device: Device, sha256: str) -> Answered:
        recorded = self.read(earlier_photos.find, device.technician_id, sha256)
        photo = photos.open_photo(self._blob_store, recorded)
        part = earlier_photos.part_of(asked.headers["range"], photo.size_bytes)
        assert part is not None, asked.headers["range"]
        body = self._blob_store.read(sha256, part.start, len(part))
        said = f"bytes {part.start}-{part.stop - 1}/{photo.size_bytes}"
        headers = {"content-type": photo.media_type, "content-range": said}
        return Answered(status=206, headers=headers, body=body)

    def _note_present(self, sha256: str, size_bytes: int) -> None:
        if self._blob_store.is_present(sha256):
            self.write(blobs.mark_present, sha256, size_bytes, self._clock.now())

    def blob_file(self, sha256: str) -> Path:
        """Give the place of a whole blob on the disk, whether it is there or not."""
        return self._blob_store.path(sha256)


@functools.cache
def _engines(url: sa.URL) -> tuple[sa.Engine, sa.Engine]:
    """Keep the engines of a path: compiling statements anew costs more than a world."""
    return engines.create(url)


def _pass_by(_boundary: Boundary) -> None:
    """Let every commit through."""


def _json(status: int, body: msgspec.Struct) -> Answered:
    headers = {"content-type": "application/json"}
    return Answered(status=status, headers=headers, body=wire.encode(body))


def _problem(status: int, body: bytes) -> Answered:
    headers = {"content-type": "application/problem+json"}
    return Answered(status=status, headers=headers, body=body)


def _offset(status: int, reached: int, size_bytes: int | None = None) -> Answered:
    length = {} if size_bytes is None else {"upload-length": str(size_bytes)}
    return Answered(status=status, headers={"upload-offset": str(reached), **length}, body=b"")


def _announced(metadata: str) -> str:
    try:
        return base64.b64decode(metadata.partition(" ")[2], validate=True).decode("ascii")
    except binascii.Error as error:
        raise AssertionError(f"a tablet announced {metadata!r}") from error
