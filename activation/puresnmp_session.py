"""``SnmpSession`` over puresnmp.

Of puresnmp only the message processing is used: it encodes and decodes, v3 included later. Sending
is ours, because its client (2.0.1) repeats a write whose reply was lost and then reports the
repetition's refusal, takes two request ids for one write from a clock in seconds, and leaves its
socket open on refused connections. All errors of the library become values here and nowhere else.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
from puresnmp import credentials as library_credentials
from puresnmp import exc as library_errors
from puresnmp.pdu import (
    PDU,
    BulkGetRequest,
    EndOfMibView,
    GetRequest,
    NoSuchInstance,
    NoSuchObject,
    PDUContent,
    SetRequest,
)
from puresnmp.plugins import mpm
from puresnmp.varbind import VarBind
from x690.exc import X690Error
from x690.types import Integer, Null, ObjectIdentifier, OctetString

from activation.snmp import (
    Answer,
    Binding,
    Credentials,
    ErrorStatus,
    NoAnswer,
    NotSent,
    Oid,
    Row,
    Secret,
    SnmpError,
    SnmpSettings,
    SnmpValue,
    Unintelligible,
    V2c,
    Walk,
    Written,
)

_DECODING_ERRORS: Final = (
    X690Error,
    library_errors.SnmpError,
    LookupError,
    ValueError,  # among them undecodable text and unpacking of the wrong length
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # a truncated object identifier ends a generator, or nests too deep
)
_ABSENT: Final = (NoSuchObject, NoSuchInstance, EndOfMibView)


class CredentialsUnsupported(ValueError):
    """This session speaks SNMP v2c; give it a community."""


class PuresnmpSession:
    """A session that keeps no socket between requests and may live as long as its process.

    Use one per OLT and event loop: its limit of requests in flight is what protects the OLT.

    ``may_write`` is asked right before the datagram of a write leaves, after the wait for a slot
    and the look-up of the name; when it says no, nothing is sent and the write answers ``NotSent``.
    """

    def __init__(
        self,
        host: str,
        port: int,
        credentials: Credentials,
        settings: SnmpSettings | None = None,
        *,
        may_write: Callable[[], bool] = lambda: True,
        first_request_id: int = 1,
    ) -> None:
        if not isinstance(credentials, V2c):
            raise CredentialsUnsupported(f"credentials for {host} are v3; v2c is supported")
        self._address = (host, port)
        self._settings = settings or SnmpSettings()
        self._read_codec = _codec(credentials.read_community)
        self._write_codec = _codec(credentials.write_community or credentials.read_community)
        self._may_write = may_write
        self._slots = asyncio.Semaphore(self._settings.in_flight_max)
        self._request_ids = itertools.count(first_request_id)

    @property
    def peer(self) -> str:
        """Where it talks to, as ``host:port``."""
        host, port = self._address
        return f"{host}:{port}"

    async def get_many(self, oids: Sequence[Oid]) -> Answer | SnmpError:
        """Read scalars and cells; None where the agent has none."""

        def request(request_id: int) -> PDU:
            varbinds = [VarBind(ObjectIdentifier(oid), Null()) for oid in oids]
            return GetRequest(PDUContent(request_id, varbinds))

        reply = await self._read(request)
        if not isinstance(reply, list):
            return reply
        if [oid for oid, _ in reply] != list(oids):
            return Unintelligible(detail="the reply names other objects than were asked for")
        return Answer(values=dict(reply))

    async def bulk_walk(self, column: Oid, *, bulk_size: int) -> Walk:
        """Read all below an OID; what was read before an error is kept and marked incomplete."""
        rows: list[Row] = []
        last = column
        while len(rows) <= self._settings.walk_rows_max:
            page = await self._next_page(last, bulk_size)
            if not isinstance(page, list):
                return Walk(rows=tuple(rows), stopped_by=page)
            for oid, value in page:
                if value is None or not oid.startswith(column + "."):
                    return Walk(rows=tuple(rows))
                if _nodes(oid) <= _nodes(last):
                    stopped = Unintelligible(detail=f"the walk goes backwards at {oid}")
                    return Walk(rows=tuple(rows), stopped_by=stopped)
                rows.append(Row(index=_nodes(oid[len(column) + 1 :]), value=value))
                last = oid
        cut = Unintelligible(detail=f"more than {self._settings.walk_rows_max} rows")
        return Walk(rows=tuple(rows), stopped_by=cut)

    async def set_many(self, bindings: Sequence[Binding]) -> Written | SnmpError:
        """Write in one request that is sent exactly once."""

        def request(request_id: int) -> PDU:
            varbinds = [VarBind(ObjectIdentifier(b.oid), _encoded(b.value)) for b in bindings]
            return SetRequest(PDUContent(request_id, varbinds))

        sending = _Sending(attempts=1, permitted=self._may_write)
        reply = await self._exchange(request, self._write_codec, sending)
        return Written() if isinstance(reply, list) else reply

    async def _next_page(
        self, after: Oid, bulk_size: int
    ) -> list[tuple[Oid, SnmpValue | None]] | SnmpError:
        def request(request_id: int) -> PDU:
            return BulkGetRequest(request_id, 0, bulk_size, ObjectIdentifier(after))

        page = await self._read(request)
        # An empty page would be asked for again for ever.
        return page if page != [] else Unintelligible(detail=f"an empty page after {after}")

    async def _read(
        self, build: Callable[[int], PDU]
    ) -> list[tuple[Oid, SnmpValue | None]] | SnmpError:
        sending = _Sending(attempts=self._settings.read_attempts, permitted=lambda: True)
        return await self._exchange(build, self._read_codec, sending)

    async def _exchange(
        self, build: Callable[[int], PDU], codec: "_Codec", sending: "_Sending"
    ) -> list[tuple[Oid, SnmpValue | None]] | SnmpError:
        request_id = next(self._request_ids) % 2**31
        packet = await codec.encode(request_id, build(request_id))
        async with self._slots:
            raw = await _send(self._address, packet, sending, timeout_ms=self._settings.timeout_ms)
        return codec.decode(request_id, raw) if isinstance(raw, bytes) else raw


class _Codec:
    """Packets of one set of credentials, in and out."""

    def __init__(self, credentials: library_credentials.Credentials) -> None:
        self._credentials = credentials
        # Untyped in the library; the two methods used are wrapped below.
        self._processing: Any = mpm.create(credentials.mpm, _no_discovery, {})

    async def encode(self, request_id: int, pdu: PDU) -> bytes:
        """Wrap a request."""
        packet, _ = await self._processing.encode(request_id, self._credentials, b"", b"", pdu)
        return bytes(packet)

    def decode(self, request_id: int, raw: bytes) -> list[tuple[Oid, SnmpValue | None]] | SnmpError:
        """Unwrap a reply to that request, or say why it is none."""
        try:
            content: PDUContent = self._processing.decode(raw, self._credentials).value
            if content.request_id != request_id:
                return Unintelligible(detail="the reply belongs to another request")
            return [(bind.oid.value, _decoded(bind.value)) for bind in content.varbinds]
        except library_errors.ErrorResponse as error:
            return ErrorStatus(
                status=error.error_status, oid=str(error.offending_oid.value) or None
            )
        except _DECODING_ERRORS as error:
            return Unintelligible(detail=f"{type(error).__name__}: {error}")


def _codec(community: Secret) -> _Codec:
    return _Codec(library_credentials.V2C(community.reveal()))


def _no_discovery(_packet: bytes) -> Awaitable[bytes]:
    raise AssertionError("v2c discovers nothing")


def _encoded(value: int | bytes) -> Any:  # noqa: ANN401  the library's types share no useful base
    return Integer(value) if isinstance(value, int) else OctetString(value)


def _decoded(value: Any) -> SnmpValue | None:  # noqa: ANN401  as above
    if isinstance(value, _ABSENT):
        return None
    plain = value.value
    if isinstance(plain, int | bytes | str):
        return plain
    raise TypeError(f"{type(value).__name__} is a type that no driver asks for")


def _nodes(oid: Oid) -> tuple[int, ...]:
    return tuple(int(node) for node in oid.split("."))


class _Exchange(asyncio.DatagramProtocol):
    """One request's socket: the first datagram or error settles it, later ones are ignored."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002  asyncio's signature
        if not self.outcome.done():
            self.outcome.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(exc)


class _Sending(msgspec.Struct, frozen=True, kw_only=True):
    """How often a datagram may be sent, and whether it still may when its turn has come."""

    attempts: int
    permitted: Callable[[], bool]


async def _send(
    address: tuple[str, int], packet: bytes, sending: _Sending, *, timeout_ms: int
) -> bytes | SnmpError:
    """Send from a socket of its own, so that no late reply to another request can be taken."""
    loop = asyncio.get_running_loop()
    try:
        transport, exchange = await loop.create_datagram_endpoint(_Exchange, remote_addr=address)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no resolver can be asked
        return NotSent(detail=f"{address[0]}: {error}")
    try:
        for _ in range(sending.attempts):
            if not sending.permitted():
                return NotSent(detail="the right to write ended before its turn came")
            transport.sendto(packet)
            done, _pending = await asyncio.wait({exchange.outcome}, timeout=timeout_ms / 1000)
            if done:
                return exchange.outcome.result()
        return NoAnswer(waited_ms=timeout_ms * sending.attempts)
    except OSError as error:
        return NotSent(detail=f"{address[0]}:{address[1]}: {error}")
    finally:
        exchange.outcome.cancel()
        transport.close()
