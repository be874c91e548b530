"""Traps and informs of SNMP v3 users (RFC 3414), signed and encrypted.

The engine that answers for a trap is the sender's. Nobody tells us its id beforehand: the first
engine that signs with a user's keys is known from then on, since only who has the password, or was
given the keys for that very engine, can. The engine that answers for an inform is ours, so that a
sender asks for it first.
"""

import enum
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from puresnmp.adt import Message, ScopedPDU
from puresnmp.pdu import GetResponse, InformRequest, PDUContent, Trap
from puresnmp_plugins.security.usm import USMSecurityParameters

from activation import usm
from activation.notifications import BYTES_MAX, Notification, told
from activation.usm import Engine, NotGenuine, Trouble
from activation.usm_user import Stamp, UsmUser

_WINDOW_S: Final = 150  # RFC 3414, 2.2.3
_BOOTS_MAX: Final = 2**31 - 1  # RFC 3414, 2.2.2: an engine that counts no further
_ID_BEGINS: Final = b"\x80\x00\x7e\xd9\x05"  # RFC 3411, SnmpEngineID; 32473 is RFC 5612's example
_BOOTS_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Refusal(enum.StrEnum):
    """Why what came is not believed."""

    SECURITY_LEVEL = "not signed and encrypted"
    UNKNOWN_USER = "unknown user"
    UNKNOWN_ENGINE = "unknown engine"
    WRONG_DIGEST = "wrong digest"
    NOT_IN_WINDOW = "outside of the time window"
    NOT_DECRYPTED = "not decrypted"


_TROUBLES: Final[Mapping[Refusal, Trouble]] = {
    Refusal.SECURITY_LEVEL: Trouble.SECURITY_LEVEL,
    Refusal.UNKNOWN_USER: Trouble.UNKNOWN_USER,
    Refusal.UNKNOWN_ENGINE: Trouble.UNKNOWN_ENGINE,
    Refusal.WRONG_DIGEST: Trouble.WRONG_DIGEST,
    Refusal.NOT_IN_WINDOW: Trouble.NOT_IN_WINDOW,
    Refusal.NOT_DECRYPTED: Trouble.NOT_DECRYPTED,
}


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was not believed, and what its sender is told of it."""

    why: Refusal | None
    """None for a question for our engine, which is no fault."""
    report: bytes | None
    """None where RFC 3412 lets nobody report: for a trap."""


class _Refuse(Exception):
    def __init__(self, why: Refusal, *, user: UsmUser | None = None) -> None:
        self.why = why
        self.user = user
        """Who may believe the report, since the message was theirs."""


class OwnEngine(msgspec.Struct, frozen=True, kw_only=True):
    """The engine that answers for informs: this receiver."""

    id: bytes
    boots: int
    since_s: float
    """By our monotonic clock."""

    def time_at(self, now_s: float) -> int:
        """Tell what its clock shows."""
        return int(now_s - self.since_s)


def own_engine(name: str, started: datetime, since_s: float) -> OwnEngine:
    """Make the engine of an installation: its id stays, and each start has a greater number.

    No count is kept: the number is the second of the start.
    """
    return OwnEngine(
        id=_ID_BEGINS + hashlib.sha256(name.encode()).digest()[:8],
        boots=max(1, int((started - _BOOTS_FROM).total_seconds())),
        since_s=since_s,
    )


class UserReceiver:
    """Reads what users of v3 send of themselves; keeps what RFC 3414 wants kept of each engine."""

    def __init__(
        self, engine: OwnEngine, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._own = engine
        self._monotonic = monotonic
        self._known: dict[str, dict[bytes, Engine]] = {}
        self._reported: Counter[Trouble] = Counter()

    def read(
        self, datagram: bytes, place: str, users: Sequence[UsmUser]
    ) -> Notification | Refused | None:
        """Read a notification from a place whose agents have these users, one for each agent.

        None for what is none. An inform is answered by who takes it, with its reply.
        """
        if len(datagram) > BYTES_MAX:
            return None
        try:
            message = Message.decode(datagram)
            security = USMSecurityParameters.decode(message.security_parameters)
        except Exception:  # noqa: BLE001  the codec raises whatever comes to hand on what is no SNMP
            return None
        try:
            return self._opened(datagram, message, security, place, users)
        except _Refuse as refused:
            why = refused.why if security.authoritative_engine_id else None
            return Refused(why=why, report=self._report(message, refused))

    def _opened(
        self,
        raw: bytes,
        message: Any,  # noqa: ANN401  of the library
        security: USMSecurityParameters,
        place: str,
        users: Sequence[UsmUser],
    ) -> Notification | None:
        """Go through the steps of RFC 3414, 3.2, in its order."""
        engine_id = security.authoritative_engine_id
        is_ours = engine_id == self._own.id
        known = self._known.setdefault(place, {}) if users else {}
        if not is_ours and (message.header.flags.reportable or not engine_id):
            raise _Refuse(Refusal.UNKNOWN_ENGINE)
        if not is_ours and engine_id not in known and len(known) >= len(users):
            raise _Refuse(Refusal.UNKNOWN_USER if not users else Refusal.UNKNOWN_ENGINE)
        candidates = [each for each in users if each.name == security.user_name]
        if not candidates:
            raise _Refuse(Refusal.UNKNOWN_USER)
        if not (message.header.flags.auth and message.header.flags.priv):
            raise _Refuse(Refusal.SECURITY_LEVEL)
        user = _signer(candidates, security, raw)
        if is_ours:
            self._require_our_time(security, user)
        else:
            self._require_its_time(known, security)
        try:
            scoped = usm.opened(user, message, security)
            content = scoped.data.value
            kind = type(scoped.data)
        except Exception as error:
            raise _Refuse(Refusal.NOT_DECRYPTED) from error
        if kind is not (InformRequest if is_ours else Trap):
            return None
        reply = self._response(user, message.header.message_id, scoped) if is_ours else None
        return told(content.varbinds, user=user.name, reply=reply)

    def _require_our_time(self, security: USMSecurityParameters, user: UsmUser) -> None:
        away_s = abs(security.authoritative_engine_time - self._own.time_at(self._monotonic()))
        if security.authoritative_engine_boots != self._own.boots or away_s > _WINDOW_S:
            raise _Refuse(Refusal.NOT_IN_WINDOW, user=user)

    def _require_its_time(
        self, known: dict[bytes, Engine], security: USMSecurityParameters
    ) -> None:
        """Refuse what is older than the window lets it be, and learn what is newer."""
        told_now = Engine(
            id=security.authoritative_engine_id,
            boots=security.authoritative_engine_boots,
            time_s=security.authoritative_engine_time,
            heard_at_s=self._monotonic(),
        )
        before = known.get(told_now.id)
        if told_now.boots >= _BOOTS_MAX or (before is not None and _is_old(told_now, before)):
            raise _Refuse(Refusal.NOT_IN_WINDOW)
        if before is None or (told_now.boots, told_now.time_s) > (before.boots, before.time_s):
            known[told_now.id] = told_now

    def _stamp(self) -> Stamp:
        time_s = self._own.time_at(self._monotonic())
        return Stamp(engine_id=self._own.id, boots=self._own.boots, time_s=time_s)

    def _response(self, user: UsmUser, message_id: int, asked: ScopedPDU) -> bytes:
        """Write what RFC 3416, 4.2.7 answers an inform with: what it said."""
        content = asked.data.value
        answer = GetResponse(PDUContent(content.request_id, content.varbinds))
        scoped = ScopedPDU(asked.context_engine_id, asked.context_name, answer)
        return usm.sealed(user, self._stamp(), message_id, scoped, reportable=False)

    def _report(self, message: Any, refused: _Refuse) -> bytes | None:  # noqa: ANN401  of the library
        if not message.header.flags.reportable:
            return None
        trouble = _TROUBLES[refused.why]
        self._reported[trouble] += 1
        count = self._reported[trouble]
        return usm.report(self._stamp(), message.header.message_id, trouble, count, refused.user)


def _signer(candidates: Sequence[UsmUser], security: USMSecurityParameters, raw: bytes) -> UsmUser:
    """Find the user of this name who signed; two agents may have one of the same name."""
    for user in candidates:
        try:
            usm.require_digest(user, security, raw)
        except NotGenuine:
            continue
        return user
    raise _Refuse(Refusal.WRONG_DIGEST)


def _is_old(told_now: Engine, before: Engine) -> bool:
    """Compare as RFC 3414, 3.2.7 b does."""
    if told_now.boots != before.boots:
        return told_now.boots < before.boots
    return told_now.time_s < before.time_at(told_now.heard_at_s) - _WINDOW_S
