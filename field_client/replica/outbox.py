"""What was done here and has to be told: operations numbered without gaps, chained, kept.

Numbers, chain and rows are written in one transaction, so a crash leaves all operations of a ``tx``
or none. An operation's bytes are made once and sent the same ever after.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from field_client.replica.state import ReplicaState, get_state
from field_client.storage import Connection, StoredBlob
from field_client.storage.statements import Value, fetch_all, fetch_row, find_row, run
from sync_protocol import evidence, wire
from sync_protocol.messages import OPERATIONS_PER_PUSH_MAX, PROTOCOL_VERSION, SyncRequest
from sync_protocol.operations import (
    CompleteJob,
    GiveUpJob,
    Moment,
    MoveJob,
    Operation,
    OperationBody,
    RecordCapture,
    SerialScan,
    SetField,
)
from sync_protocol.units import Counter, Sha256Hex

PUSH_BYTES_MAX: Final = 900_000
"""Less than a compressed body may hold, so that no push meets the limit however badly it packs."""
KEPT_FOR: Final = timedelta(days=30)
"""How long an acknowledged operation is kept where no backup horizon is known."""

_KINDS: Final[dict[type[OperationBody], str]] = {
    RecordCapture: "capture",
    MoveJob: "move",
    SetField: "set_field",
    CompleteJob: "complete",
    GiveUpJob: "give_up",
}


class Pen(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry is made with: the moment, and where new ids and salts come from."""

    at: Moment
    new_id: Callable[[], UUID]
    new_salt: Callable[[], str]


class PendingOperation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as it is waiting to be sent."""

    dseq: Counter
    tx: str
    raw: bytes


def stamp(db: Connection, pen: Pen) -> Moment:
    """Complete the moment of an entry with the server offset as last measured."""
    return msgspec.structs.replace(pen.at, server_offset_ms=get_state(db).server_offset_ms)


def record_operations(
    db: Connection, pen: Pen, bodies: Sequence[OperationBody]
) -> tuple[Operation, ...]:
    """Number operations that belong together, chain them and keep them."""
    state = get_state(db)
    # It tells neighbours in the queue apart and travels with every operation: six digits will do.
    tx, at = pen.new_id().hex[-6:], stamp(db, pen)
    operations = tuple(
        Operation(dseq=state.head_dseq + number, tx=tx, at=at, body=body)
        for number, body in enumerate(bodies, start=1)
    )
    chain = state.head_chain
    for operation in operations:
        chain = keep(db, chain, operation)
    run(db, "replica_advance_head", dseq=state.head_dseq + len(operations), chain=chain)
    return operations


def keep(db: Connection, chain: Sha256Hex, operation: Operation) -> Sha256Hex:
    """Keep an operation as it will be sent for ever; the chain after it."""
    raw = wire.encode(operation)
    chain = wire.next_chain(chain, raw)
    run(db, "operation_add", chain=chain, raw=raw, **_columns(operation))
    return chain


def record_operation(db: Connection, pen: Pen, body: OperationBody) -> Operation:
    """Record one operation by itself."""
    return record_operations(db, pen, (body,))[0]


def expect_blob(db: Connection, pen: Pen, body: RecordCapture, stored: StoredBlob) -> None:
    """Note that a file, already on the disk, has to be uploaded."""
    run(
        db,
        "blob_add",
        sha256=stored.sha256,
        job_id=str(body.job_id),
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
        recorded_at=pen.at.wall.isoformat(),
    )


def has_unsent(db: Connection) -> bool:
    """Say whether operations wait for a verdict."""
    state = get_state(db)
    return state.acked_dseq < state.head_dseq


def next_push(
    db: Connection,
    clock: Moment,
    app_version: str,
    *,
    operations_max: int = OPERATIONS_PER_PUSH_MAX,
) -> SyncRequest:
    """Make the next request: the oldest operations without a verdict, and where the pull stands.

    Asking again before an answer came gives the same operations, byte for byte.
    """
    state = get_state(db)
    rows = fetch_all(
        db, "operations_pending", acked_dseq=state.acked_dseq, count_max=operations_max + 1
    )
    pending = [msgspec.convert(dict(row), PendingOperation) for row in rows]
    chosen = fit_push(pending, count_max=operations_max, bytes_max=PUSH_BYTES_MAX)
    return SyncRequest(
        protocol=PROTOCOL_VERSION,
        app_version=app_version,
        incarnation=state.incarnation,
        chain_before=state.acked_chain,
        clock=msgspec.structs.replace(clock, server_offset_ms=state.server_offset_ms),
        operations=tuple(msgspec.Raw(operation.raw) for operation in chosen),
        epoch=state.epoch,
        cursor=state.position,
    )


def fit_push(
    pending: Sequence[PendingOperation], *, count_max: int, bytes_max: int
) -> tuple[PendingOperation, ...]:
    """Choose how many go at once: whole transactions, within the limits.

    A first transaction that is too large by itself goes up to the count that a message can hold,
    for something must always go forward.
    """
    size, whole = 0, 0
    for index, operation in enumerate(pending[:count_max]):
        size += len(operation.raw)
        if size > bytes_max and whole:
            break
        ends = index + 1 == len(pending) or pending[index + 1].tx != operation.tx
        whole = index + 1 if ends else whole
    return tuple(pending[: whole or count_max])


def rewind(db: Connection, expected_dseq: Counter) -> bool:
    """Go back to what the server expects next, after it lost what it had acknowledged.

    False, and nothing changed, when there is nothing to go back over, or it is not held any more.
    """
    state = get_state(db)
    before = expected_dseq - 1
    if not 0 <= before < state.acked_dseq or not _is_held(db, state, expected_dseq):
        return False
    chain = wire.first_chain(state.incarnation) if before == 0 else find_chain(db, before)
    if chain is None:
        return False
    run(db, "replica_advance_ack", dseq=before, chain=chain)
    return True


def find_chain(db: Connection, dseq: Counter) -> str | None:
    """Give the chain value after an operation; None when it is not held."""
    if dseq == 0:
        return wire.first_chain(get_state(db).incarnation)
    row = find_row(db, "operation_chain", dseq=dseq)
    return None if row is None else str(row["chain"])


def forget_old(db: Connection, now: datetime) -> int:
    """Drop what is settled, older than ``KEPT_FOR``, and of a job that is no longer here.

    The age is counted by the server's clock, as last measured: one of this tablet that was set
    right by a year would drop everything at once.
    """
    state = get_state(db)
    server_now = now + timedelta(milliseconds=state.server_offset_ms or 0)
    before = (server_now - KEPT_FOR).isoformat()
    return run(db, "operations_forget", before=before, settled_dseq=state.settled_dseq) + run(
        db, "past_forget", before=before
    )


def _is_held(db: Connection, state: ReplicaState, dseq: Counter) -> bool:
    if dseq > state.head_dseq:
        return dseq == state.head_dseq + 1
    first = fetch_row(db, "operation_first_kept")["dseq"]
    return first is not None and int(first) <= dseq


def _columns(operation: Operation) -> dict[str, Value]:
    body = operation.body
    columns: dict[str, Value] = {
        "dseq": operation.dseq,
        "tx": operation.tx,
        "job_id": str(body.job_id),
        "kind": _KINDS[type(body)],
        "recorded_at": operation.at.wall.isoformat(),
        "capture_id": None,
        "capture_digest": None,
        "serial": None,
    }
    if isinstance(body, RecordCapture):
        columns["capture_id"] = str(body.capture.id)
        columns["capture_digest"] = evidence.capture_digest(body.capture)
        if isinstance(body.capture.body, SerialScan):
            columns["serial"] = body.capture.body.serial
    return columns
