"""What the server answered: verdicts, and pages of the feed.

Verdicts are kept as soon as they arrive. Pages are staged and applied with the last one, in the
transaction that moves the cursor and drops the overlay of what the documents now contain; a reader
never sees half of a pull, nor an own entry vanish and come back.
"""

from datetime import datetime
from typing import assert_never

import msgspec

from field_client.replica import healing
from field_client.replica.contact import note_contact
from field_client.replica.outbox import find_chain, rewind
from field_client.replica.state import ReplicaState, get_state, measure_offset
from field_client.storage import Connection
from field_client.storage.statements import Value, fetch_all, run
from sync_protocol import wire
from sync_protocol.ids import Epoch, JobId
from sync_protocol.messages import (
    BriefingUpdated,
    Cursor,
    FeedEntry,
    IssueClosed,
    IssueRaised,
    JobEntered,
    JobLeft,
    JobUpdated,
    LeaveReason,
    OperationVerdict,
    PullPage,
    SyncRequest,
    SyncResponse,
)
from sync_protocol.operations import Moment, OperationHead
from sync_protocol.units import Counter


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer brought."""

    acked: tuple[OperationVerdict, ...] = ()
    entries: int = 0
    more: bool = False
    """True: operations are waiting or the pull is not finished."""
    healed: bool = False
    """True: the scope differed from what the server describes; the next pull is a snapshot."""
    snapshot_reason: str | None = None
    """Why the server began a snapshot with this answer."""
    upgrade: str | None = None
    """Why the server withholds the pull: this program is too old for it."""
    moved: bool = False
    """False: the next request would be this one again; to ask it at once would be a storm."""


class ForkSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The server heard operations under our number that we did not make; nothing was changed.

    A copy of this replica has spoken, or this replica is an older copy of itself. It goes on in a
    new incarnation.
    """

    detail: str


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """One kept entry of an unfinished pull."""

    entry: FeedEntry


def apply_response(
    db: Connection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Keep what an answer brought; applying the same answer again changes nothing.

    Raises:
        Unreadable: a verdict or a document is none; nothing was changed.
    """
    verdicts = tuple(wire.decode(bytes(raw), OperationVerdict) for raw in response.verdicts)
    state = get_state(db)
    if request.incarnation != state.incarnation:
        # A new one was begun while the request was under way; it answers other numbers.
        return Progress(more=True, moved=True)
    fork = _find_fork(db, state, response)
    if fork is not None:
        return fork
    measure_offset(db, response.server_time, received)
    note_contact(db, response.server_time, received)
    run(db, "replica_durable", dseq=response.durable_dseq)
    acked = ()
    if request.chain_before == state.acked_chain:
        acked = _acknowledge(db, state, request, (response, verdicts))
    heals = healing.get_check(db).heals
    # Where the pull is withheld nothing is settled: what was entered here goes on showing.
    entries = 0 if response.upgrade else _pull(db, request, response, received)
    healed = healing.get_check(db).heals > heals
    run(db, "jobs_purge")
    after = get_state(db)
    return Progress(
        acked=acked,
        entries=entries,
        more=response.pull.more or after.acked_dseq < after.head_dseq or healed,
        healed=healed,
        snapshot_reason=response.pull.snapshot_reason,
        upgrade=None if response.upgrade is None else response.upgrade.detail,
        moved=_place(after) != _place(state) or _was_overtaken(request, after),
    )


def _place(state: ReplicaState) -> tuple[object, ...]:
    return state.epoch, state.acked_dseq, state.settled_dseq, state.position


def _was_overtaken(request: SyncRequest, after: ReplicaState) -> bool:
    """Say whether work waits that was entered while a request without any was under way.

    A request with operations that got no verdict is not overtaken: it would be sent again.
    """
    return not request.operations and after.acked_dseq < after.head_dseq


def _find_fork(db: Connection, state: ReplicaState, response: SyncResponse) -> ForkSeen | None:
    if response.acked_dseq > state.head_dseq:
        return ForkSeen(
            detail=f"the server has operation {response.acked_dseq}, "
            f"this tablet has made {state.head_dseq}"
        )
    ours = find_chain(db, response.acked_dseq)
    if ours is not None and ours != response.chain:
        return ForkSeen(detail=f"the operations up to {response.acked_dseq} differ")
    return None


def _acknowledge(
    db: Connection,
    state: ReplicaState,
    request: SyncRequest,
    answer: tuple[SyncResponse, tuple[OperationVerdict, ...]],
) -> tuple[OperationVerdict, ...]:
    """Store the verdicts of what was sent and move the mark over those that are all there."""
    response, verdicts = answer
    if response.acked_dseq < state.acked_dseq:
        # A server restored from a backup: it will get again what it lost.
        rewind(db, response.acked_dseq + 1)
        return ()
    by_dseq = {
        verdict.dseq: (verdict, raw)
        for verdict, raw in zip(verdicts, response.verdicts, strict=True)
    }
    acked: list[OperationVerdict] = []
    for raw_operation in request.operations:
        dseq = wire.decode(bytes(raw_operation), OperationHead).dseq
        if dseq > response.acked_dseq or dseq not in by_dseq:
            break
        verdict, raw = by_dseq[dseq]
        _store_verdict(db, verdict, bytes(raw), response.server_time)
        acked.append(verdict)
    if acked:
        _move_ack(db, acked[-1].dseq)
    return tuple(acked)


def _move_ack(db: Connection, dseq: Counter) -> None:
    chain = find_chain(db, dseq)
    run(db, "replica_advance_ack", dseq=dseq, chain=chain)


def _store_verdict(
    db: Connection, verdict: OperationVerdict, raw: bytes, server_time: datetime
) -> None:
    run(
        db,
        "operation_verdict",
        dseq=verdict.dseq,
        verdict=raw,
        kind=verdict.verdict,
        code=verdict.code,
        at=server_time.isoformat(),
    )


def _pull(db: Connection, request: SyncRequest, response: SyncResponse, received: Moment) -> int:
    """Stage a page, or apply it with all that are staged. A page that is not next is left out."""
    before, page = get_state(db), response.pull
    if before.epoch != response.epoch:
        _enter_epoch(db, before.epoch, response.epoch)
    state = get_state(db)
    # A cursor of another epoch means nothing here; the next request asks from the start.
    if request.cursor != state.position and not (page.snapshot and before.epoch != state.epoch):
        return 0
    if page.snapshot:
        # The server begins anew; what an unfinished pull brought before may be of no scope now.
        run(db, "staged_clear")
    if page.more:
        _stage(db, state, page)
        return 0
    entries = (*_staged(db), *page.entries)
    _apply(db, entries)
    if page.snapshot or state.staged_snapshot:
        _drop_absent(db, entries)
    run(db, "staged_clear")
    run(db, "replica_pulled", cursor=_cursor_bytes(page.cursor or state.position))
    run(db, "replica_settle", dseq=response.acked_dseq)
    run(db, "past_settle")
    if page.digest is not None or request.check_scope:
        healing.check(db, page.digest, received)
    return len(entries)


def _enter_epoch(db: Connection, before: Epoch | None, epoch: Epoch) -> None:
    """Begin the pull anew: the server is another one, or was put back to a backup."""
    if before is not None:
        # It may have lost files too; each is asked for before it is sent.
        run(db, "blobs_asked_again")
        # What it has may have come again from a copy, or late, and been judged otherwise: all that
        # is held is sent again, for the verdicts of this life.
        rewind(db, get_state(db).forgotten_dseq + 1)
    run(db, "replica_new_epoch", epoch=str(epoch))
    run(db, "staged_clear")


def _stage(db: Connection, state: ReplicaState, page: PullPage) -> None:
    for entry in page.entries:
        run(db, "staged_add", entry=wire.encode(Staged(entry=entry)))
    is_snapshot = int(page.snapshot or state.staged_snapshot)
    run(db, "replica_stage", cursor=_cursor_bytes(page.cursor), is_snapshot=is_snapshot)


def _staged(db: Connection) -> tuple[FeedEntry, ...]:
    return tuple(wire.decode(row["entry"], Staged).entry for row in fetch_all(db, "staged"))


def _cursor_bytes(cursor: Cursor | None) -> bytes | None:
    return None if cursor is None else wire.encode(cursor)


def _apply(db: Connection, entries: tuple[FeedEntry, ...]) -> None:
    for entry in entries:
        match entry:
            case JobEntered() | JobUpdated():
                run(db, "job_store", id=str(entry.document.id), document=bytes(entry.job))
            case JobLeft():
                _leave(db, entry.job_id, entry.reason)
            case IssueRaised():
                run(db, "issue_store", **_issue_columns(entry))
            case IssueClosed():
                run(db, "issue_close", id=str(entry.issue_id))
            case BriefingUpdated():
                whose = str(entry.document.technician_id)
                run(db, "briefing_store", id=whose, document=bytes(entry.briefing))
            case _:
                assert_never(entry)


def _leave(db: Connection, job_id: JobId, reason: str) -> None:
    """Mark a job as gone; ``jobs_purge`` removes it as soon as nothing of it is pending."""
    run(db, "job_linger", id=str(job_id), reason=reason)


def _issue_columns(entry: IssueRaised) -> dict[str, Value]:
    issue = entry.document
    return {
        "id": str(issue.id),
        "job_id": None if issue.job_id is None else str(issue.job_id),
        "document": bytes(entry.issue),
    }


def _drop_absent(db: Connection, entries: tuple[FeedEntry, ...]) -> None:
    """After a snapshot, what it did not name is out of scope."""
    jobs = {
        str(entry.document.id) for entry in entries if isinstance(entry, JobEntered | JobUpdated)
    }
    for row in fetch_all(db, "jobs"):
        if row["id"] not in jobs and row["left_reason"] is None:
            run(db, "job_linger", id=row["id"], reason=LeaveReason.REASSIGNED)
    issues = {str(entry.document.id) for entry in entries if isinstance(entry, IssueRaised)}
    for row in fetch_all(db, "issues"):
        if row["id"] not in issues:
            run(db, "issue_close", id=row["id"])
    briefings = {
        str(entry.document.technician_id) for entry in entries if isinstance(entry, BriefingUpdated)
    }
    for row in fetch_all(db, "briefings"):
        if row["id"] not in briefings:
            run(db, "briefing_drop", id=row["id"])
