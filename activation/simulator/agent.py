"""The SNMP agent: pysnmp's engine and message handling around an ``Exchange``.

pysnmp decodes, encodes and authenticates. Its command responders and tables are left out: they
report error-index 1 for most multi-variable SETs (``entity/rfc3413/cmdrsp.py``, 7.1.30) and answer
RowStatus otherwise than RFC 2579 does.
"""

# pysnmp has no type information of its own, so what comes out of it is unknown to the checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from pyasn1.type import univ
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v2c

from activation.simulator.cells import Written
from activation.simulator.datagrams import is_message
from activation.simulator.exchange import Answer, Exchange, Missing, Request, RequestKind
from activation.simulator.oids import Oid
from activation.simulator.tables import Absence, Binding, Syntax

Foreign: TypeAlias = Any
"""An object of pysnmp."""

_READER: Final = "reader"
_WRITER: Final = "writer"
_SNMP_V1: Final = 0

_KINDS: Final[Mapping[Foreign, RequestKind]] = {
    rfc1905.GetRequestPDU.tagSet: RequestKind.GET,
    rfc1905.GetNextRequestPDU.tagSet: RequestKind.GET_NEXT,
    rfc1905.GetBulkRequestPDU.tagSet: RequestKind.GET_BULK,
    rfc1905.SetRequestPDU.tagSet: RequestKind.SET,
}
_ENCODINGS: Final[Mapping[Syntax, Callable[[Foreign], Foreign]]] = {
    Syntax.INTEGER: rfc1902.Integer32,
    Syntax.UNSIGNED: rfc1902.Unsigned32,
    Syntax.OCTETS: rfc1902.OctetString,
    Syntax.OID: rfc1902.ObjectIdentifier,
    Syntax.TICKS: rfc1902.TimeTicks,
}
_ABSENCES: Final[Mapping[Absence, Foreign]] = {
    Absence.NO_SUCH_OBJECT: rfc1905.noSuchObject,
    Absence.NO_SUCH_INSTANCE: rfc1905.noSuchInstance,
    Absence.END_OF_VIEW: rfc1905.endOfMibView,
}


class _Transport(udp.UdpTransport):
    """Says when its socket is open, and lets through only what the decoder can bear."""

    def __init__(self) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.opened = asyncio.Event()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        super().connection_made(transport)
        self.opened.set()

    def datagram_received(self, datagram: bytes, transportAddress: Foreign) -> None:  # noqa: N803  pysnmp's name
        if is_message(datagram):
            super().datagram_received(datagram, transportAddress)


class Agent:
    """An SNMPv2c agent on one UDP port; a request with another community gets no answer."""

    def __init__(self, exchange: Exchange, *, read_community: str, write_community: str) -> None:
        self._exchange = exchange
        self._engine = SnmpEngine()
        config.add_v1_system(self._engine, _READER, read_community)
        if write_community != read_community:
            config.add_v1_system(self._engine, _WRITER, write_community)
        self._writers = {_WRITER if write_community != read_community else _READER}
        self._engine.message_dispatcher.register_context_engine_id(
            self._engine.snmpEngineID, tuple(_KINDS), self._process
        )

    async def start(self, listener: socket.socket) -> None:
        """Answer on a bound UDP socket, which is the agent's from then on."""
        transport = _Transport()
        transport.open_server_mode(sock=listener)
        config.add_transport(self._engine, udp.DOMAIN_NAME, transport)
        await transport.opened.wait()

    def stop(self) -> None:
        """Close the socket."""
        self._engine.close_dispatcher()

    def _process(self, *call: Foreign) -> None:
        """Take one request over from the dispatcher and give the answer back to it."""
        engine, model, *security, context_engine, context, version, pdu, size_max, reference = call
        if int(model) == _SNMP_V1:
            return
        name = str(security[1])
        answer = self._exchange.answer(_decode(pdu, may_write=name in self._writers))
        if answer is None:
            return
        origin = (context_engine, context, version)
        response = _encode(pdu, answer)
        engine.message_dispatcher.return_response_pdu(
            engine, model, *security, *origin, response, size_max, reference, {}
        )


def _decode(pdu: Foreign, *, may_write: bool) -> Request:
    kind = _KINDS[pdu.tagSet]
    variables = tuple((tuple(oid), _value_of(value)) for oid, value in v2c.apiPDU.get_varbinds(pdu))
    if kind is not RequestKind.GET_BULK:
        return Request(kind=kind, variables=variables, may_write=may_write)
    return Request(
        kind=kind,
        variables=variables,
        non_repeaters=int(v2c.apiBulkPDU.get_non_repeaters(pdu)),
        max_repetitions=int(v2c.apiBulkPDU.get_max_repetitions(pdu)),
    )


def _value_of(value: Foreign) -> Written:
    """Take a value over; every integer type counts as a number."""
    if isinstance(value, univ.Integer):
        return int(value)
    if isinstance(value, univ.OctetString):
        return bytes(value)
    if isinstance(value, univ.ObjectIdentifier):
        oid: Oid = tuple(value)
        return oid
    return None


def _encode(pdu: Foreign, answer: Answer) -> Foreign:
    response = v2c.apiPDU.get_response(pdu)
    v2c.apiPDU.set_error_status(response, int(answer.status))
    v2c.apiPDU.set_error_index(response, answer.position)
    bindings = (
        v2c.apiPDU.get_varbinds(pdu)
        if answer.bindings is None
        else [_encoded(binding) for binding in answer.bindings]
    )
    v2c.apiPDU.set_varbinds(response, bindings)
    return response


def _encoded(binding: Binding | Missing) -> tuple[Foreign, Foreign]:
    name = rfc1902.ObjectName(binding.oid)
    if isinstance(binding, Missing):
        return name, _ABSENCES[binding.absence]
    return name, _ENCODINGS[binding.syntax](binding.value)
