"""What an operation is: its origin, and where two histories used one number, what it says.

A tablet that begins a new incarnation issues again what has no verdict, with its origin. A replica
that was rolled back in place has by then issued other operations under numbers that the server has
heard before. So a number alone does not tell whether an operation is known; number and content do.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from sync_protocol import wire
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import Moment, Operation, OperationBody

Identity = tuple[UUID, int]
"""The incarnation and the number under which an operation was first issued."""

Said = tuple[str, Moment, OperationBody]
"""What stays the same however often an operation is issued again."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that was received: what it says, None where it could not be read."""

    said: Said | None
    verdict: VerdictKind


def identity_of(incarnation: UUID, operation: Operation) -> Identity:
    """Give the lasting number of an operation that came under this incarnation."""
    if operation.origin is None:
        return incarnation, operation.dseq
    return operation.origin.incarnation, operation.origin.dseq


def origins_of(incarnation: UUID, said: Sequence[Operation]) -> list[Identity]:
    """Give the lasting numbers of the operations of a push."""
    return [identity_of(incarnation, operation) for operation in said]


def said_by(operation: Operation) -> Said:
    """Give what an operation says, without the number under which it came."""
    return operation.tx, operation.at, operation.body


def said_in(raw: bytes) -> Said | None:
    """Read what a stored operation says; None for one that cannot be read."""
    try:
        return said_by(wire.decode(raw, Operation))
    except wire.Unreadable:
        return None
