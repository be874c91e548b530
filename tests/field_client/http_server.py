"""The fake server on a real socket, with tricks that networks and servers play.

One request per connection, by hand, because no web framework lets an answer be cut short.
"""

import asyncio
import base64
import hashlib
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync_protocol import evidence, wire
from sync_protocol.ids import DeviceId
from sync_protocol.messages import (
    OPERATIONS_PER_PUSH_MAX,
    BeginIncarnation,
    Challenge,
    EnrolRequest,
    HandOver,
    HandOverTaken,
    IncarnationBegun,
    Refusal,
    RefusedSync,
    SyncRequest,
    SyncResponse,
    Token,
    TokenRequest,
)
from tests.field_client.factories import NOON, an_enrolment
from tests.field_client.fake_server import FakeServer


class Reply(msgspec.Struct, frozen=True):
    """An answer as it goes out. ``is_lost``: the request was taken, the answer never arrives."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    is_lost: bool = False


class Arrived(msgspec.Struct, frozen=True):
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Trick = Callable[[Reply], Reply]


def play_fair(reply: Reply) -> Reply:
    """Play no trick this time."""
    return reply


def lose(reply: Reply) -> Reply:
    """Take the request and never answer."""
    return msgspec.structs.replace(reply, is_lost=True)


def captive_portal(_reply: Reply) -> Reply:
    """Answer as a hotel's network does."""
    return Reply(200, {"content-type": "text/html"}, b"<html>Accept our terms</html>")


def cut_short(reply: Reply) -> Reply:
    """Send half of the body, and say that it is all."""
    return msgspec.structs.replace(reply, body=reply.body[: len(reply.body) // 2])


def break_off(reply: Reply) -> Reply:
    """Promise more than comes."""
    headers = {**reply.headers, "content-length": str(len(reply.body) + 10)}
    return msgspec.structs.replace(reply, headers=headers)


def portal_json(_reply: Reply) -> Reply:
    """Answer with JSON that is none of ours."""
    return Reply(200, {"content-type": "application/json"}, b'{"status":"please sign in"}')


def portal_401(_reply: Reply) -> Reply:
    """Ask for a sign-in, as a proxy does."""
    return Reply(401, {"content-type": "text/html"}, b"<html>sign in</html>")


def bomb(_reply: Reply) -> Reply:
    """Send what unpacks to more than anybody should hold."""
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    return Reply(200, headers, wire.compress(bytes(wire.BODY_BYTES_MAX + 1)))


def refusal_cut_to_nothing(_reply: Reply) -> Reply:
    """Refuse with a reason that got lost on the way."""
    return Reply(409, {"content-type": "application/problem+json"})


def mislabelled(reply: Reply) -> Reply:
    """Send the right bytes as something else, as a rewriting proxy does."""
    return msgspec.structs.replace(reply, headers={**reply.headers, "content-type": "text/html"})


def withhold_verdicts(reply: Reply) -> Reply:
    """Answer as if no operation had come."""
    said = wire.decode(wire.decompress(reply.body), SyncResponse)
    kept = msgspec.structs.replace(said, verdicts=())
    return msgspec.structs.replace(reply, body=wire.compress(wire.encode(kept)))


def flood(_reply: Reply) -> Reply:
    """Send more than anybody should hold."""
    padding = b" " * (wire.BODY_BYTES_MAX + 1)
    return Reply(200, {"content-type": "application/json"}, padding)


def problem(status: int, refusal: Refusal, *, retry_after_ms: int | None = None) -> Reply:
    detail = f"refused: {refusal}"
    body = RefusedSync(refusal=refusal, detail=detail, retry_after_ms=retry_after_ms)
    return Reply(status, {"content-type": "application/problem+json"}, wire.encode(body))


def proxy_401(_reply: Reply) -> Reply:
    """Ask for a sign-in without a word."""
    return Reply(401)


def busy(_reply: Reply) -> Reply:
    """Ask for patience."""
    return problem(503, Refusal.BUSY, retry_after_ms=7_000)


def too_often(_reply: Reply) -> Reply:
    """Ask for patience in the header alone, as our server does before it knows the protocol."""
    headers = {"content-type": "application/problem+json", "retry-after": "9"}
    return Reply(429, headers, b'{"type":"too-often","status":429,"detail":"too often"}')


def wait_for_ever(_reply: Reply) -> Reply:
    """Ask for more patience than anybody should have."""
    return problem(503, Refusal.BUSY, retry_after_ms=2**50)


class HttpFakeServer:
    """Devices, sync and blobs over HTTP; ``tricks`` are played on the next answers in turn."""

    def __init__(self, protocol: FakeServer) -> None:
        self.protocol = protocol
        self.tricks: deque[Trick] = deque()
        self.arrived: list[Arrived] = []
        self.tokens = {"token-1"}
        self.public_key: str | None = None
        self.is_revoked = False
        self.quarantined: dict[str, HandOver] = {}
        self.quarantine_tokens: set[str] = set()
        self.takes_hand_overs = True
        self.codes = {"welcome-1234"}
        self.operations_max = OPERATIONS_PER_PUSH_MAX
        self.refused_blobs: set[str] = set()
        self.mistaken_blobs: set[str] = set()
        self.shown_photos: dict[str, bytes] = {}
        """What it gives for a hash; a test may let it be something else."""
        self.sends_whole_photos = False
        self.announced: dict[str, int] = {}
        self.url = ""

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [f"{request.method} {request.path.partition('?')[0]}" for request in self.arrived]

    def answer(self, request: Arrived) -> Reply:
        """Answer a request as a good server does."""
        path = urlsplit(request.path).path
        open_routes = {
            "/devices/v1/enrol": self._enrol,
            "/devices/v1/challenge": self._challenge,
            "/devices/v1/token": self._token,
            "/sync/v1/quarantine": self._quarantine,
        }
        if path in open_routes:
            return open_routes[path](request)
        return self._refusal(request, path) or self._answer_device(request, path)

    def _answer_device(self, request: Arrived, path: str) -> Reply:
        if path == "/sync/v1":
            return self._sync(request)
        if path == "/devices/v1/incarnations":
            return _begin_incarnation(request)
        if request.method == "GET":
            return self._photo(request, path.rpartition("/")[2])
        return self._blob(request, path)

    def _refusal(self, request: Arrived, path: str) -> Reply | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if path.startswith("/blobs") and token in self.quarantine_tokens:
            return None
        if self.is_revoked:
            return problem(403, Refusal.DEVICE_REVOKED)
        if token not in self.tokens:
            body = b'{"refusal":"token_expired","detail":"renew it"}'
            return Reply(401, {"content-type": "application/problem+json"}, body)
        return None

    def _enrol(self, request: Arrived) -> Reply:
        enrol = wire.decode(request.body, EnrolRequest)
        if enrol.code not in self.codes:
            body = b'{"detail":"code %s is used up"}' % enrol.code.encode()
            return Reply(403, {"content-type": "application/problem+json"}, body)
        self.public_key = enrol.public_key
        return _json(201, an_enrolment())

    def _challenge(self, request: Arrived) -> Reply:
        assert parse_qs(urlsplit(request.path).query)["device_id"]
        if self.is_revoked:
            return problem(403, Refusal.DEVICE_REVOKED)
        return _json(200, Challenge(challenge="sign me"))

    def _token(self, request: Arrived) -> Reply:
        asked = wire.decode(request.body, TokenRequest)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(self.public_key or ""))
        message = evidence.challenge_bytes(asked.device_id, asked.challenge)
        try:
            public.verify(base64.b64decode(asked.signature), message)
        except InvalidSignature:
            return problem(401, Refusal.UNKNOWN_DEVICE)
        token = f"token-{len(self.arrived)}"
        self.tokens.add(token)
        return _json(200, Token(token=token, expires_at=NOON + timedelta(hours=1)))

    def _quarantine(self, request: Arrived) -> Reply:
        device_id = DeviceId(UUID(parse_qs(urlsplit(request.path).query)["device_id"][0]))
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(self.public_key or ""))
        signature = base64.b64decode(request.headers["firstlight-signature"])
        public.verify(signature, evidence.hand_over_bytes(device_id, request.body))
        if not self.takes_hand_overs:
            return busy(_json(200, an_enrolment()))
        said = wire.decode(wire.decompress(request.body), HandOver)
        digest = hashlib.sha256(request.body).hexdigest()
        self.quarantined[digest] = said
        token = f"quarantine-{len(self.arrived)}"
        self.quarantine_tokens.add(token)
        taken = HandOverTaken(
            digest=digest,
            operations=len(said.push.operations),
            token=token,
            token_expires_at=NOON,
            server_time=NOON,
        )
        return _json(200, taken)

    def _sync(self, request: Arrived) -> Reply:
        assert request.headers["content-encoding"] == "gzip"
        asked = wire.decode(wire.decompress(request.body), SyncRequest)
        if len(asked.operations) > self.operations_max:
            return problem(413, Refusal.TOO_LARGE)
        answer = self.protocol.handle(asked)
        if not isinstance(answer, SyncResponse):
            body = wire.encode(answer)
            return Reply(409, {"content-type": "application/problem+json"}, body)
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        return Reply(200, headers, wire.compress(wire.encode(answer)))

    def _blob(self, request: Arrived, path: str) -> Reply:
        assert request.headers["tus-resumable"] == "1.0.0"
        if request.method == "POST":
            return self._create_blob(request)
        sha256 = path.rpartition("/")[2]
        held = self.protocol.blobs.get(sha256)
        if held is None:
            return Reply(404)
        if request.method == "HEAD":
            length = {"upload-length": str(size)} if (size := self.announced.get(sha256)) else {}
            return Reply(200, {"upload-offset": str(len(held)), **length})
        if int(request.headers["upload-offset"]) != len(held):
            return Reply(409, {"content-type": "application/problem+json"}, b"{}")
        if sha256 in self.mistaken_blobs:
            del self.protocol.blobs[sha256]
            return Reply(460, {"tus-resumable": "1.0.0"})
        self.protocol.blobs[sha256] = held + request.body
        return Reply(204, {"upload-offset": str(len(held) + len(request.body))})

    def _photo(self, request: Arrived, sha256: str) -> Reply:
        data = self.shown_photos.get(sha256)
        if data is None:
            body = b'{"status":404,"detail":"not found"}'
            return Reply(404, {"content-type": "application/problem+json"}, body)
        if self.sends_whole_photos:
            return Reply(200, {"content-type": "image/jpeg"}, data)
        first, last = (int(at) for at in request.headers["range"].removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        said = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        return Reply(206, {"content-type": "image/jpeg", "content-range": said}, part)

    def _create_blob(self, request: Arrived) -> Reply:
        name, _, value = request.headers["upload-metadata"].partition(" ")
        assert name == "sha256"
        sha256 = base64.b64decode(value).decode()
        if sha256 in self.refused_blobs:
            body = b'{"detail":"too large"}'
            return Reply(413, {"content-type": "application/problem+json"}, body)
        size = int(request.headers["upload-length"])
        self.protocol.blobs.setdefault(sha256, b"")
        if self.announced.setdefault(sha256, size) != size:
            self.announced[sha256], self.protocol.blobs[sha256] = size, b""
        return Reply(201, {"location": f"/blobs/{sha256}"})

    def whole_blobs(self) -> set[str]:
        """Name the blobs that are what they are called."""
        return {
            name
            for name, data in self.protocol.blobs.items()
            if hashlib.sha256(data).hexdigest() == name
        }


def _begin_incarnation(request: Arrived) -> Reply:
    """Take any incarnation; the protocol below begins it when it is first spoken in."""
    new = wire.decode(request.body, BeginIncarnation).incarnation
    chain = wire.first_chain(new)
    return _json(200, IncarnationBegun(incarnation=new, acked_dseq=0, chain=chain))


def _json(status: int, message: msgspec.Struct) -> Reply:
    return Reply(status, {"content-type": "application/json"}, wire.encode(message))


@asynccontextmanager
async def serving(server: HttpFakeServer) -> AsyncGenerator[HttpFakeServer, None]:
    """Listen on a free port of 127.0.0.1."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read(reader)
            server.arrived.append(request)
            reply = server.answer(request)
            if server.tricks:
                reply = server.tricks.popleft()(reply)
            if not reply.is_lost:
                writer.write(_bytes_of(reply))
                await writer.drain()
        finally:
            writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**24)
    async with listener:
        server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield server


async def _read(reader: asyncio.StreamReader) -> Arrived:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Arrived(method, path, headers, body)


def _bytes_of(reply: Reply) -> bytes:
    length = {} if reply.status == 204 else {"content-length": str(len(reply.body))}
    headers = {**length, "connection": "close", **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} X", *(f"{name}: {v}" for name, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + reply.body
