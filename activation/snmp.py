"""What a driver needs of SNMP, and nothing of any SNMP library.

A session answers values: what it read, or an ``SnmpError`` that says what kind of silence or
refusal it met. Whether a write took effect is a question that only reading back can answer, so a
session never repeats a write and never guesses.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

Oid = str
"""Dotted decimals without a leading dot, like ``1.3.6.1.2.1.1.1.0``."""

SnmpValue = int | bytes | str
"""An integer of any kind, an octet string, or an object identifier as text."""


class Secret:
    """A text that shows itself only to ``reveal``; its repr is ``***``."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text, to be handed to a library and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class V2c(msgspec.Struct, frozen=True, kw_only=True, tag="v2c"):
    """Communities of SNMP v2c."""

    read_community: Secret
    write_community: Secret | None = None
    """None: the read community may write, too."""


AuthMethod = Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
PrivMethod = Literal["des", "aes", "aes192", "aes256", "aes192-reeder", "aes256-reeder"]


class V3(msgspec.Struct, frozen=True, kw_only=True, tag="v3"):
    """A user of SNMP v3 (USM, authPriv), who may read or write as the agent has it."""

    user: str
    auth_method: str
    """One of ``usm_user.AUTH_METHODS``, like ``sha256``."""
    auth_key: Secret
    """A password of eight characters or more, as the agent was told."""
    priv_method: str
    """One of ``usm_user.PRIV_METHODS``, like ``aes256``; ``aes`` has 128 bits."""
    priv_key: Secret


Credentials = V2c | V3


class SnmpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How patient and how busy a session is."""

    timeout_ms: Annotated[int, Meta(ge=10, le=60_000)] = 2_000
    """For one attempt; a write has one, a read has ``read_attempts``."""
    read_attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    in_flight_max: Annotated[int, Meta(ge=1, le=16)] = 4
    """Requests to one OLT at a time; its management CPU is small."""
    walk_rows_max: Annotated[int, Meta(ge=1)] = 20_000
    """A longer walk is cut off and says so."""


class Status(enum.IntEnum):
    """The values of error-status, RFC 3416 §3."""

    TOO_BIG = 1
    NO_SUCH_NAME = 2
    BAD_VALUE = 3
    READ_ONLY = 4
    GEN_ERR = 5
    NO_ACCESS = 6
    WRONG_TYPE = 7
    WRONG_LENGTH = 8
    WRONG_ENCODING = 9
    WRONG_VALUE = 10
    NO_CREATION = 11
    INCONSISTENT_VALUE = 12
    RESOURCE_UNAVAILABLE = 13
    COMMIT_FAILED = 14
    UNDO_FAILED = 15
    AUTHORIZATION_ERROR = 16
    NOT_WRITABLE = 17
    INCONSISTENT_NAME = 18


class NoAnswer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Sent, and silence. A write may or may not have been done."""

    waited_ms: int

    def __str__(self) -> str:
        return f"no answer within {self.waited_ms} ms"


class NotSent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Nothing listens there, or there is no way there: nothing was done."""

    detail: str

    def __str__(self) -> str:
        return self.detail


class ErrorStatus(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The agent's own refusal, RFC 3416 §3."""

    status: int
    oid: Oid | None
    """The value that it refuses, when it says which."""

    def __str__(self) -> str:
        names = {status.value: status.name.lower() for status in Status}
        return names.get(self.status, f"error status {self.status}")


class Denied(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The agent knows no such user, or another key of theirs; it says that nothing was done."""

    detail: str

    def __str__(self) -> str:
        return self.detail


class Unintelligible(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An answer that is no answer to what was asked. A write may have been done."""

    detail: str

    def __str__(self) -> str:
        return self.detail


SnmpError = NoAnswer | NotSent | ErrorStatus | Denied | Unintelligible


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a read; None where the agent has no such object or instance."""

    values: Mapping[Oid, SnmpValue | None]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a walked column."""

    index: tuple[int, ...]
    """What follows the OID that was walked."""
    value: SnmpValue


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """The rows below an OID, in the agent's order."""

    rows: tuple[Row, ...]
    stopped_by: SnmpError | None = None
    """Why it ended early; None when it was read to its end."""

    @property
    def complete(self) -> bool:
        """Whether a row that is not here may be called absent."""
        return self.stopped_by is None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The agent says that it did it. Read it back all the same."""


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a write."""

    oid: Oid
    value: int | bytes


class SnmpSession(Protocol):
    """A conversation with one agent."""

    @property
    def peer(self) -> str:
        """Where it talks to, as ``host:port``, for messages."""
        ...

    async def get_many(self, oids: Sequence[Oid]) -> Answer | SnmpError:
        """Read scalars and cells in one round trip; lost datagrams are sent again."""
        ...

    async def bulk_walk(self, column: Oid, *, bulk_size: int) -> Walk:
        """Read all below an OID, ``bulk_size`` rows per round trip."""
        ...

    async def set_many(self, bindings: Sequence[Binding]) -> Written | SnmpError:
        """Write all or nothing in one request that is sent once, whatever happens."""
        ...
