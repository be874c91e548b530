"""Sending files: each by itself, resumed where it broke off, one bad file delaying no other."""

from typing import Protocol

import msgspec

from field_client.replica import uploads
from field_client.replica.views import BlobRow, list_pending_blobs
from field_client.storage import BlobFolder, BlobUnreadable, Store
from field_client.transport import BlobOffset, Failure, NoAnswer, Refused
from field_client.tus import CHUNK_BYTES
from sync_protocol.operations import Moment
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


async def upload_pending(
    store: Store, blobs: BlobFolder, transport: BlobTransport, token: str, now: Moment
) -> UploadsEnded:
    """Upload what waits, each file at most once per call."""
    done, tried = 0, set[Sha256Hex]()
    while rows := [
        row for row in await store.read(list_pending_blobs, _BATCH) if row.sha256 not in tried
    ]:
        for row in rows:
            tried.add(row.sha256)
            failure = await _upload(blobs, transport, token, row)
            if failure is None:
                await store.write(uploads.note_uploaded, row.sha256, now.wall)
                done += 1
            elif isinstance(failure, Refused) and not failure.is_passing:
                await store.write(uploads.note_failed, row.sha256, failure.detail)
            else:
                return UploadsEnded(uploaded=done, failure=failure)
    return UploadsEnded(uploaded=done)


async def _upload(
    blobs: BlobFolder, transport: BlobTransport, token: str, row: BlobRow
) -> Failure | None:
    """Send what the server does not have of one file; None: it has all of it."""
    place = await transport.blob_offset(row.sha256, token)
    if isinstance(place, BlobOffset) and place.offset == row.size_bytes:
        # Asked first: a replica that was restored may speak of a file that was sent and removed.
        return None
    try:
        data = blobs.get(row.sha256)
    except BlobUnreadable as error:
        return Refused(status=0, detail=str(error))
    if isinstance(place, BlobOffset) and not place.is_known:
        created = await transport.create_blob(row.sha256, len(data), token)
        # It may have been there under another device's hand: ask again rather than guess.
        place = (
            await transport.blob_offset(row.sha256, token)
            if isinstance(created, BlobOffset)
            else created
        )
    return await _append_rest(transport, token, row.sha256, data, place)


async def _append_rest(
    transport: BlobTransport,
    token: str,
    sha256: Sha256Hex,
    data: bytes,
    place: BlobOffset | Failure,
) -> Failure | None:
    while isinstance(place, BlobOffset) and place.offset < len(data):
        start = place.offset
        chunk = data[start : start + CHUNK_BYTES]
        place = await transport.append_blob(sha256, start, chunk, token)
        if isinstance(place, BlobOffset) and place.offset <= start:
            return NoAnswer(detail=f"an upload stands still at {start}")
    return None if isinstance(place, BlobOffset) else place
