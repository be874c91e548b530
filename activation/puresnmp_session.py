"""``SnmpSession`` over puresnmp, which encodes and decodes (``activation.conversations``).

Sending is ours, because the library's client (2.0.1) repeats a write whose reply was lost and then
reports the repetition's refusal, takes two request ids for one write from a clock in seconds, and
leaves its socket open on refused connections.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from puresnmp.pdu import PDU, BulkGetRequest, GetRequest, PDUContent, SetRequest
from puresnmp.varbind import VarBind
from x690.types import Null, ObjectIdentifier

from activation.conversations import (
    Bindings,
    CommunityConversation,
    Conversation,
    UserConversation,
    encoded,
)
from activation.snmp import (
    Answer,
    Binding,
    Credentials,
    NoAnswer,
    NotSent,
    Oid,
    Row,
    SnmpError,
    SnmpSettings,
    Unintelligible,
    V2c,
    Walk,
    Written,
)


class PuresnmpSession:
    """A session that keeps no socket between requests and may live as long as its process.

    Use one per OLT and event loop: its limit of requests in flight is what protects the OLT.

    Raises:
        MethodUnsupported: the credentials of a v3 user ask for a method that is not known.

    ``may_write`` is asked right before the datagram of a write leaves, after the wait for a slot
    and the look-up of the name; when it says no, nothing is sent and the write answers ``NotSent``.
    """

    def __init__(  # noqa: PLR0913  one agent, and how to talk to it
        self,
        host: str,
        port: int,
        credentials: Credentials,
        settings: SnmpSettings | None = None,
        *,
        may_write: Callable[[], bool] = lambda: True,
        first_request_id: int = 1,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = (host, port)
        self._settings = settings or SnmpSettings()
        self._reading, self._writing = _conversations(credentials, first_request_id, monotonic)
        self._may_write = may_write
        self._slots = asyncio.Semaphore(self._settings.in_flight_max)

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
        if isinstance(reply, SnmpError):
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
            if isinstance(page, SnmpError):
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
            varbinds = [VarBind(ObjectIdentifier(b.oid), encoded(b.value)) for b in bindings]
            return SetRequest(PDUContent(request_id, varbinds))

        reply = await self._writing.ask(request, self._send_once, is_write=True)
        return reply if isinstance(reply, SnmpError) else Written()

    async def _next_page(self, after: Oid, bulk_size: int) -> Bindings | SnmpError:
        def request(request_id: int) -> PDU:
            return BulkGetRequest(request_id, 0, bulk_size, ObjectIdentifier(after))

        page = await self._read(request)
        if isinstance(page, SnmpError) or page:
            return page
        # An empty page would be asked for again for ever.
        return Unintelligible(detail=f"an empty page after {after}")

    async def _read(self, build: Callable[[int], PDU]) -> Bindings | SnmpError:
        return await self._reading.ask(build, self._send_often, is_write=False)

    async def _send_often(self, packet: bytes) -> bytes | SnmpError:
        sending = _Sending(attempts=self._settings.read_attempts, permitted=lambda: True)
        return await self._send(packet, sending)

    async def _send_once(self, packet: bytes) -> bytes | SnmpError:
        return await self._send(packet, _Sending(attempts=1, permitted=self._may_write))

    async def _send(self, packet: bytes, sending: "_Sending") -> bytes | SnmpError:
        async with self._slots:
            return await _send(self._address, packet, sending, timeout_ms=self._settings.timeout_ms)


def _conversations(
    credentials: Credentials, first_request_id: int, monotonic: Callable[[], float]
) -> tuple[Conversation, Conversation]:
    """Give the ways to read and to write: a user of v3 does both in one."""
    if isinstance(credentials, V2c):
        writing = credentials.write_community or credentials.read_community
        return (
            CommunityConversation(credentials.read_community, first_request_id),
            CommunityConversation(writing, first_request_id),
        )
    both = UserConversation(credentials, first_request_id, monotonic=monotonic)
    return both, both


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
