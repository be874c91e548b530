"""Leases: taking due processes, keeping them, and letting go with what came of a step.

Each function is a unit of work. A lane is held by at most one lease, which a partial unique index
enforces; here that is only foreseen, so that the index is rarely asked.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
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
from server.fulfilment.records import Attempt, Process, ProcessState
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
    held = set(storage.leased_lanes(db))
    taken: list[Process] = []
    for process in storage.list_due(db, now, held=held, limit=min(limit, TAKEN_AT_ONCE_MAX)):
        if process.state is ProcessState.LEASED:
            if process.lease_until is None or process.lease_until + terms.grace > now:
                continue
            held.discard(process.lane or "")
        leased = _lease(db, process, held, terms, now)
        if leased is not None:
            taken.append(leased)
            held.add(leased.lane or "")
    return Written(tuple(taken))


def _lease(
    db: Connection, process: Process, held: AbstractSet[str], terms: LeaseTerms, now: datetime
) -> Process | None:
    """Lease a process unless its lane is held; between workers the index decides."""
    lane = lane_of(db, process)
    if lane is not None and lane in held:
        if process.awaits_lane != lane:
            storage.await_lane(db, process, lane)
        return None
    leased = msgspec.structs.replace(
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
    try:
        with db.begin_nested():
            storage.store(db, leased)
    except IntegrityError:
        return None
    return leased


def reclaim(db: Connection, *, act: Act) -> Written[int]:
    """End every lease: the start of the only process of a SQLite database, its holders are dead.

    The grace still passes before they are taken over, for datagrams that are on their way.
    """
    return Written(storage.end_leases(db, act.now), topics=frozenset({"processes"}))


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


def let_go(
    db: Connection, leased: Process, ran: Ran, terms: LeaseTerms, *, act: Act
) -> Written[Process]:
    """Store what came of a step, with its line in the history.

    A process whose next step is due at once is leased again in the same transaction, if the lane is
    free: what is answered is then leased, and its holder goes on.

    Raises:
        LeaseLost: the process was leased again; what this run found out is not stored.
    """
    process = storage.require_lease(db, leased.id, token=leased.fencing_token)
    now = terms.read_now(db, act)
    after = conclude(process, _told_of_news(db, process, ran), now=now, jitter=ran.jitter)
    after = msgspec.structs.replace(after, awaits_lane=lane_of(db, after))
    storage.store_leased(db, after, token=leased.fencing_token)
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
    goes_on = after.state is ProcessState.READY
    again = _lease(db, after, storage.leased_lanes(db), terms, now) if goes_on else None
    return Written(again or after, topics=process.topics)


def _told_of_news(db: Connection, process: Process, ran: Ran) -> Outcome:
    """Say what follows: what would be held or stuck looks first at evidence that came meanwhile."""
    overlooked = (
        isinstance(ran.outcome, Hold | Stick)
        and ran.evidence_considered is not None
        and jobs.count_completions(db, process.order_item_id) > ran.evidence_considered
    )
    if not overlooked:
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
