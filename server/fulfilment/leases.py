"""Leases: taking due processes, keeping them, and letting go with what came of a step.

Each function is a unit of work. A lane is held by at most one lease, which a partial unique index
enforces; here that is only foreseen, so that the index rarely has to refuse.
"""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.fulfilment import storage
from server.fulfilment.lanes import lane_of
from server.fulfilment.records import DUE, Attempt, Process, ProcessState
from server.fulfilment.steps import (
    Advance,
    CallOff,
    Finish,
    Hold,
    Outcome,
    StepName,
    Stick,
    conclude,
)
from server.jobs import queries as jobs

TAKEN_AT_ONCE_MAX: Final = 32

ReadNow = Callable[[Connection, Act], datetime]


def database_now(db: Connection, act: Act) -> datetime:
    """Read the one clock that all workers of a database share.

    On SQLite there is one process, and its own clock is that clock.
    """
    if db.dialect.name != "postgresql":
        return act.now
    # Not now(): that is when the transaction began, and a group of units may have waited since.
    return storage.read_clock(db)


class LeaseTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How long a lease lasts, and how long after its end a stalled worker's datagram may live."""

    owner: str
    lease: timedelta
    grace: timedelta
    read_now: ReadNow = database_now
    """Whose clock leases begin and end by: no worker's own, for theirs need not agree."""


def take_due(
    db: Connection, terms: LeaseTerms, *, limit: int, act: Act
) -> Written[tuple[Process, ...]]:
    """Lease what is due, one process per free lane and ``limit`` at most.

    A lease that ran out is taken over only ``grace`` after its end: until then a request of the
    stalled worker may still be on its way.
    """
    now = terms.read_now(db, act)
    due = storage.list_due(db, now, ended_by=now - terms.grace, limit=min(limit, TAKEN_AT_ONCE_MAX))
    taken: list[Process] = []
    held = set[str]()
    for process in due:
        if process.awaits_lane in held:
            continue
        leased = _lease(db, process, lane_of(db, process), held, terms, now)
        if leased is not None:
            taken.append(leased)
    return Written(tuple(taken))


def _lease(
    db: Connection,
    process: Process,
    lane: str | None,
    held: set[str],
    terms: LeaseTerms,
    now: datetime,
) -> Process | None:
    """Lease a process that is locked, unless its lane is held: then note which one it awaits."""
    leased = _leased(process, lane, terms, now)
    if lane is None:
        storage.store(db, leased)
        return leased
    if lane not in held:
        held.add(lane)
        # By another worker, or by a process that awaited it under another name, it may be held.
        with contextlib.suppress(IntegrityError), db.begin_nested():
            storage.store(db, leased)
            return leased
    storage.await_lane(db, process, lane)
    return None


def _leased(process: Process, lane: str | None, terms: LeaseTerms, now: datetime) -> Process:
    return msgspec.structs.replace(
        process,
        state=ProcessState.LEASED,
        lane=lane,
        awaits_lane=lane,
        attempt=process.attempt + 1,
        lease_owner=terms.owner,
        lease_until=now + terms.lease,
        fencing_token=process.fencing_token + 1,
        updated_at=now,
    )


def reclaim(db: Connection, *, act: Act) -> Written[int]:
    """End every lease: the start of the only process of a SQLite database, its holders are dead.

    The grace still passes before they are taken over, for datagrams that are on their way.
    """
    return Written(storage.end_leases(db, act.now), topics=DUE)


def keep(
    db: Connection, process_id: UUID, token: int, terms: LeaseTerms, *, act: Act
) -> Written[datetime]:
    """Extend a lease; answer until when.

    Raises:
        LeaseLost: the process was leased again; stop at once and send nothing more.
    """
    process = storage.require_lease(db, process_id, token=token)
    until = terms.read_now(db, act) + terms.lease
    storage.store(db, msgspec.structs.replace(process, lease_until=until))
    return Written(until)


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one step: what came of it, and what a person needs to understand it."""

    outcome: Outcome
    started_at: datetime
    jitter: float
    detail: Mapping[str, Any] = {}
    evidence_considered: int | None = None
    """How many completions the step knew of."""


class LetGo(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker has in hand after a step."""

    process: Process
    """Leased again, if its next step can begin at once."""
    next: Process | None = None
    """The one that has waited longest for the lane that is free now, leased."""


def let_go(
    db: Connection, process: Process, ran: Ran, terms: LeaseTerms, *, act: Act
) -> Written[LetGo]:
    """Store what came of a step of a leased process, with its line in the history.

    Its worker goes on at once, without another transaction: with the next step of the process if
    that is due and its lane is free; otherwise with whoever awaits the lane that the step held.

    Raises:
        LeaseLost: the process was leased again; what this run found out is not stored.
    """
    outcome = _told_of_news(db, process, ran)
    now = terms.read_now(db, act)
    after = conclude(process, outcome, now=now, jitter=ran.jitter)
    after = _store(db, process, after, terms, now)
    storage.record_attempt(
        db,
        Attempt(
            id=act.new_id(),
            process_id=process.id,
            step=process.step,
            attempt=process.attempt,
            started_at=ran.started_at,
            ended_at=act.now,
            outcome=type(ran.outcome).__name__.lower(),
            code=getattr(ran.outcome, "code", None),
            detail={**ran.detail, "detail": getattr(ran.outcome, "detail", None)},
        ),
    )
    if _is_news(process, ran.outcome):
        audit.record(
            db,
            act,
            f"process.{_verb(ran.outcome)}",
            job_id=process.job_id,
            process_id=process.id,
            detail={"step": process.step, "to": after.step, "code": after.code},
        )
    next_one = None
    if process.lane is not None and after.state is not ProcessState.LEASED:
        next_one = _hand_over(db, process.lane, terms, now)
    is_freed = process.lane is not None and after.lane != process.lane and next_one is None
    waits = after.state is ProcessState.READY
    topics = process.topics | DUE if is_freed or waits else process.topics
    return Written(LetGo(process=after, next=next_one), topics=topics)


def _hand_over(db: Connection, lane: str, terms: LeaseTerms, now: datetime) -> Process | None:
    """Lease who waits longest for a lane that this transaction has freed."""
    found = storage.find_awaiting(db, lane, now)
    # The plant may have been corrected since it was noted; whoever takes it then notes it anew.
    if found is None or lane_of(db, found) != lane:
        return None
    leased = _leased(found, lane, terms, now)
    storage.store(db, leased)
    return leased


def _store(
    db: Connection, process: Process, after: Process, terms: LeaseTerms, now: datetime
) -> Process:
    """Store how a leased process stands, leased again if its next step can begin at once."""
    # The lane of a step that is repeated is looked up when it is taken: the plant may be corrected.
    lane = process.lane if after.step == process.step else lane_of(db, after)
    after = msgspec.structs.replace(after, awaits_lane=lane)
    token = process.fencing_token
    if after.state is not ProcessState.READY or (lane is not None and storage.is_held(db, lane)):
        storage.store_leased(db, after, token=token)
        return after
    again = _leased(after, lane, terms, now)
    if lane is None or lane == process.lane:
        storage.store_leased(db, again, token=token)
        return again
    try:
        with db.begin_nested():
            storage.store_leased(db, again, token=token)
    except IntegrityError:  # another worker was faster between the look and here
        storage.store_leased(db, after, token=token)
        return after
    return again


def _told_of_news(db: Connection, process: Process, ran: Ran) -> Outcome:
    """Say what follows: what would be held or stuck looks first at evidence that came meanwhile."""
    if not isinstance(ran.outcome, Hold | Stick) or ran.evidence_considered is None:
        return ran.outcome
    # Locked before it is counted: evidence that comes later finds the process held, or stuck.
    storage.require_lease(db, process.id, token=process.fencing_token)
    if jobs.count_completions(db, process.order_item_id) <= ran.evidence_considered:
        return ran.outcome
    return Advance(step=StepName.VERIFY_EVIDENCE, progress=process.progress)


def _is_news(process: Process, outcome: Outcome) -> bool:
    """Say whether a timeline should tell it: a repeated wait for the same reason is none."""
    return getattr(outcome, "code", None) != process.code or isinstance(
        outcome, Advance | Finish | CallOff
    )


def _verb(outcome: Outcome) -> str:
    match outcome:
        case Advance():
            return "advanced"
        case Finish():
            return "finished"
        case CallOff():
            return "called_off"
        case Stick():
            return "stuck"
        case _:
            return "waiting"
