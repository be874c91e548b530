"""Reading a push: one operation at a time, and whether it continues what the device has said."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from server.sync import unknown
from server.sync.records import IncarnationHead, StoredOperation
from server.sync.refusals import SyncRefused
from sync_protocol import wire
from sync_protocol.messages import Refusal, SyncRequest
from sync_protocol.operations import Operation, OperationHead, Origin

# JSON can only escape it; two backslashes are an escaped backslash and no escape.
_NUL: Final = rb"\u0000"
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of a push: its number, its bytes, the chain after it, and what it says."""

    dseq: int
    raw: bytes
    chain: str
    operation: Operation | None
    fault: str | None
    origin: Origin | None
    """Where it was first issued; None where that is here, or cannot be read."""
    unknown_kind: str | None = None
    """Set where the operation cannot be read because its kind is not known here."""


def read_operations(request: SyncRequest) -> tuple[Received, ...]:
    """Decode the operations of a request one by one, so that one bad one spoils no other.

    Raises:
        SyncRefused: an operation without a readable number, or numbers with a gap inside.
    """
    chain = request.chain_before
    received: list[Received] = []
    for place, raw in enumerate(map(bytes, request.operations)):
        chain = wire.next_chain(chain, raw)
        received.append(_read_operation(place, raw, chain))
    for before, after in itertools.pairwise(received):
        if after.dseq != before.dseq + 1:
            raise SyncRefused(
                Refusal.GAP,
                f"operation {before.dseq} is followed by {after.dseq}; numbers have no gaps",
                expected_dseq=before.dseq + 1,
            )
    return tuple(received)


def _read_operation(place: int, raw: bytes, chain: str) -> Received:
    nul_at = find_nul(raw)
    if nul_at is not None:
        # PostgreSQL stores no NUL in text; both databases must give the same verdict.
        fault = f"a text holds a NUL character, at byte {nul_at} of the operation; none may"
        return _unread(place, raw, chain, fault)
    try:
        operation = wire.decode(raw, Operation)
    except wire.Unreadable as error:
        return _unread(place, raw, chain, str(error), unknown.find_kind(raw))
    return Received(
        dseq=operation.dseq,
        raw=raw,
        chain=chain,
        operation=operation,
        fault=None,
        origin=operation.origin,
    )


def _unread(
    place: int, raw: bytes, chain: str, fault: str, unknown_kind: str | None = None
) -> Received:
    """Account for an operation by its number, where nothing else of it can be read."""
    try:
        head = wire.decode(raw, OperationHead)
    except wire.Unreadable as error:
        raise SyncRefused(
            Refusal.BAD_REQUEST, f"operations[{place}] has no readable dseq: {error}"
        ) from error
    return Received(
        dseq=head.dseq,
        raw=raw,
        chain=chain,
        operation=None,
        fault=fault,
        origin=unknown.find_origin(raw),
        unknown_kind=unknown_kind,
    )


def find_nul(raw: bytes) -> int | None:
    r"""Find where a text in this JSON holds the character U+0000; None where none does.

    >>> find_nul(rb'"a\u0000"'), find_nul(rb'"\\u0000"')
    (2, None)
    """
    if _NUL not in raw:  # nearly always, and found out a hundred times faster than by the pattern
        return None
    found = _ESCAPED_NUL.search(raw)
    return None if found is None else found.start()


def check_continues(
    head: IncarnationHead, request: SyncRequest, received: Sequence[Received]
) -> None:
    """Check that a push continues where this incarnation stopped, or repeats what it said.

    Raises:
        SyncRefused: a gap before the first operation, or another chain at the head: two tablets
            speak as one.
    """
    if not received:
        return
    first = received[0].dseq
    if find_lost(head, request, first) is not None:
        return
    if first > head.head_dseq + 1:
        raise SyncRefused(
            Refusal.GAP,
            f"operation {first} came, {head.head_dseq + 1} is next",
            expected_dseq=head.head_dseq + 1,
        )
    if first == head.head_dseq + 1 and request.chain_before != head.chain:
        raise SyncRefused(
            Refusal.FORK,
            f"the chain before operation {first} is {request.chain_before}, ours is {head.chain}",
        )


def find_lost(head: IncarnationHead, request: SyncRequest, first: int) -> range | None:
    """Find the operations that this device names as lost for good; None where it names none.

    A server that was put back waits for them; without this it would wait for ever.
    """
    if request.lost_through is None or not head.head_dseq < request.lost_through == first - 1:
        return None
    return range(head.head_dseq + 1, first)


def check_replay(received: Iterable[Received], stored: Mapping[int, StoredOperation]) -> None:
    """Check that what is repeated is what was said.

    Raises:
        SyncRefused: an operation with a known number and another content.
    """
    for operation in received:
        known = stored.get(operation.dseq)
        if known is not None and known.chain != operation.chain:
            raise SyncRefused(
                Refusal.FORK,
                f"operation {operation.dseq} differs from the one received before: the chain after "
                f"it is {operation.chain}, ours is {known.chain}",
            )
