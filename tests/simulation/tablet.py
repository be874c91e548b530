"""One tablet of a world: the tablet's own session, engine and replica, inline and on virtual time.

A session is a coroutine that only ever waits for the network. The world resumes it with an answer;
a crash throws it away together with everything else that was not on the disk.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import httpx

from field_client.engine import (
    Blocked,
    EngineState,
    Event,
    Finished,
    Pace,
    StartSession,
    Ticked,
    step,
)
from field_client.fetching import Fetcher, Shelf
from field_client.keys import DeviceKey
from field_client.replica.earlier_photos import forget_gone, list_gone
from field_client.replica.outbox import Pen
from field_client.replica.state import initialise
from field_client.replica.uploads import forget_uploaded
from field_client.session import Means, Session, SessionReport
from field_client.settings import Settings
from field_client.storage import (
    Aside,
    BlobFolder,
    CommitPoint,
    Connection,
    Disk,
    Store,
    StoredBlob,
    open_replica,
)
from field_client.storage.store import Reader
from field_client.storage.units import read_unit
from field_client.transport import HttpTransport
from field_client.uploads import ChunkSize, Uploader
from sync_protocol.ids import Incarnation
from sync_protocol.versions import PUSH_PROTOCOLS
from tests.simulation.bounds import Bounds
from tests.simulation.chance import Chance
from tests.simulation.clocks import MINUTE, TabletClock
from tests.simulation.network import Answered, Asked

P = ParamSpec("P")
T = TypeVar("T")

PACE = Pace(poll_ms=15 * MINUTE, retry_ms_max=5 * MINUTE)
ADDRESS = "http://office.test"
Replacements = Mapping[Callable[..., Any], Callable[..., Any]]


class TabletDied(BaseException):
    """The tablet's process ended; what was not committed is gone."""


class Flight(Awaitable[Answered | None]):
    """One request on its way; awaiting it hands it to the world, which answers or does not."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def __await__(self) -> Generator["Flight", Answered | None, Answered | None]:
        return (yield self)


class InlineAside(Aside):
    """Runs in this thread what production runs in one of its own."""

    def __init__(self) -> None:  # pyright: ignore[reportMissingSuperCall]  no thread is wanted
        pass

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return work(*args, **kwargs)


class InlineReader(Reader):
    """Reads over the writing connection: in one thread there is nobody to read beside."""

    def __init__(self, db: Connection) -> None:  # pyright: ignore[reportMissingSuperCall]  no thread is wanted
        self._db = db
        self._connection = None  # which aiosqlite looks for at the end

    async def read(self, unit: Callable[[Connection], T]) -> T:
        return read_unit(self._db, unit)


class InlineStore(Store):
    """The tablet's store, inline; a mutant of the simulation stands in for the unit it replaces."""

    def __init__(
        self, db: Connection, checkpoint: Callable[[CommitPoint], None], replaced: Replacements
    ) -> None:
        super().__init__(db, InlineReader(db), InlineAside(), checkpoint)
        self._replaced = replaced

    async def write(
        self,
        unit: Callable[Concatenate[Connection, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await super().write(self._replaced.get(unit, unit), *args, **kwargs)

    async def read(
        self,
        query: Callable[Concatenate[Connection, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await super().read(self._replaced.get(query, query), *args, **kwargs)


class _Body(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


class Antenna(httpx.AsyncBaseTransport):
    """Where the tablet's HTTP client ends and the world's network begins."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = Asked(
            method=request.method,
            path=request.url.raw_path.decode("ascii"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.aread(),
        )
        answered = await Flight(asked)
        if answered is None:
            raise httpx.ReadTimeout("nothing came back", request=request)
        return httpx.Response(
            answered.status, headers=answered.headers, stream=_Body(answered.body)
        )


class Tablet:
    """One tablet and its disk."""

    def __init__(
        self,
        name: str,
        folder: Path,
        clock: TabletClock,
        chance: Chance,
        replaced: Replacements,
        keys: tuple[DeviceKey, bytes] | None = None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.chance = chance
        self.is_up = False
        self.life = 0
        self.engine = EngineState()
        self.protocols = PUSH_PROTOCOLS
        self.reports: list[SessionReport] = []
        self.bounds = Bounds(name, PACE)
        self.checkpoint: Callable[[CommitPoint], None] = _pass_by
        self.folder = folder
        self.replaced = replaced
        self._looked_at = (0, 0)
        self._looks: dict[object, Any] = {}
        self._device_key, self._replica_key = keys or (
            DeviceKey(chance.octets(32)),
            chance.octets(32),
        )
        self._session: Coroutine[Any, Any, SessionReport] | None = None
        client = httpx.AsyncClient(base_url=ADDRESS, transport=Antenna(), trust_env=False)
        self._transport = HttpTransport(ADDRESS, client)
        self.start()

    def start(self) -> None:
        """Begin a process over the disk, as ``open_agent`` does."""
        self.db = open_replica(self.folder / "replica.db", self._replica_key)
        blob_folder = self.folder / "blobs"
        self.blobs = BlobFolder(blob_folder, self._replica_key, Disk(), self.chance.octets)
        self.store = InlineStore(self.db, self._show, self.replaced)
        self.fetcher = Fetcher(self.store, self._shelf(), clock=self.clock, chunk=ChunkSize())
        self.life += 1
        self.is_up = True
        self.engine = EngineState()
        self.bounds.begin_anew()
        self.write(initialise, Incarnation(self.chance.new_id()))

    def _show(self, point: CommitPoint) -> None:
        self.checkpoint(point)

    def _shelf(self) -> Shelf:
        async def keep(data: bytes, media_type: str) -> StoredBlob:
            return self.blobs.put_anew(data, media_type)

        limits = Settings(home=str(self.folder)).earlier_photos
        return Shelf(limits=limits, keep=keep, has_room=lambda: True)

    @contextlib.contextmanager
    def at_no_risk(self) -> Generator[None]:
        """Let it not die of what is done meanwhile."""
        checkpoint, self.checkpoint = self.checkpoint, _pass_by
        yield
        self.checkpoint = checkpoint

    def die(self) -> None:
        """End the process wherever it is."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self.db.close()
        self.is_up = False

    @property
    def keys(self) -> tuple[DeviceKey, bytes]:
        """Give what is kept apart from the replica."""
        return self._device_key, self._replica_key

    def lose_key(self) -> None:
        """Lose the device key; at its next use another one is made."""
        self._device_key = DeviceKey(self.chance.octets(32))

    def public_key(self) -> str:
        return self._device_key.public_text()

    def sign(self, message: bytes) -> str:
        return self._device_key.sign(message)

    def pen(self) -> Pen:
        return Pen(at=self.clock.moment(), new_id=self.chance.new_id, new_salt=self._new_salt)

    def _new_salt(self) -> str:
        return self.chance.octets(4).hex()

    def write(
        self,
        unit: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit of the replica.

        Raises:
            TabletDied: before or after the commit.
        """
        return complete(self.store.write(unit, *args, **kwargs))

    def read(
        self,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a query of the replica."""
        return complete(self.store.read(query, *args, **kwargs))

    def look(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query of the replica, or give its answer of before while nothing was written."""
        asked = (query, args, tuple(kwargs.items()))
        state = (self.life, self.db.total_changes)
        if self._looked_at != state:
            self._looked_at = state
            self._looks.clear()
        if asked not in self._looks:
            self._looks[asked] = self.read(query, *args, **kwargs)
        return self._looks[asked]

    @property
    def is_syncing(self) -> bool:
        return self._session is not None

    def take(self, event: Event) -> Flight | None:
        """Let the engine decide about an event; a request if a session began with one."""
        now_ms = self.clock.moment().monotonic_ms
        self.engine, effects = step(self.engine, event, now_ms, PACE)
        if isinstance(event, Finished):
            self.bounds.session_ends(event, now_ms)
        if StartSession() not in effects:
            return None
        self.bounds.session_begins(event, now_ms)
        session = Session(
            self.store,
            self._transport,
            Uploader(self.store, self.blobs, self._transport, clock=self.clock, chunk=ChunkSize()),
            Means(
                clock=self.clock,
                device_key=lambda: self._device_key,
                fetcher=self.fetcher,
                new_id=self.chance.new_id,
                protocols=self.protocols,
            ),
        )
        self._session = session.run()
        return self.resume(None)

    def resume(self, answer: Answered | None) -> Flight | None:
        """Let the session go on with an answer; its next request, or None where it ended."""
        assert self._session is not None
        try:
            flight = cast("Flight", self._session.send(answer))
        except StopIteration as ended:
            report: SessionReport = ended.value
        else:
            self.bounds.asks(flight.asked)
            return flight
        self._session = None
        self.reports.append(report)
        self._free_space()
        return self.take(Finished(outcome=report.outcome, jitter=self.chance.share()))

    def _free_space(self) -> None:
        """Remove the files that nobody needs, as ``FileKeeper.tend`` does."""
        freed = self.write(forget_uploaded, self.clock.moment().wall)
        gone = self.read(list_gone)
        for sha256 in (*freed, *(each.sha256 for each in gone if not each.is_ours)):
            self.blobs.remove(sha256)
        if gone:
            self.write(forget_gone)

    def tick(self) -> Flight | None:
        return self.take(Ticked())

    def blocked(self) -> Blocked | None:
        """Say what no session could get over; nothing of the kind belongs into these worlds."""
        outcomes = (report.outcome for report in self.reports)
        return next((each for each in outcomes if isinstance(each, Blocked)), None)


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as ended:
        return cast("T", ended.value)
    work.close()
    raise AssertionError("this was not to wait for anything")


def _pass_by(_point: CommitPoint) -> None:
    """Let every commit through."""
