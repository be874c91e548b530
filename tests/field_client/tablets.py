"""A tablet without its pages, for sessions with a server that plays tricks."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from field_client import capture
from field_client.fetching import Fetcher, Shelf
from field_client.keys import DeviceKey
from field_client.replica.outbox import Pen
from field_client.replica.state import initialise, store_enrolment
from field_client.session import Means, Session, SessionReport
from field_client.settings import Settings
from field_client.storage import BlobFolder, Disk, Store, StoredBlob, open_store
from field_client.transport import BlobOffset, Failure, HttpTransport, PhotoPart
from field_client.uploads import ChunkSize, Uploader
from sync_protocol.ids import Incarnation, JobId
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import SyncRequest, SyncResponse
from sync_protocol.units import Sha256Hex
from sync_protocol.versions import PUSH_PROTOCOLS
from tests.field_client.factories import JPEG, FakeClock, Ids, a_job, an_enrolment
from tests.field_client.fake_server import FakeServer
from tests.field_client.http_server import HttpFakeServer, serving

JOB = JobId(UUID(int=100))
KEY = bytes(range(32))


Meanwhile = Callable[[], Awaitable[object]]


class BusyHands(HttpTransport):
    """The real transport; at each request the technician goes on working until it is answered."""

    def __init__(self, server_url: str, tablet: "Tablet") -> None:
        super().__init__(server_url)
        self._tablet = tablet
        self._meanwhile = tablet.meanwhile

    async def sync(self, request: SyncRequest, token: str) -> SyncResponse | Failure:
        answer = await super().sync(request, token)
        if self._meanwhile:
            await self._meanwhile.popleft()()
        return answer

    async def append_blob(
        self, sha256: Sha256Hex, offset: int, chunk: bytes, token: str
    ) -> BlobOffset | Failure:
        place = await super().append_blob(sha256, offset, chunk, token)
        self._tablet.clock.pass_ms(len(chunk) * 1000 // self._tablet.bytes_per_s)
        if self._tablet.between_chunks:
            await self._tablet.between_chunks.popleft()()
        return place

    async def photo_part(
        self, sha256: Sha256Hex, offset: int, length_bytes: int, token: str
    ) -> PhotoPart | Failure:
        part = await super().photo_part(sha256, offset, length_bytes, token)
        if self._tablet.between_parts:
            await self._tablet.between_parts.popleft()()
        return part


class Tablet:
    """A tablet without its pages: what a session needs, and entries by hand."""

    def __init__(self, store: Store, folder: Path, server: HttpFakeServer) -> None:
        self.store = store
        self.meanwhile: deque[Meanwhile] = deque()
        self.between_chunks: deque[Meanwhile] = deque()
        self.between_parts: deque[Meanwhile] = deque()
        self.bytes_per_s = 10**9
        """Of the link, by the tablet's clock, for what is uploaded."""
        self.server = server
        self.blobs = BlobFolder(folder / "blobs", KEY, Disk())
        self.clock = FakeClock()
        self.key = DeviceKey(KEY)
        self.chunk = ChunkSize()
        self.protocols = PUSH_PROTOCOLS
        self.limits = Settings(home=str(folder)).earlier_photos
        self.has_room = True
        self.keep: Callable[[bytes, str], Awaitable[StoredBlob]] = self._put
        self.fetcher = Fetcher(store, self._shelf(), clock=self.clock, chunk=self.chunk)
        self._ids = Ids()

    async def _put(self, data: bytes, media_type: str) -> StoredBlob:
        return self.blobs.put_anew(data, media_type)

    def _shelf(self) -> Shelf:
        async def keep(data: bytes, media_type: str) -> StoredBlob:
            return await self.keep(data, media_type)

        return Shelf(limits=self.limits, keep=keep, has_room=lambda: self.has_room)

    def set_limits(self, **changes: int) -> None:
        """Let the settings keep less of earlier visits."""
        self.limits = msgspec.structs.replace(self.limits, **changes)
        self.fetcher = Fetcher(self.store, self._shelf(), clock=self.clock, chunk=self.chunk)

    @property
    def pen(self) -> Pen:
        return Pen(at=self.clock.moment(), new_id=self._ids, new_salt=lambda: "5a17")

    async def sync(self) -> SessionReport:
        transport = BusyHands(self.server.url, self)
        try:
            return await Session(
                self.store,
                transport,
                Uploader(self.store, self.blobs, transport, clock=self.clock, chunk=self.chunk),
                Means(
                    clock=self.clock,
                    device_key=lambda: self.key,
                    fetcher=self.fetcher,
                    protocols=self.protocols,
                ),
            ).run()
        finally:
            await transport.close()

    async def start_job(self) -> None:
        await self.store.write(capture.move_job, self.pen, JOB, JobEvent.START)

    async def take_photo(self, data: bytes = JPEG) -> str:
        stored = self.blobs.put(data, "image/jpeg")
        await self.store.write(capture.record_photo, self.pen, JOB, subject="ont", stored=stored)
        return stored.sha256


@asynccontextmanager
async def enrolled_tablet(folder: Path) -> AsyncGenerator[Tablet, None]:
    """Give a tablet that is a technician's, and its server with one job."""
    protocol = FakeServer()
    protocol.put_job(a_job())
    async with (
        serving(HttpFakeServer(protocol)) as server,
        open_store(folder / "replica.db", KEY) as store,
    ):
        await store.write(initialise, Incarnation(UUID(int=1)))
        await store.write(store_enrolment, server.url, an_enrolment())
        made = Tablet(store, folder, server)
        server.public_key = made.key.public_text()
        yield made
