"""How a request becomes a datagram and its reply an answer: with communities, or as a user of v3.

All errors of puresnmp become values here and nowhere else.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

from puresnmp import credentials as library_credentials
from puresnmp import exc as library_errors
from puresnmp.pdu import PDU, EndOfMibView, NoSuchInstance, NoSuchObject, PDUContent
from puresnmp.plugins import mpm
from x690.exc import X690Error
from x690.types import Integer, OctetString

from activation import usm
from activation.snmp import (
    V3,
    Denied,
    ErrorStatus,
    Oid,
    Secret,
    SnmpError,
    SnmpValue,
    Unintelligible,
)
from activation.usm import Engine, NotGenuine, Reported, Trouble
from activation.usm_user import UsmUser

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

Bindings = Sequence[tuple[Oid, SnmpValue | None]]
Send = Callable[[bytes], Awaitable[bytes | SnmpError]]
"""Sends a datagram as often as its kind of request may be, and waits for what comes back."""


class Conversation(Protocol):
    """One way to talk to one agent."""

    async def ask(
        self, build: Callable[[int], PDU], send: Send, *, is_write: bool
    ) -> Bindings | SnmpError:
        """Send a request and read its reply; a write goes out again only if it was not done."""
        ...


class CommunityConversation:
    """SNMP v2c."""

    def __init__(self, community: Secret, first_request_id: int) -> None:
        self._credentials = library_credentials.V2C(community.reveal())
        # Untyped in the library; the two methods used are wrapped below.
        self._processing: Any = mpm.create(self._credentials.mpm, _no_discovery, {})
        self._ids = itertools.count(first_request_id)

    async def ask(
        self, build: Callable[[int], PDU], send: Send, *, is_write: bool
    ) -> Bindings | SnmpError:
        """Send a request under a community."""
        del is_write  # an agent that refuses a community is silent, so nothing is ever repeated
        request_id = next(self._ids) % 2**31
        packet, _ = await self._processing.encode(
            request_id, self._credentials, b"", b"", build(request_id)
        )
        raw = await send(bytes(packet))
        return self._decoded(request_id, raw) if isinstance(raw, bytes) else raw

    def _decoded(self, request_id: int, raw: bytes) -> Bindings | SnmpError:
        try:
            content: PDUContent = self._processing.decode(raw, self._credentials).value
            return _bindings(request_id, content)
        except library_errors.ErrorResponse as error:
            return _status(error)
        except _DECODING_ERRORS as error:
            return Unintelligible(detail=f"{type(error).__name__}: {error}")


class UserConversation:
    """SNMP v3, signed and encrypted.

    What the agent's clock shows is counted on from when it was last heard, and what it proves to
    show is believed at once, so that neither age nor a restart of the agent ends a conversation.

    Raises:
        MethodUnsupported: the credentials ask for a method that is not known.
    """

    def __init__(
        self,
        credentials: V3,
        first_request_id: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._user = UsmUser(credentials)
        self._ids = itertools.count(first_request_id)
        self._monotonic = monotonic
        self._engine: Engine | None = None
        self._is_proven = False
        """Whether the engine's clock was signed; what a discovery brings is not."""
        self._discovering = asyncio.Lock()

    async def ask(
        self, build: Callable[[int], PDU], send: Send, *, is_write: bool
    ) -> Bindings | SnmpError:
        """Send a request as the user; once more if the agent proves that it did nothing."""
        told: Bindings | SnmpError | Reported = Unintelligible(detail="nothing was asked")
        for _ in range(2):
            engine = await self._known_engine(send)
            if not isinstance(engine, Engine):
                return engine
            told = await self._ask_once(engine, build, send)
            if not isinstance(told, Reported):
                return told
            if not self._is_to_be_repeated(told, is_write=is_write):
                break
        return _refusal(told) if isinstance(told, Reported) else told

    async def _known_engine(self, send: Send) -> Engine | SnmpError:
        """Ask for the engine at the first request; those that come meanwhile wait for it."""
        async with self._discovering:
            if self._engine is None:
                message_id = next(self._ids) % 2**31
                raw = await send(usm.discovery(message_id))
                if not isinstance(raw, bytes):
                    return raw
                try:
                    self._engine = usm.engine_of(message_id, raw, self._monotonic())
                except (NotGenuine, *_DECODING_ERRORS) as error:
                    return Unintelligible(detail=f"{type(error).__name__}: {error}")
            return self._engine

    async def _ask_once(
        self, engine: Engine, build: Callable[[int], PDU], send: Send
    ) -> Bindings | SnmpError | Reported:
        request_id = next(self._ids) % 2**31
        now_s = self._monotonic()
        raw = await send(usm.request(self._user, engine, request_id, build(request_id), now_s))
        if not isinstance(raw, bytes):
            return raw
        try:
            heard = usm.reply(self._user, engine, request_id, raw, self._monotonic())
            self._learn(heard.engine)
            if isinstance(heard.content, Reported):
                return heard.content
            return _bindings(request_id, heard.content)
        except library_errors.ErrorResponse as error:
            return _status(error)
        except (NotGenuine, *_DECODING_ERRORS) as error:
            return Unintelligible(detail=f"{type(error).__name__}: {error}")

    def _learn(self, heard: Engine | None) -> None:
        """Believe a clock that was proven, unless it is older than what was proven before."""
        if heard is None or self._engine is None or heard.id != self._engine.id:
            return
        # RFC 3414, 3.2.7 b: compared with what was received, not with what we counted up to.
        received = (self._engine.boots, self._engine.time_s)
        if (heard.boots, heard.time_s) >= received or not self._is_proven:
            self._engine, self._is_proven = heard, True

    def _is_to_be_repeated(self, told: Reported, *, is_write: bool) -> bool:
        """Say whether asking again may help, and is safe."""
        match told.trouble:
            case Trouble.NOT_IN_WINDOW if told.is_authentic:
                return True  # its clock was learned from this very report
            case Trouble.NOT_IN_WINDOW | Trouble.UNKNOWN_ENGINE:
                # Anybody may have said so: the engine is asked for again, a write is not repeated.
                self._engine, self._is_proven = None, False
                return not is_write
            case _:
                return False


def _refusal(told: Reported) -> SnmpError:
    if told.trouble in {Trouble.NOT_IN_WINDOW, Trouble.UNKNOWN_ENGINE}:
        return Unintelligible(detail=f"the agent reports: {told.trouble.value}")
    return Denied(detail=f"the agent reports: {told.trouble.value}")


def _bindings(request_id: int, content: PDUContent) -> Bindings | SnmpError:
    if content.request_id != request_id:
        return Unintelligible(detail="the reply belongs to another request")
    return [(bind.oid.value, _decoded(bind.value)) for bind in content.varbinds]


def _status(error: library_errors.ErrorResponse) -> ErrorStatus:
    return ErrorStatus(status=error.error_status, oid=str(error.offending_oid.value) or None)


def _no_discovery(_packet: bytes) -> Awaitable[bytes]:
    raise AssertionError("v2c discovers nothing")


def encoded(value: int | bytes) -> Any:  # noqa: ANN401  the library's types share no useful base
    """Give a value as the library encodes it."""
    return Integer(value) if isinstance(value, int) else OctetString(value)


def _decoded(value: Any) -> SnmpValue | None:  # noqa: ANN401  as above
    if isinstance(value, _ABSENT):
        return None
    plain = value.value
    if isinstance(plain, int | bytes | str):
        return plain
    raise TypeError(f"{type(value).__name__} is a type that no driver asks for")
