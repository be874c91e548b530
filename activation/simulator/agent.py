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
from collections.abc import Callable, Mapping, Sequence
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
from activation.simulator.scenario import SnmpUser
from activation.simulator.tables import Absence, Binding, Syntax

Foreign: TypeAlias = Any
"""An object of pysnmp."""

_READER: Final = "reader"
_WRITER: Final = "writer"
_ENGINE_ID: Final = b"\x80\x00\x4f\xb8\x05firstlight"  # RFC 3411, SnmpEngineID: pysnmp, a text
_SNMP_V1: Final = 0
_USM: Final = 3  # RFC 3411, SnmpSecurityModel
_AUTH_PRIV: Final = 3  # RFC 3411, SnmpSecurityLevel
_AUTH_METHODS: Final = {
    "md5": config.USM_AUTH_HMAC96_MD5,
    "sha1": config.USM_AUTH_HMAC96_SHA,
    "sha224": config.USM_AUTH_HMAC128_SHA224,
    "sha256": config.USM_AUTH_HMAC192_SHA256,
    "sha384": config.USM_AUTH_HMAC256_SHA384,
    "sha512": config.USM_AUTH_HMAC384_SHA512,
}
_PRIV_METHODS: Final = {
    "des": config.USM_PRIV_CBC56_DES,
    "aes": config.USM_PRIV_CFB128_AES,
    "aes192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "aes256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "aes192-reeder": config.USM_PRIV_CFB192_AES,
    "aes256-reeder": config.USM_PRIV_CFB256_AES,
}

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
    """An SNMP agent on one UDP port: v2c, and v3 for the users of the scenario.

    A request with another community gets no answer, one of an unknown user a report. ``boots``
    counts the starts of an agent (RFC 3414) and has to grow with each.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        read_community: str,
        write_community: str,
        users: Sequence[SnmpUser] = (),
        boots: int = 1,
    ) -> None:
        self._exchange = exchange
        self._engine = _engine(boots)
        config.add_v1_system(self._engine, _READER, read_community)
        if write_community != read_community:
            config.add_v1_system(self._engine, _WRITER, write_community)
        self._writers = {_WRITER if write_community != read_community else _READER}
        for user in users:
            self._add_user(user)
        self._engine.message_dispatcher.register_context_engine_id(
            self._engine.snmpEngineID, tuple(_KINDS), self._process
        )

    def _add_user(self, user: SnmpUser) -> None:
        config.add_v3_user(
            self._engine,
            user.name,
            _AUTH_METHODS[user.auth_method],
            user.auth_key,
            _PRIV_METHODS[user.priv_method],
            user.priv_key,
        )
        if user.may_write:
            self._writers.add(user.name)

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
        model_number, name, level = int(model), str(security[1]), int(security[2])
        if model_number == _USM and level != _AUTH_PRIV:
            return
        answer = self._exchange.answer(_decode(pdu, may_write=name in self._writers))
        if answer is None:
            return
        origin = (context_engine, context, version)
        response = _encode(pdu, answer)
        engine.message_dispatcher.return_response_pdu(
            engine, model, *security, *origin, response, size_max, reference, {}
        )


def _engine(boots: int) -> SnmpEngine:
    """Make an engine with an id of its own and a count of starts.

    Given to the constructor, pysnmp would keep the count in a file of its own choice.
    """
    engine = SnmpEngine()
    for name, value in (("snmpEngineID", _ENGINE_ID), ("snmpEngineBoots", boots)):
        (known,) = engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", name)
        known.syntax = known.syntax.clone(value)
        if name == "snmpEngineID":
            engine.snmpEngineID = known.syntax
    return engine


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
