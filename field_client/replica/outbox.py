"""What was done here and has to be told: operations numbered without gaps, chained, kept.

Numbers, chain and rows are written in one transaction, so a crash leaves all operations of a ``tx``
or none. An operation's bytes are made once and sent the same ever after.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from field_client.position import Position
from field_client.replica import healing
from field_client.replica.state import ReplicaState, get_state, server_time
from field_client.storage import Connection, StoredBlob
from field_client.storage.statements import Value, fetch_all, fetch_row, find_row, run
from sync_protocol import evidence, wire
from sync_protocol.ids import JobId
from sync_protocol.messages import OPERATIONS_PER_PUSH_MAX, PROTOCOL_VERSION, SyncRequest
from sync_protocol.operations import (
    AnswerIssue,
    CompleteJob,
    CreateJob,
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
"""How long an acknowledged operation is kept, in a backup or not: the newest may be unreadable."""

_KINDS: Final[dict[type[OperationBody], str]] = {
    RecordCapture: "capture",
    MoveJob: "move",
    SetField: "set_field",
    CompleteJob: "complete",
    GiveUpJob: "give_up",
    CreateJob: "create_job",
    AnswerIssue: "answer_issue",
}


class Pen(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry is made with: the moment and place, and where new ids and salts come from."""

    at: Moment
    new_id: Callable[[], UUID]
    new_salt: Callable[[], str]
    positions: Mapping[JobId, Position] = {}
    """Where the tablet is, as far as it was told for a job and that is not long ago."""


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
    protocol: int = PROTOCOL_VERSION,
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
        protocol=protocol,
        app_version=app_version,
        incarnation=state.incarnation,
        chain_before=state.acked_chain,
        clock=msgspec.structs.replace(clock, server_offset_ms=state.server_offset_ms),
        operations=tuple(msgspec.Raw(operation.raw) for operation in chosen),
        epoch=state.epoch,
        cursor=state.position,
        check_scope=healing.is_check_due(db, clock),
        healed=healing.get_check(db).heals,
        lost_through=state.forgotten_dseq if state.acked_dseq == state.forgotten_dseq else None,
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

    What is held no more is passed over; ``next_push`` then names it. False, and nothing changed,
    when there is nothing to go back over.
    """
    state = get_state(db)
    before = max(expected_dseq - 1, state.forgotten_dseq)
    if not expected_dseq - 1 <= before < state.acked_dseq:
        return False
    chain = find_chain(db, before)
    if chain is None:
        return False
    run(db, "replica_advance_ack", dseq=before, chain=chain)
    return True


def find_chain(db: Connection, dseq: Counter) -> str | None:
    """Give the chain value after an operation; None when it is not held."""
    if dseq == 0:
        return wire.first_chain(get_state(db).incarnation)
    state = get_state(db)
    if dseq == state.forgotten_dseq:
        return state.forgotten_chain
    row = find_row(db, "operation_chain", dseq=dseq)
    return None if row is None else str(row["chain"])


def forget_old(db: Connection, now: datetime) -> int:
    """Drop what is settled, older than ``KEPT_FOR``, and of a job that is no longer here.

    Where the server makes backups, what is in none of them is kept however old it is.
    """
    state = get_state(db)
    before = (server_time(db, now) - KEPT_FOR).isoformat()
    forgotten = run(db, "past_forget", before=before)
    last = fetch_row(db, "operation_last_old", before=before, kept_after=_last_safe(state))["dseq"]
    if last is None:
        return forgotten
    run(db, "replica_forget", dseq=last, chain=find_chain(db, last))
    return forgotten + run(db, "operations_forget", dseq=last)


def _last_safe(state: ReplicaState) -> Counter:
    if state.durable_dseq is None:
        return state.settled_dseq
    return min(state.settled_dseq, state.durable_dseq)


def _columns(operation: Operation) -> dict[str, Value]:
    body = operation.body
    columns: dict[str, Value] = {
        "dseq": operation.dseq,
        "tx": operation.tx,
        "job_id": "" if body.job_id is None else str(body.job_id),
        "kind": _KINDS[type(body)],
        "recorded_at": operation.at.wall.isoformat(),
        "capture_id": None,
        "capture_digest": None,
        "serial": None,
        "issue_id": str(body.issue_id) if isinstance(body, AnswerIssue) else None,
    }
    if isinstance(body, RecordCapture):
        columns["capture_id"] = str(body.capture.id)
        columns["capture_digest"] = evidence.capture_digest(body.capture)
        if isinstance(body.capture.body, SerialScan):
            columns["serial"] = body.capture.body.serial
    return columns
