"""HTTP to the server: the only module with a socket. Every answer is a value.

Trusted is only what is well formed from its media type to its last byte: a captive portal's page, a
truncated body or a proxy's error is *no answer*, whatever its status says.
"""

import functools
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, TypeVar

import httpx
import msgspec

from field_client.tus import TUS_VERSION, upload_metadata
from sync_protocol import wire
from sync_protocol.ids import DeviceId
from sync_protocol.messages import (
    BeginIncarnation,
    Challenge,
    EnrolRequest,
    EnrolResponse,
    HandOverTaken,
    IncarnationBegun,
    Refusal,
    SyncRequest,
    SyncResponse,
    Token,
    TokenRequest,
)
from sync_protocol.units import Counter, Millis, Sha256Hex
from sync_protocol.versions import VersionRange

T = TypeVar("T")
_TIMEOUT: Final = httpx.Timeout(30, connect=10)
_PROBLEM: Final = "application/problem+json"
_DIGITS_MAX: Final = 10
_URLS_MAX: Final = 32
_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")


class NoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing came that can be trusted; the server may or may not have taken the request."""

    detail: str


class TokenExpired(msgspec.Struct, frozen=True, kw_only=True):
    """The server wants another token; nothing of the request was stored.

    ``refusal`` is None where somebody in between may have said so.
    """

    refusal: Refusal | None = None


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The server understood and said no; nothing of the request was stored.

    ``refusal`` is None where the answer is a problem of another kind than a refused sync.
    """

    status: int
    detail: str
    refusal: Refusal | None = None
    expected_dseq: Counter | None = None
    retry_after_ms: Millis | None = None
    speaks: VersionRange | None = None

    @property
    def is_passing(self) -> bool:
        """Whether the server only wants to be asked later."""
        return self.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


Failure = NoAnswer | TokenExpired | Refused


class BlobOffset(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a blob the server has, and whether it has heard of it at all."""

    offset: int
    is_known: bool
    size_bytes: int | None = None
    """Of the whole as it was announced; None: the answer does not say."""


class PhotoPart(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of a photo from an offset on, and how many the whole has."""

    data: bytes
    offset: int
    size_bytes: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer, unpacked; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    """``RefusedSync`` read generously: a newer server may know more reasons than we do."""

    detail: str = ""
    refusal: str | None = None
    expected_dseq: Counter | None = None
    retry_after_ms: Millis | None = None
    lowest_protocol: int | None = None
    highest_protocol: int | None = None

    @property
    def speaks(self) -> VersionRange | None:
        """Which versions the server would take, if it says so."""
        if self.lowest_protocol is None or self.highest_protocol is None:
            return None
        return VersionRange(lowest=self.lowest_protocol, highest=self.highest_protocol)


_REFUSALS: Final = {refusal.value: refusal for refusal in Refusal}


class HttpTransport:
    """Speaks FLS/1 and tus to one server."""

    def __init__(self, server_url: str, http: httpx.AsyncClient | None = None) -> None:
        self._http = http or httpx.AsyncClient(
            base_url=server_url, timeout=_TIMEOUT, follow_redirects=False
        )
        self._base = str(self._http.base_url).rstrip("/")
        # Said with every request, and nothing that HTTP does not take for granted or we ever read.
        for name in ("Accept", "Connection", "User-Agent"):
            self._http.headers.pop(name, None)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def enrol(self, request: EnrolRequest) -> EnrolResponse | Failure:
        """Show the one-time code."""
        return await self._ask(
            EnrolResponse, "/devices/v1/enrol", HTTPStatus.CREATED, body=wire.encode(request)
        )

    async def challenge(self, device_id: DeviceId) -> Challenge | Failure:
        """Ask for something to sign."""
        return await self._ask(
            Challenge, f"/devices/v1/challenge?device_id={device_id}", HTTPStatus.OK
        )

    async def token(self, request: TokenRequest) -> Token | Failure:
        """Show the signed challenge."""
        return await self._ask(Token, "/devices/v1/token", HTTPStatus.OK, body=wire.encode(request))

    async def begin_incarnation(
        self, request: BeginIncarnation, token: str
    ) -> IncarnationBegun | Failure:
        """Register the incarnation that this replica goes on in."""
        return await self._ask(
            IncarnationBegun,
            "/devices/v1/incarnations",
            HTTPStatus.OK,
            body=wire.encode(request),
            headers={"Authorization": f"Bearer {token}"},
        )

    async def sync(self, request: SyncRequest, token: str) -> SyncResponse | Failure:
        """Push and pull."""
        return await self._ask(
            SyncResponse,
            "/sync/v1",
            HTTPStatus.OK,
            body=wire.compress(wire.encode(request)),
            headers={"Authorization": f"Bearer {token}", "Content-Encoding": "gzip"},
        )

    async def hand_over(
        self, device_id: DeviceId, body: bytes, signature: str
    ) -> HandOverTaken | Failure:
        """Hand over, as a withdrawn device, what was not sent; the body is packed already."""
        return await self._ask(
            HandOverTaken,
            f"/sync/v1/quarantine?device_id={device_id}",
            HTTPStatus.OK,
            body=body,
            headers={"Content-Encoding": "gzip", "Firstlight-Signature": signature},
        )

    async def blob_offset(self, sha256: Sha256Hex, token: str) -> BlobOffset | Failure:
        """Ask how much of a blob has arrived."""
        answer = await self._send("HEAD", f"/blobs/{sha256}", headers=_tus(token))
        if isinstance(answer, NoAnswer):
            return answer
        if answer.status == HTTPStatus.NOT_FOUND:
            return BlobOffset(offset=0, is_known=False)
        return _offset_of(answer, HTTPStatus.OK)

    async def create_blob(
        self, sha256: Sha256Hex, size_bytes: int, token: str
    ) -> BlobOffset | Failure:
        """Announce a blob; one that the server has already is no error."""
        headers = _tus(token) | {
            "Upload-Length": str(size_bytes),
            "Upload-Metadata": upload_metadata(sha256),
        }
        answer = await self._send("POST", "/blobs", headers=headers)
        if isinstance(answer, NoAnswer):
            return answer
        if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED} and "location" in answer.headers:
            return BlobOffset(offset=0, is_known=True)
        return failure_of(answer)

    async def append_blob(
        self, sha256: Sha256Hex, offset: int, chunk: bytes, token: str
    ) -> BlobOffset | Failure:
        """Send the next part of a blob."""
        headers = _tus(token) | {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        answer = await self._send("PATCH", f"/blobs/{sha256}", headers=headers, body=chunk)
        if isinstance(answer, NoAnswer):
            return answer
        return _offset_of(answer, HTTPStatus.NO_CONTENT)

    async def photo_part(
        self, sha256: Sha256Hex, offset: int, length_bytes: int, token: str
    ) -> PhotoPart | Failure:
        """Get a part of a photo that a job shows, or all of it where the server sends it whole."""
        headers = {
            "Authorization": f"Bearer {token}",
            "Range": f"bytes={offset}-{offset + length_bytes - 1}",
        }
        answer = await self._send("GET", f"/blobs/{sha256}", headers=headers)
        return answer if isinstance(answer, NoAnswer) else _part_of(answer, offset)

    async def _ask(
        self,
        answer_type: type[T],
        path: str,
        expected: HTTPStatus,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> T | Failure:
        """Ask for one message as JSON."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        answer = await self._send("POST", path, headers=sent, body=body)
        if isinstance(answer, NoAnswer):
            return answer
        if answer.status != expected:
            return failure_of(answer)
        if _media_type(answer) != "application/json":
            return NoAnswer(detail=f"{path} answered {_media_type(answer) or 'without a type'}")
        try:
            return wire.decode(answer.body, answer_type)
        except wire.Unreadable as error:
            return NoAnswer(detail=f"{path}: {error}")

    async def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> Answer | NoAnswer:
        """Send, and read a bounded answer to its end."""
        sent = {"Accept-Encoding": "gzip", **headers}
        try:
            url = _parse_url(self._base + path)
            async with self._http.stream(method, url, headers=sent, content=body) as response:
                raw = await _read_bounded(response)
                named = {name.lower(): value for name, value in response.headers.items()}
                return Answer(
                    status=response.status_code, headers=named, body=_unpacked(named, raw)
                )
        except (httpx.HTTPError, httpx.InvalidURL, wire.Unreadable) as error:
            return NoAnswer(detail=f"{path}: {type(error).__name__} {error}".rstrip())


@functools.lru_cache(maxsize=_URLS_MAX)
def _parse_url(text: str) -> httpx.URL:
    """Parse a URL once; merging it with a base costs httpx as much as all else of a request."""
    return httpx.URL(text)


async def _read_bounded(response: httpx.Response) -> bytes:
    raw = bytearray()
    async for part in response.aiter_raw():
        raw += part
        if len(raw) > wire.BODY_BYTES_MAX:
            raise wire.Unreadable(f"more than {wire.BODY_BYTES_MAX} bytes")
    return bytes(raw)


def _unpacked(headers: Mapping[str, str], raw: bytes) -> bytes:
    is_packed = headers.get("content-encoding", "").lower() == "gzip"
    return wire.decompress(raw) if is_packed and raw else raw


def _tus(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Tus-Resumable": TUS_VERSION}


def _offset_of(answer: Answer, expected: HTTPStatus) -> BlobOffset | Failure:
    offset = answer.headers.get("upload-offset", "")
    if answer.status != expected or not _is_number(offset):
        return failure_of(answer)
    length = answer.headers.get("upload-length", "")
    return BlobOffset(
        offset=int(offset), is_known=True, size_bytes=int(length) if _is_number(length) else None
    )


def _part_of(answer: Answer, offset: int) -> PhotoPart | Failure:
    """Take what is a part from here on, or a whole picture; a portal's page is neither."""
    body = answer.body
    if answer.status == HTTPStatus.OK and body and _media_type(answer).startswith("image/"):
        return PhotoPart(data=body, offset=0, size_bytes=len(body))
    if answer.status != HTTPStatus.PARTIAL_CONTENT:
        return failure_of(answer)
    said = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
    first, last, size_bytes = (0, -1, 0) if said is None else (int(each) for each in said.groups())
    if not body or first != offset or last - first + 1 != len(body) or last >= size_bytes:
        return NoAnswer(detail=f"{len(body)} bytes came that are no part from {offset} on")
    return PhotoPart(data=body, offset=offset, size_bytes=size_bytes)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def failure_of(answer: Answer) -> Failure:
    """Tell our server's refusal from somebody else's page."""
    if answer.status == HTTPStatus.UNAUTHORIZED and _media_type(answer) != "text/html":
        return TokenExpired(refusal=_refusal_of(answer))
    if "tus-resumable" in answer.headers and not answer.body:
        return Refused(status=answer.status, detail=f"the upload was refused: {answer.status}")
    if _media_type(answer) != _PROBLEM:
        return NoAnswer(detail=f"status {answer.status} with {_media_type(answer) or 'no type'}")
    try:
        problem = wire.decode(answer.body, _Problem)
    except wire.Unreadable as error:
        return NoAnswer(detail=f"status {answer.status}: {error}")
    return Refused(
        status=answer.status,
        detail=problem.detail or f"status {answer.status}",
        refusal=_REFUSALS.get(problem.refusal or ""),
        expected_dseq=problem.expected_dseq,
        retry_after_ms=_patience_of(answer, problem),
        speaks=problem.speaks,
    )


def _patience_of(answer: Answer, problem: _Problem) -> Millis | None:
    """Tell how long to wait: what is asked for in the body or the header, whichever is longer."""
    seconds = answer.headers.get("retry-after", "").strip()
    is_number = seconds.isascii() and seconds.isdigit() and len(seconds) < _DIGITS_MAX
    asked = (problem.retry_after_ms, int(seconds) * 1000 if is_number else None)
    return max((each for each in asked if each is not None), default=None)


def _refusal_of(answer: Answer) -> Refusal | None:
    try:
        return _REFUSALS.get(wire.decode(answer.body or b"{}", _Problem).refusal or "")
    except wire.Unreadable:
        return None


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()
