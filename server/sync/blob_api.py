"""Blobs over HTTP after the tus 1.0 core and creation, so that ordinary tus clients work.

An upload's place is its hash: a client that lost every answer finds its upload again by asking.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from litestar import Response, head, patch, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath, SkipValidation

from server import problems
from server.acts import utc_now
from server.database import Store
from server.database.full_disk import StorageFull
from server.problems import HttpRequest, WrongInput
from server.sync import blobs, quarantine
from server.sync.access import device_of
from server.sync.blob_store import (
    BLOB_BYTES_MAX,
    BlobStore,
    BlobUnknown,
    ContentWrong,
    OffsetWrong,
)
from server.sync.refusals import SyncRefused
from sync_protocol.quoting import quoted

PIECE_BYTES_MAX: Final = 8_000_000
Blobs = NamedDependency[SkipValidation[BlobStore]]  # a protocol cannot be checked at run time
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_VERSION: Final = "1.0.0"
_PIECE_TYPE: Final = "application/offset+octet-stream"
_TUS: Final = {"Tus-Resumable": _VERSION, "Cache-Control": "no-store"}


class OtherTus(ValueError):
    """The request speaks another version of tus, or does not say which."""


class NotAPiece(ValueError):
    """What was sent to be added does not say that it is a piece of an upload."""


@route("/blobs", http_method=[HttpMethod.OPTIONS], sync_to_thread=False)
def describe() -> Response[None]:
    """Say what this tus server can do."""
    return Response(
        None,
        status_code=204,
        headers={
            **_TUS,
            "Tus-Version": _VERSION,
            "Tus-Extension": "creation",
            "Tus-Max-Size": str(BLOB_BYTES_MAX),
        },
    )


@post("/blobs")
async def begin(
    request: HttpRequest, store: NamedDependency[Store], blob_store: Blobs
) -> Response[None]:
    """Begin an upload; its metadata names the hash."""
    metadata = request.headers.get("upload-metadata", "")
    await _admit(request, store, _find_announced(metadata))
    size = _number(request, "upload-length")
    if not 1 <= size <= BLOB_BYTES_MAX:
        raise WrongInput(f"Upload-Length {size}; 1 to {BLOB_BYTES_MAX} is possible")
    sha256 = _announced_hash(metadata)
    await asyncio.to_thread(blob_store.begin, sha256, size)
    return Response(None, status_code=201, headers={**_TUS, "Location": f"/blobs/{sha256}"})


@head("/blobs/{sha256:str}")
async def progress(
    request: HttpRequest,
    store: NamedDependency[Store],
    blob_store: Blobs,
    sha256: FromPath[str],
) -> Response[None]:
    """Tell how much of a blob is here."""
    await _admit(request, store, sha256)
    checked = _checked(sha256)
    offset, size = await asyncio.to_thread(blob_store.progress, checked)
    if await asyncio.to_thread(blob_store.is_present, checked):
        # A crash may have come between the last piece and its note, and no piece follows.
        await store.write(blobs.mark_present, checked, size, utc_now())
    return Response(
        None,
        status_code=200,
        headers={**_TUS, "Upload-Offset": str(offset), "Upload-Length": str(size)},
    )


@patch("/blobs/{sha256:str}", request_max_body_size=PIECE_BYTES_MAX)
async def receive_piece(
    request: HttpRequest,
    store: NamedDependency[Store],
    blob_store: Blobs,
    sha256: FromPath[str],
) -> Response[None]:
    """Take the next piece of a blob."""
    await _admit(request, store, sha256)
    checked = _checked(sha256)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _PIECE_TYPE:
        raise NotAPiece(f"content-type {quoted(media_type)}; send {_PIECE_TYPE}")
    offset = _number(request, "upload-offset")
    reached = await asyncio.to_thread(blob_store.append, checked, offset, await request.body())
    if await asyncio.to_thread(blob_store.is_present, checked):
        await store.write(blobs.mark_present, checked, reached, utc_now())
    return Response(None, status_code=204, headers={**_TUS, "Upload-Offset": str(reached)})


async def _admit(request: HttpRequest, store: Store, sha256: str) -> None:
    """Check who asks, a device or the hand-over that named this file, and that both speak tus."""
    authorization = request.headers.get("authorization")
    try:
        await device_of(store, authorization)
    except SyncRefused:
        token = (authorization or "").partition(" ")[2]
        if not await store.read(quarantine.may_bring, token, sha256, utc_now()):
            raise
    spoken = request.headers.get("tus-resumable", "")
    if spoken != _VERSION:
        raise OtherTus(f"Tus-Resumable is {quoted(spoken)}; this server speaks {_VERSION}")


def _number(request: HttpRequest, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):  # noqa: PLR2004  fits 64 bits
        raise WrongInput(f"{header} is {quoted(text)}; a number of bytes is expected")
    return int(text)


def _find_announced(metadata: str) -> str:
    with suppress(WrongInput):
        return _announced_hash(metadata)
    return ""


def _announced_hash(metadata: str) -> str:
    names_and_values = (part.strip().partition(" ") for part in metadata.split(","))
    encoded = next((value for name, _, value in names_and_values if name == "sha256"), "")
    if not encoded:
        raise WrongInput(
            f"Upload-Metadata is {quoted(metadata)}; it must name sha256, in base64 of its hex"
        )
    try:
        return _checked(base64.b64decode(encoded, validate=True).decode("ascii"))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise WrongInput(
            f"Upload-Metadata: sha256 is {quoted(encoded)}; base64 of a hex digest is expected"
        ) from error


def _checked(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise WrongInput(f"{quoted(sha256)} is no SHA-256 in lower-case hex")
    return sha256


def _answering(
    status: int, slug: str, **headers: str
) -> Callable[[HttpRequest, Any], Response[bytes]]:
    def answer(_request: HttpRequest, error: Exception) -> Response[bytes]:
        refused = problems.answer(status, slug, str(error))
        refused.headers.update({**_TUS, **headers})
        return refused

    return answer


def _answer_full(request: HttpRequest, error: StorageFull) -> Response[bytes]:
    refused = problems.answer_full(request, error)
    refused.headers.update(_TUS)
    return refused


HANDLERS: Final[dict[type[Exception], Callable[[HttpRequest, Any], Response[bytes]]]] = {
    BlobUnknown: _answering(404, "not-found"),
    OffsetWrong: _answering(409, "offset-wrong"),
    OtherTus: _answering(412, "other-tus-version", **{"Tus-Version": _VERSION}),
    NotAPiece: _answering(415, "not-a-piece"),
    ContentWrong: _answering(460, "content-wrong"),
    StorageFull: _answer_full,
}
