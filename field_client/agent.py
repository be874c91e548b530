"""The tablet as a whole: replica, files, keys, scanner and sync loop, put together once."""

import random
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Concatenate, Final, ParamSpec, TypeVar

from uuid_utils.compat import uuid7

from field_client import capture, media, photos
from field_client.clock import Clock
from field_client.enrolling import (
    AlreadyEnrolled,
    NoServer,
    NotACode,
    Wish,
    checked_server,
    enrol,
    enrolment_error,
)
from field_client.fetching import Fetcher
from field_client.file_keeper import FileKeeper
from field_client.handing_over import HandingOver
from field_client.keys import KeyStore, new_salt
from field_client.looking import Looking
from field_client.loop import SyncLoop
from field_client.position import Position, Whereabouts
from field_client.replica.contact import find_offline, within_window
from field_client.replica.outbox import Pen
from field_client.replica.revocation import (
    Revocation,
    find_revocation,
    refuse_if_revoked,
)
from field_client.replica.state import (
    find_enrolment,
    set_flight_mode,
    store_enrolment,
)
from field_client.replica.views import get_briefing
from field_client.safety.key_files import Way
from field_client.safety.window import Offline
from field_client.safety.wiping import Wiped
from field_client.scanning import LabelScanner, ScanResult, find_zbar
from field_client.serial_checks import Stock, stock_of
from field_client.session import Means, Session, SessionReport
from field_client.settings import Settings
from field_client.storage import (
    Aside,
    BlobFolder,
    Connection,
    StorageFull,
    Store,
)
from field_client.transport import HttpTransport
from field_client.uploads import ChunkSize, Uploader
from sync_protocol.ids import JobId
from sync_protocol.messages import EnrolResponse
from sync_protocol.quoting import quoted

P = ParamSpec("P")
T = TypeVar("T")
_CODE_LENGTHS: Final = (8, 80)


class Agent:
    """What the local API and the commands work with."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        blobs: BlobFolder,
        keys: KeyStore,
        *,
        clock: Clock,
        aside: Aside,
    ) -> None:
        self.settings = settings
        self._keys = keys
        self._clock = clock
        self._aside = aside
        self._chunk = ChunkSize()
        self._looking = Looking(LabelScanner(find_zbar(), time.monotonic), aside.beside("scanner"))
        self.whereabouts = Whereabouts()
        self._blobs = blobs
        self.files = FileKeeper(settings, store, blobs, aside)
        self._fetcher = Fetcher(store, self.files.shelf, clock=clock, chunk=self._chunk)
        self.keys_kept: Callable[[], Way] = _in_folder
        self.wiped: Wiped | None = None
        """Set when everything was handed over: whoever holds this agent is to erase it."""
        self.on_wipe_due: Callable[[], None] = _nobody
        self.store = store
        self.loop = SyncLoop(
            self._run_session,
            clock=clock,
            pace=settings.pace,
            jitter=random.random,
        )

    async def enter(
        self,
        unit: Callable[Concatenate[Connection, Pen, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Record something that the technician did; when this returns it is safe.

        On a full disk the ballast makes room for it.

        Raises:
            OfflineTooLong: the tablet must meet its server first.
            TabletRevoked: the office has withdrawn it.
            StorageFull: and whatever the unit raises; nothing was recorded.
        """
        now = self._clock.moment()
        positions = self.whereabouts.fresh(now.monotonic_ms)
        pen = Pen(at=now, new_id=uuid7, new_salt=new_salt, positions=positions)

        def within(db: Connection) -> T:
            refuse_if_revoked(db)
            limit = self.settings.offline_limit
            return within_window(db, partial(unit, db, pen, *args, **kwargs), pen.at, limit)

        try:
            value = await self.store.write(within)
        except StorageFull:
            if not await self._aside.run(self.files.ballast.release):
                raise
            value = await self.store.write(within)
        self.loop.note_recorded()
        return value

    @property
    def home(self) -> str:
        """The folder of this tablet."""
        return self.settings.home

    @property
    def known_server(self) -> str | None:
        """The server that the settings name; None: the person has to."""
        return self.settings.server_url

    def now(self) -> datetime:
        """Tell the time, by the clock of this tablet."""
        return self._clock.moment().wall

    async def offline(self) -> Offline | None:
        """Say how long the server was not met, and what follows; None: it is not counted yet."""
        limit = self.settings.offline_limit
        return await self.store.read(find_offline, self._clock.moment(), limit)

    async def revocation(self) -> Revocation | None:
        """Say how far handing over has come; None: the tablet is not withdrawn."""
        limit = self.settings.hand_over_limit
        return await self.store.read(find_revocation, self._clock.moment(), limit)

    async def add_photo(self, job_id: JobId, subject: str, data: bytes) -> capture.FileReceipt:
        """Keep a photo, made small: its file first, then its row.

        Raises:
            NotAPhoto, StorageFull: and what ``capture.record_photo`` raises.
        """
        small = await self._aside.run(photos.prepare, data)
        async with self.files.keeping(small.data, small.media_type) as stored:
            return await self.enter(
                capture.record_photo, job_id, subject=subject, stored=stored, facts=small.facts
            )

    async def add_signature(
        self, job_id: JobId, *, signer_name: str, statement: str, svg: str
    ) -> capture.FileReceipt:
        """Keep a signature: its drawing first, then its row.

        Raises:
            NotADrawing, StorageFull: and what ``capture.record_signature`` raises.
        """
        data = media.drawing_bytes(svg)
        async with self.files.keeping(data, "image/svg+xml") as stored:
            return await self.enter(
                capture.record_signature,
                job_id,
                signer_name=signer_name,
                statement=statement,
                stored=stored,
            )

    async def complete(self, job_id: JobId, code: str) -> capture.Completed | capture.Incomplete:
        """Finish a job with a manifest signed by this device."""
        sign = self._keys.device_key().sign
        return await self.enter(capture.complete_job, job_id, code=code, sign=sign)

    async def record_typed_serial(
        self, job_id: JobId, entry: capture.SerialEntry
    ) -> capture.SerialReceipt | capture.Doubtful:
        """Record a serial that a person typed, chose or confirmed.

        Raises:
            NotAnOntSerial: and what ``capture.record_serial`` raises.
        """
        return await self.enter(capture.record_serial, job_id, entry, await self._stock())

    async def scan_serial(
        self, job_id: JobId, image: bytes
    ) -> tuple[ScanResult, capture.SerialReceipt | capture.Doubtful | None]:
        """Read the codes of a photo, one photo at a time; record the serial if one is sure.

        Raises:
            NotAnImage: and what ``capture.record_serial`` raises.
        """
        result = await self.read_codes(image)
        if result.sure is None:
            return result, None
        raw_text = next(each.text for each in result.candidates if result.sure in each.serials)
        # What the label itself vouched for needs no second judgement.
        entry = capture.SerialEntry(text=f"SN:{result.sure}", method="scan", raw_text=raw_text)
        return result, await self.enter(capture.record_serial, job_id, entry, await self._stock())

    async def _stock(self) -> Stock:
        return stock_of(await self.store.read(get_briefing))

    async def scan_frame(self, image: bytes) -> ScanResult:
        """Read the codes of one frame of a live camera, or drop it; records nothing.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        return await self._looking.at_frame(image)

    def tell_position(self, job_id: JobId, position: Position) -> None:
        """Take where the tablet is now; entries about this job say so for some minutes."""
        self.whereabouts.tell(job_id, position, self._clock.moment().monotonic_ms)

    async def set_flight_mode(self, *, is_on: bool) -> None:
        """Switch sending off or on, for good until switched again."""
        await self.store.write(set_flight_mode, int(is_on))
        await self.loop.set_flight_mode(is_on=is_on)

    async def read_codes(self, image: bytes) -> ScanResult:
        """Read the codes of a photo, one photo at a time, and record nothing.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        return await self._looking.at_photo(image)

    async def enrol(
        self, code: str, device_name: str, *, server_url: str | None = None
    ) -> EnrolResponse:
        """Make this tablet a technician's; again, where its key is lost and its replica is not.

        Syncs nothing, for a command ends afterwards. ``server_url`` goes before what is set.

        Raises:
            NotACode, AlreadyEnrolled, EnrolmentRefused, ServerUnreachable, NoServer: nothing was
                changed here.
            OtherTechnician: the work here is somebody else's, and stays theirs.
        """
        if not _CODE_LENGTHS[0] <= len(code) <= _CODE_LENGTHS[1]:
            raise NotACode(f"{quoted(code)} is no enrolment code; it has 8 to 80 characters")
        enrolment = await self.store.read(find_enrolment)
        public_key = self._keys.device_key().public_text()
        if enrolment is not None and enrolment.public_key in {None, public_key}:
            raise AlreadyEnrolled(f"this tablet is already {enrolment.technician_name}'s")
        server_url = await self._server_url() if server_url is None else checked_server(server_url)
        async with _transport(server_url) as transport:
            answer = await enrol(
                self.store,
                transport,
                Wish(code=code, device_name=device_name, public_key=public_key),
                clock=self._clock,
                new_id=uuid7,
            )
        if not isinstance(answer, EnrolResponse):
            raise enrolment_error(answer)
        await self.store.write(store_enrolment, server_url, answer, public_key)
        return answer

    async def sync_once(self) -> SessionReport:
        """Run a session by itself, for a command that ends afterwards."""
        return await self._run_session()

    async def _run_session(self) -> SessionReport:
        async with _transport(await self._server_url()) as transport:
            session = Session(
                self.store,
                transport,
                self._uploader(transport),
                Means(clock=self._clock, device_key=self._keys.device_key, fetcher=self._fetcher),
            )
            report = await session.run()
            report = await self._after(report, transport)
        await self.files.tend(self.now())
        return report

    async def _after(self, report: SessionReport, transport: HttpTransport) -> SessionReport:
        """Hand over what is unsent if the office has withdrawn this tablet."""
        handing_over = HandingOver(
            self.store,
            transport,
            self._uploader(transport, gives_way=False),
            clock=self._clock,
            device_key=self._keys.device_key,
        )
        report, self.wiped = await handing_over.after(report, self.settings)
        if self.wiped is not None:
            self.on_wipe_due()
        return report

    def _uploader(self, transport: HttpTransport, *, gives_way: bool = True) -> Uploader:
        return Uploader(
            self.store,
            self._blobs,
            transport,
            clock=self._clock,
            chunk=self._chunk,
            gives_way=gives_way,
        )

    async def _server_url(self) -> str:
        if self.settings.server_url is not None:
            return self.settings.server_url
        enrolment = await self.store.read(find_enrolment)
        if enrolment is None:
            raise NoServer("which server? name it with --server, like https://field.example.net")
        return enrolment.server_url


def _nobody() -> None:
    """Stand for whoever could erase, where there is nobody."""


def _in_folder() -> Way:
    return Way.FOLDER


def default_device_name() -> str:
    """Name a device after its machine where nobody names it."""
    return socket.gethostname()[:200] or "tablet"


@asynccontextmanager
async def _transport(server_url: str) -> AsyncGenerator[HttpTransport, None]:
    transport = HttpTransport(server_url)
    try:
        yield transport
    finally:
        await transport.close()
