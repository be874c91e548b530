"""SNMP v3 messages with the user-based security model (RFC 3414), from puresnmp's parts.

The library's own processing model is not used: it freezes the agent's clock at the first contact,
so that a session dies after 150 s, makes both keys anew from the passwords for every message, and
checks a digest over bytes that it has encoded again, not over those that came. Its structures are;
keys are the user's (``activation.usm_user``).

Everything here is pure but for the engine that a conversation learns about.
"""

import enum
import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from puresnmp.adt import HeaderData, Message, PlainMessage, ScopedPDU, V3Flags
from puresnmp.pdu import PDU, GetRequest, PDUContent, Report
from puresnmp.transport import MESSAGE_MAX_SIZE
from puresnmp.types import Counter
from puresnmp.varbind import VarBind
from puresnmp_plugins.security.usm import USMSecurityParameters
from x690.types import Integer, ObjectIdentifier, OctetString
from x690.util import get_value_slice

from activation.usm_user import Stamp, UsmUser

# The library's modules bring no types for what they make.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

_VERSION: Final = 3
_USM: Final = 3  # RFC 3411: SnmpSecurityModel


class NotGenuine(ValueError):
    """What came is not from who it says, or not meant for us; it is treated as if it had not."""


class Trouble(enum.Enum):
    """What an agent reports instead of an answer (RFC 3414, usmStats): nothing was done."""

    SECURITY_LEVEL = "it wants another security level"
    NOT_IN_WINDOW = "our view of its clock is old"
    UNKNOWN_USER = "it knows no such user"
    UNKNOWN_ENGINE = "it has another engine id"
    WRONG_DIGEST = "the authentication key is wrong"
    NOT_DECRYPTED = "the privacy key is wrong"


_STATISTICS: Final = "1.3.6.1.6.3.15.1.1"  # RFC 3414, SNMP-USER-BASED-SM-MIB usmStats
_REPORTS: Final[Mapping[str, Trouble]] = {
    f"{_STATISTICS}.{number}.0": trouble for number, trouble in enumerate(Trouble, 1)
}


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """A report; only an authentic one proves that the request was not carried out."""

    trouble: Trouble
    is_authentic: bool


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's engine, and how its clock stood when it was last heard."""

    id: bytes
    boots: int
    time_s: int
    heard_at_s: float
    """By our own monotonic clock."""

    def time_at(self, now_s: float) -> int:
        """Tell what its clock shows by now."""
        return self.time_s + int(now_s - self.heard_at_s)


def discovery(message_id: int) -> bytes:
    """Write the message that asks an agent for its engine id (RFC 3414, section 4)."""
    nobody = USMSecurityParameters(b"", 0, 0, b"", b"", b"")
    flags = V3Flags(auth=False, priv=False, reportable=True)
    empty = ScopedPDU(OctetString(), OctetString(), GetRequest(PDUContent(message_id, [])))
    return bytes(Message(Integer(_VERSION), _header(message_id, flags), bytes(nobody), empty))


def engine_of(message_id: int, raw: bytes, now_s: float) -> Engine:
    """Read an agent's engine from its answer to a discovery, which nothing authenticates.

    Raises:
        NotGenuine: it is no such answer.
    """
    message = Message.decode(raw)
    security = USMSecurityParameters.decode(message.security_parameters)
    if message.header.message_id != message_id or not security.authoritative_engine_id:
        raise NotGenuine("no answer to the question for its engine id")
    return Engine(
        id=security.authoritative_engine_id,
        boots=security.authoritative_engine_boots,
        time_s=security.authoritative_engine_time,
        heard_at_s=now_s,
    )


def request(user: UsmUser, engine: Engine, message_id: int, pdu: PDU, now_s: float) -> bytes:
    """Write a request, encrypted and signed."""
    time_s = engine.time_at(now_s)
    scoped = ScopedPDU(OctetString(engine.id), OctetString(), pdu)
    stamp = Stamp(engine_id=engine.id, boots=engine.boots, time_s=time_s)
    return sealed(user, stamp, message_id, scoped, reportable=True)


def report(
    stamp: Stamp, message_id: int, trouble: Trouble, count: int, user: UsmUser | None
) -> bytes:
    """Write the report of a trouble; signed where the user is known who may believe it."""
    names = {each: oid for oid, each in _REPORTS.items()}
    bind = VarBind(ObjectIdentifier(names[trouble]), Counter(count))
    scoped = ScopedPDU(OctetString(stamp.engine_id), OctetString(), Report(PDUContent(0, [bind])))
    name, no_digest = (b"", b"") if user is None else (user.name, user.no_digest)
    security = USMSecurityParameters(
        stamp.engine_id, stamp.boots, stamp.time_s, name, no_digest, b""
    )
    header = _header(message_id, V3Flags(auth=user is not None, priv=False, reportable=False))
    written = bytes(Message(Integer(_VERSION), header, bytes(security), scoped))
    return written if user is None else _signed(user, stamp.engine_id, written)


def sealed(
    user: UsmUser, stamp: Stamp, message_id: int, scoped: ScopedPDU, *, reportable: bool
) -> bytes:
    """Write a message, encrypted and signed."""
    encrypted, salt = user.encrypt(stamp, bytes(scoped))
    security = USMSecurityParameters(
        stamp.engine_id, stamp.boots, stamp.time_s, user.name, user.no_digest, salt
    )
    header = _header(message_id, V3Flags(auth=True, priv=True, reportable=reportable))
    unsigned = bytes(Message(Integer(_VERSION), header, bytes(security), OctetString(encrypted)))
    return _signed(user, stamp.engine_id, unsigned)


def _signed(user: UsmUser, engine_id: bytes, unsigned: bytes) -> bytes:
    place = _digest_place(unsigned)
    return unsigned[: place.start] + user.sign(engine_id, unsigned) + unsigned[place.stop :]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A reply: its content or a report, and the engine's clock where the reply proves it."""

    content: PDUContent | Reported
    engine: Engine | None


def reply(user: UsmUser, engine: Engine, message_id: int, raw: bytes, now_s: float) -> Heard:
    """Read a reply, of which only a report may come unsigned.

    Raises:
        NotGenuine: the digest is wrong, or it is no reply to this request.
        ErrorResponse: of puresnmp, where the agent refuses the request.
    """
    message = Message.decode(raw)
    security = USMSecurityParameters.decode(message.security_parameters)
    if message.header.message_id != message_id:
        raise NotGenuine("it is the reply to another request")
    is_authentic = message.header.flags.auth
    if is_authentic:
        require_digest(user, security, raw)
    pdu = opened(user, message, security).data
    content: PDUContent = pdu.value
    heard = None
    if is_authentic and security.authoritative_engine_id:
        heard = Engine(
            id=security.authoritative_engine_id,
            boots=security.authoritative_engine_boots,
            time_s=security.authoritative_engine_time,
            heard_at_s=now_s,
        )
    if isinstance(pdu, Report):
        names = [str(bind.oid.value) for bind in content.varbinds]
        trouble = next((_REPORTS[name] for name in names if name in _REPORTS), None)
        if trouble is None:
            raise NotGenuine(f"a report of {', '.join(names) or 'nothing'}")
        reported = Reported(trouble=trouble, is_authentic=is_authentic)
        return Heard(content=reported, engine=heard)
    if not (is_authentic and message.header.flags.priv):
        raise NotGenuine("an answer that is not signed and encrypted")
    if security.authoritative_engine_id != engine.id or security.user_name != user.name:
        raise NotGenuine("an answer of another engine, or to another user")
    return Heard(content=content, engine=heard)


def _header(message_id: int, flags: V3Flags) -> HeaderData:
    return HeaderData(message_id, MESSAGE_MAX_SIZE, flags, _USM)


def require_digest(user: UsmUser, security: USMSecurityParameters, raw: bytes) -> None:
    """Check that the user signed the very bytes that came.

    Raises:
        NotGenuine: the user did not.
    """
    place = _digest_place(raw)
    if place.stop - place.start != len(user.no_digest):
        length = place.stop - place.start
        raise NotGenuine(f"a digest of {length} bytes, not {len(user.no_digest)}")
    unsigned = raw[: place.start] + user.no_digest + raw[place.stop :]
    expected = user.sign(security.authoritative_engine_id, unsigned)
    if not hmac.compare_digest(expected, security.auth_params):
        raise NotGenuine("the digest is wrong")


def opened(user: UsmUser, message: Any, security: USMSecurityParameters) -> ScopedPDU:  # noqa: ANN401  of the library
    """Decrypt a message; one that is not encrypted is given as it is."""
    if isinstance(message, PlainMessage):
        return message.scoped_pdu
    stamp = Stamp(
        engine_id=security.authoritative_engine_id,
        boots=security.authoritative_engine_boots,
        time_s=security.authoritative_engine_time,
    )
    plain = user.decrypt(stamp, security.priv_params, message.scoped_pdu.value)
    return ScopedPDU.decode(plain)


def _digest_place(raw: bytes) -> slice:
    """Find the digest in a message, so that it is checked over the very bytes that came."""
    body, _ = get_value_slice(raw)
    _, at = get_value_slice(raw, body.start)
    _, at = get_value_slice(raw, at)
    parameters, _ = get_value_slice(raw, at)
    fields, _ = get_value_slice(raw, parameters.start)
    at = fields.start
    for _ in range(4):  # engine id, boots, time, user
        _, at = get_value_slice(raw, at)
    place, _ = get_value_slice(raw, at)
    return place
