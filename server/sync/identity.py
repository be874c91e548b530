"""What an operation is: its origin, and where two histories used one number, what it says.

A tablet that begins a new incarnation issues again what has no verdict, with its origin. A replica
that was rolled back in place has by then issued other operations under numbers that the server has
heard before. So a number alone does not tell whether an operation is known; number and content do.
"""

from typing import Any
from uuid import UUID

import msgspec

from sync_protocol import wire
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import Moment, Operation, OperationBody, Origin

Identity = tuple[UUID, int]
"""The incarnation and the number under which an operation was first issued."""

Said = tuple[str, Moment, OperationBody] | bytes
"""What stays the same however often an operation is issued again; of one that cannot be read, such
as one of a kind that is not known here, its JSON without number and origin."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that was received, and what it says."""

    said: Said
    verdict: VerdictKind


def identity_of(incarnation: UUID, dseq: int, origin: Origin | None) -> Identity:
    """Give the lasting number of an operation that came under this incarnation."""
    return (incarnation, dseq) if origin is None else (origin.incarnation, origin.dseq)


def said_by(operation: Operation | None, raw: bytes) -> Said:
    """Give what an operation says, without the number under which it came."""
    if operation is None:
        return _without_number(raw)
    return operation.tx, operation.at, operation.body


def said_in(raw: bytes) -> Said:
    """Read what a stored operation says."""
    try:
        operation = wire.decode(raw, Operation)
    except wire.Unreadable:
        operation = None
    return said_by(operation, raw)


def _without_number(raw: bytes) -> bytes:
    try:
        fields = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw
    said = {name: value for name, value in fields.items() if name not in {"dseq", "origin"}}
    return msgspec.json.encode(said, order="deterministic")
