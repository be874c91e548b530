"""Photos for the console: which blob a capture names, what it is, and its bytes piece by piece.

What a blob is, its first bytes say: never the tablet's word, and never a format that a browser
would run, whatever was sent under the name of a photo.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.rows import to_record
from server.database.tables.work import captures
from server.jobs.records import StoredCapture
from server.problems import NotFound
from server.sync.blob_store import BlobStore, BlobUnknown
from sync_protocol.operations import Capture, Photo

PIECE_BYTES: Final = 256_000
_HEAD_BYTES: Final = 16
_MAGIC: Final[Sequence[tuple[re.Pattern[bytes], str]]] = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb".{4}ftyp(?:he[imv][cmsx]|mif1)", re.DOTALL), "image/heic"),
)
DRAWN: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
"""What every browser draws; others it can only save."""


class OpenPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that is here."""

    sha256: str
    media_type: str
    size_bytes: int


def get(db: sa.Connection, job_id: UUID, capture_id: UUID) -> Photo:
    """Get a photo of a job, as its tablet recorded it.

    Raises:
        NotFound: the job has no such capture, or it is no photo.
    """
    row = db.execute(
        sa.select(captures).where(captures.c.id == capture_id, captures.c.job_id == job_id)
    ).one_or_none()
    if row is not None:
        body = msgspec.convert(to_record(row, StoredCapture).capture, Capture).body
        if isinstance(body, Photo):
            return body
    raise NotFound(f"photo of job {str(job_id)!r} with id", capture_id)


def open_photo(blobs: BlobStore, photo: Photo) -> OpenPhoto:
    """Look at the beginning of a photo's blob; blocking, so it belongs in a thread.

    Raises:
        NotFound: it has not arrived, or its bytes are no photo.
    """
    try:
        head = blobs.read(photo.sha256, 0, _HEAD_BYTES)
        size_bytes, _ = blobs.progress(photo.sha256)
    except BlobUnknown as error:
        raise NotFound("photo here yet; its tablet has still to send", photo.subject) from error
    media_type = media_type_of(head)
    if media_type is None:
        raise NotFound("picture in what was sent as", photo.subject)
    return OpenPhoto(sha256=photo.sha256, media_type=media_type, size_bytes=size_bytes)


def media_type_of(head: bytes) -> str | None:
    """Tell a photo's format by its first bytes.

    >>> media_type_of(bytes.fromhex("ffd8ffe0")), media_type_of(b"<html>")
    ('image/jpeg', None)
    """
    return next((media_type for magic, media_type in _MAGIC if magic.match(head)), None)


async def pieces(
    blobs: BlobStore, photo: OpenPhoto, part: range | None = None
) -> AsyncGenerator[bytes]:
    """Give the bytes of a photo, or a part of them.

    The disk is read in a thread, one piece in memory at a time.
    """
    wanted = range(photo.size_bytes) if part is None else part
    for offset in range(wanted.start, wanted.stop, PIECE_BYTES):
        length_bytes = min(PIECE_BYTES, wanted.stop - offset)
        yield await asyncio.to_thread(blobs.read, photo.sha256, offset, length_bytes)
