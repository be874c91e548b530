"""An SNMP agent on a real socket whose every answer the test decides.

Its packets come from pysnmp, so that reading and writing are checked by another implementation than
the one the session uses.
"""

# pysnmp and pyasn1 have no type information.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api

V2: Any = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it was understood."""

    kind: str
    community: bytes
    request_id: int
    bindings: tuple[tuple[str, Any], ...]
    rows_max: int

    @property
    def oids(self) -> tuple[str, ...]:
        return tuple(oid for oid, _ in self.bindings)


Script = Callable[[Request], Sequence[bytes]]


class ScriptedAgent(asyncio.DatagramProtocol):
    """Answers each datagram with what the script gives, none or several included."""

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self.arrived = asyncio.Event()
        self._script = script
        self._transport: Any = None

    @property
    def port(self) -> int:
        return self._transport.get_extra_info("sockname")[1]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        request = understood(data)
        self.requests.append(request)
        self.arrived.set()
        for answer in self._script(request):
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def listening(script: Script) -> AsyncGenerator[ScriptedAgent]:
    """Run an agent on a free port of this machine."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(
        lambda: ScriptedAgent(script), local_addr=("127.0.0.1", 0)
    )
    try:
        yield agent
    finally:
        transport.close()


def understood(data: bytes) -> Request:
    message, _ = decoder.decode(data, asn1Spec=V2.Message())
    pdu = V2.apiMessage.get_pdu(message)
    kind = type(pdu).__name__
    is_bulk = kind == "GetBulkRequestPDU"
    access = V2.apiBulkPDU if is_bulk else V2.apiPDU
    return Request(
        kind=kind,
        community=bytes(V2.apiMessage.get_community(message)),
        request_id=int(access.get_request_id(pdu)),
        bindings=tuple((str(oid), value) for oid, value in access.get_varbinds(pdu)),
        rows_max=int(access.get_max_repetitions(pdu)) if is_bulk else 0,
    )


def answer(
    request: Request,
    bindings: Sequence[tuple[str, Any]],
    *,
    status: int = 0,
    index: int = 0,
    request_id: int | None = None,
) -> bytes:
    """Encode a response to a request, or to another one if an id is given."""
    pdu = V2.GetResponsePDU()
    V2.apiPDU.set_defaults(pdu)
    V2.apiPDU.set_request_id(pdu, request.request_id if request_id is None else request_id)
    V2.apiPDU.set_error_status(pdu, status)
    V2.apiPDU.set_error_index(pdu, index)
    V2.apiPDU.set_varbinds(pdu, [(V2.ObjectIdentifier(oid), value) for oid, value in bindings])
    message = V2.Message()
    V2.apiMessage.set_defaults(message)
    V2.apiMessage.set_community(message, request.community)
    V2.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


def echo(request: Request) -> list[bytes]:
    """Answer a write as done."""
    return [answer(request, request.bindings)]
