"""Sending files: each by itself, resumed where it broke off, one bad file delaying no other.

Facts first: a file can take an hour on a bad link, so what is recorded meanwhile goes out between
two chunks of it.
"""

from typing import Protocol

import msgspec

from field_client.clock import Clock
from field_client.replica import uploads
from field_client.replica.outbox import has_unsent
from field_client.replica.views import BlobRow, list_pending_blobs
from field_client.storage import BlobFolder, BlobUnreadable, Store
from field_client.transport import BlobOffset, Failure, NoAnswer, Refused
from field_client.tus import CHUNK_BYTES_FIRST, chunk_bytes_after_failure, next_chunk_bytes
from sync_protocol.units import Sha256Hex

_BATCH = 20


class BlobTransport(Protocol):
    """What uploading needs of the server."""

    async def blob_offset(self, sha256: Sha256Hex, token: str) -> BlobOffset | Failure:
        """Ask how much has arrived."""
        ...

    async def create_blob(
        self, sha256: Sha256Hex, size_bytes: int, token: str
    ) -> BlobOffset | Failure:
        """Announce a blob."""
        ...

    async def append_blob(
        self, sha256: Sha256Hex, offset: int, chunk: bytes, token: str
    ) -> BlobOffset | Failure:
        """Send the next part."""
        ...


class UploadsEnded(msgspec.Struct, frozen=True, kw_only=True):
    """How many files arrived whole, and what stopped the rest; None: nothing did."""

    uploaded: int
    failure: Failure | None = None
    facts_wait: bool = False
    """True: operations were recorded meanwhile; they go first, then the files go on."""


class Interrupted(msgspec.Struct, frozen=True, kw_only=True):
    """An upload was left between two chunks, for facts that wait."""


class ChunkSize(msgspec.Struct):
    """How much travels at a time, as the link has been lately; lives as long as the program."""

    now_bytes: int = CHUNK_BYTES_FIRST

    def note_through(self, chunk_bytes: int, took_ms: int) -> None:
        """Learn from a chunk that got through."""
        if chunk_bytes == self.now_bytes:  # the rest of a file says little of the link
            self.now_bytes = next_chunk_bytes(chunk_bytes, took_ms)

    def note_lost(self) -> None:
        """Learn from one that did not."""
        self.now_bytes = chunk_bytes_after_failure(self.now_bytes)


class Uploader:
    """Uploads files with a token, and gives way to facts between any two chunks.

    Unless it is told not to: what a withdrawn tablet has not sent is handed over, not acknowledged.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobFolder,
        transport: BlobTransport,
        *,
        clock: Clock,
        chunk: ChunkSize,
        gives_way: bool = True,
    ) -> None:
        self._store = store
        self._gives_way = gives_way
        self._blobs = blobs
        self._transport = transport
        self._clock = clock
        self._chunk = chunk

    async def upload_pending(self, token: str) -> UploadsEnded:
        """Upload what waits, each file at most once per call."""
        done, tried = 0, set[Sha256Hex]()
        while rows := [
            row
            for row in await self._store.read(list_pending_blobs, _BATCH)
            if row.sha256 not in tried
        ]:
            for row in rows:
                tried.add(row.sha256)
                ended = await self._upload(token, row)
                if ended is None:
                    now = self._clock.moment().wall
                    await self._store.write(uploads.note_uploaded, row.sha256, now)
                    done += 1
                elif isinstance(ended, Interrupted):
                    return UploadsEnded(uploaded=done, facts_wait=True)
                elif isinstance(ended, Refused) and not ended.is_passing:
                    await self._store.write(uploads.note_failed, row.sha256, ended.detail)
                else:
                    return UploadsEnded(uploaded=done, failure=ended)
        return UploadsEnded(uploaded=done)

    async def _upload(self, token: str, row: BlobRow) -> Failure | Interrupted | None:
        """Send what the server does not have of one file; None: it has all of it."""
        if await self._has_facts():
            return Interrupted()
        place = await self._transport.blob_offset(row.sha256, token)
        if isinstance(place, BlobOffset) and _is_whole(place, row.size_bytes):
            # Asked first: a restored replica may speak of a file that was sent and removed.
            return None
        try:
            data = self._blobs.get(row.sha256)
        except BlobUnreadable as error:
            return Refused(status=0, detail=str(error))
        if isinstance(place, BlobOffset) and not _is_begun(place, len(data)):
            created = await self._transport.create_blob(row.sha256, len(data), token)
            # It may have been there under another device's hand: ask again rather than guess.
            place = (
                await self._transport.blob_offset(row.sha256, token)
                if isinstance(created, BlobOffset)
                else created
            )
        return await self._append_rest(token, row.sha256, data, place)

    async def _append_rest(
        self, token: str, sha256: Sha256Hex, data: bytes, place: BlobOffset | Failure
    ) -> Failure | Interrupted | None:
        while isinstance(place, BlobOffset) and place.offset < len(data):
            if await self._has_facts():
                return Interrupted()
            start = place.offset
            place = await self._append(token, sha256, start, data)
            if isinstance(place, BlobOffset) and place.offset <= start:
                return NoAnswer(detail=f"an upload stands still at {start}")
        return None if isinstance(place, BlobOffset) else place

    async def _has_facts(self) -> bool:
        return self._gives_way and await self._store.read(has_unsent)

    async def _append(
        self, token: str, sha256: Sha256Hex, start: int, data: bytes
    ) -> BlobOffset | Failure:
        """Send one chunk, and learn from it how large the next may be."""
        chunk = data[start : start + self._chunk.now_bytes]
        begun_ms = self._clock.moment().monotonic_ms
        place = await self._transport.append_blob(sha256, start, chunk, token)
        took_ms = self._clock.moment().monotonic_ms - begun_ms
        if isinstance(place, NoAnswer):
            self._chunk.note_lost()
        else:
            self._chunk.note_through(len(chunk), took_ms)
        return place


def _is_begun(place: BlobOffset, size_bytes: int) -> bool:
    """Say whether the upload was begun with this size; with another it never becomes whole."""
    return place.is_known and place.size_bytes in {None, size_bytes}


def _is_whole(place: BlobOffset, size_bytes: int) -> bool:
    return _is_begun(place, size_bytes) and place.offset == size_bytes
