"""Photos for tablets: those of earlier visits, where a technician has a job, too.

A photo is sent whole or, so that a slow link gets on with it and facts need not wait, by the part.
"""

import asyncio
import re
from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from server.console.headers import FOR_TABLETS, SENT_AS_IT_IS
from server.database import Store
from server.database.prepared import Prepared
from server.database.tables.sync import feed
from server.database.tables.work import captures, jobs
from server.database.units import FeedKind
from server.jobs import photos
from server.problems import HttpRequest, NotFound
from server.sync.access import device_of
from server.sync.blob_api import Blobs
from sync_protocol.operations import Capture, Photo

_held = jobs.alias("held")
_CAPTURED: Final = Prepared(
    sa.select(captures.c.capture)
    .select_from(feed)
    .join(_held, _held.c.id == feed.c.entity_id)
    .join(jobs, jobs.c.premise_id == _held.c.premise_id)
    .join(captures, captures.c.job_id == jobs.c.id)
    .where(
        feed.c.scope == sa.bindparam("whose"),
        feed.c.entity == "job",
        feed.c.kind != FeedKind.LEAVE,
        captures.c.kind == "photo",
        captures.c.capture["body"]["sha256"].as_string() == sa.bindparam("sha256"),
    )
    .limit(1)
)


def find(db: sa.Connection, technician_id: UUID, sha256: str) -> Photo:
    """Find a photo of a job at a premise at which this technician has a job, too.

    Raises:
        NotFound: there is none, here or at all; which of both is not told.
    """
    row = _CAPTURED.row(db, {"whose": technician_id, "sha256": sha256})
    body = None if row is None else msgspec.convert(row["capture"], Capture).body
    if not isinstance(body, Photo):
        raise NotFound("photo", sha256)
    return body


_RANGE: Final = re.compile(r"bytes=(\d{1,12})-(\d{1,12})")


def part_of(header: str, size_bytes: int) -> range | None:
    """Find out which bytes are wanted; None: all, also where it is asked in a way we do not speak.

    >>> part_of("bytes=0-499", 2_000), part_of("bytes=1500-9999", 2_000), part_of("bytes=-5", 2_000)
    (range(0, 500), range(1500, 2000), None)
    """
    asked = _RANGE.fullmatch(header)
    if asked is None:
        return None
    part = range(int(asked[1]), min(int(asked[2]) + 1, size_bytes))
    return part or None


@get("/blobs/{sha256:str}", opt={FOR_TABLETS: True, SENT_AS_IT_IS: True})
async def show(
    request: HttpRequest,
    store: NamedDependency[Store],
    blob_store: Blobs,
    sha256: FromPath[str],
) -> Stream:
    """Send a photo of an earlier visit, or a part of it, to whoever goes there next."""
    device = await device_of(store, request.headers.get("authorization"))
    recorded = await store.read(find, device.technician_id, sha256)
    photo = await asyncio.to_thread(photos.open_photo, blob_store, recorded)
    part = part_of(request.headers.get("range", ""), photo.size_bytes)
    sent = range(photo.size_bytes) if part is None else part
    headers = {"Content-Length": str(len(sent)), "Cache-Control": "no-store"}
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{photo.size_bytes}"
    return Stream(
        photos.pieces(blob_store, photo, sent),
        media_type=photo.media_type,
        status_code=HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT,
        headers=headers,
    )
