"""Storing processes: starting, leasing, going on, and the history of attempts.

Every write after a lease carries its fencing token: a worker that was stalled past its lease finds
its token outdated and changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.database.prepared import Prepared
from server.database.rows import to_record, to_records, to_row
from server.database.tables.fulfilment import inbox_items, process_attempts, processes
from server.database.types import UtcDateTime
from server.fulfilment.records import DUE_STATES, Attempt, InboxItem, Process, ProcessState
from server.problems import NotFound


class LeaseLost(RuntimeError):
    """Another worker has the process by now; nothing was written, and nothing more may be sent."""


def add_process(db: sa.Connection, process: Process) -> bool:
    """Start a process unless its effect has one; say whether it was started."""
    # Asked for what it stored: drivers do not count the rows of such an insert alike.
    return bool(_ADD_ONCE.rows(db, to_row(process)))


def find_ahead(db: sa.Connection, service_id: UUID, *, of: Process | None = None) -> Process | None:
    """Find the oldest process of a service that is not done: of all, or of those before one."""
    statement = sa.select(processes).where(
        processes.c.service_id == service_id,
        processes.c.state.not_in((ProcessState.DONE, ProcessState.CANCELLED)),
    )
    if of is not None:
        before = sa.tuple_(processes.c.created_at, processes.c.id) < sa.tuple_(
            sa.literal(of.created_at, UtcDateTime()), sa.literal(of.id, sa.Uuid())
        )
        statement = statement.where(before)
    oldest = statement.order_by(processes.c.created_at, processes.c.id).limit(1)
    row = db.execute(oldest).one_or_none()
    return None if row is None else to_record(row, Process)


def find_of_item(db: sa.Connection, order_item_id: UUID) -> Process | None:
    """Find the process that an order without a visit started."""
    of_item = sa.select(processes).where(processes.c.order_item_id == order_item_id)
    row = db.execute(of_item).one_or_none()
    return None if row is None else to_record(row, Process)


def look_again(db: sa.Connection, order_item_id: UUID, now: datetime) -> None:
    """Let what was held or stuck for want of evidence look at what has arrived since.

    Whatever its state the process is locked: a step that is just ending either sees the evidence of
    this transaction (``leases.let_go`` counts) or has ended before, and is seen here.
    """
    of_item = sa.select(processes.c.id).where(processes.c.order_item_id == order_item_id)
    db.execute(of_item.order_by(processes.c.id).with_for_update(key_share=True))
    db.execute(
        sa.update(processes)
        .where(
            processes.c.order_item_id == order_item_id,
            processes.c.state.in_((ProcessState.HELD, ProcessState.STUCK)),
            processes.c.step.not_in(("undo", "call_off")),  # called off stays called off
        )
        .values(
            state=ProcessState.READY,
            step="verify_evidence",
            awaits_lane=None,
            attempt=0,
            next_at=now,
            updated_at=now,
        )
    )


def add_inbox_item(db: sa.Connection, item: InboxItem) -> None:
    """Put something before a person, once."""
    statement = _insert(db)(inbox_items).values(**to_row(item))
    db.execute(statement.on_conflict_do_nothing(index_elements=["kind", "completion_id"]))


def get(db: sa.Connection, process_id: UUID, *, lock: bool = False) -> Process:
    """Get a process.

    Raises:
        NotFound: no such process.
    """
    found = (_GET_LOCKED if lock else _GET).record(db, {"wanted": process_id}, Process)
    if found is None:
        raise NotFound("process", process_id)
    return found


def list_due(
    db: sa.Connection, now: datetime, *, ended_by: datetime, limit: int
) -> tuple[Process, ...]:
    """List processes whose time has come or whose lease has ended by then, oldest first; locked.

    Those that wait for a lane that is held are left out, so that a long queue before one OLT keeps
    nobody from another. On PostgreSQL rows that another worker is looking at are passed over.
    """
    asked = {"by": now, "ended_by": ended_by, "at_most": limit}
    return _LIST_DUE.records(db, asked, Process)


def find_awaiting(db: sa.Connection, lane: str, now: datetime) -> Process | None:
    """Find the due process that waits longest for a lane; locked, and not one locked by others."""
    return _AWAITING.record(db, {"lane": lane, "by": now}, Process)


def await_lane(db: sa.Connection, process: Process, lane: str) -> None:
    """Note which lane a process really awaits; the plant was corrected, or nobody had looked."""
    if process.awaits_lane != lane:
        _AWAIT_LANE.run(db, {"stored": process.id, "awaits_lane": lane})


def is_held(db: sa.Connection, lane: str) -> bool:
    """Say whether a lane is held now."""
    return bool(_HOLDER.rows(db, {"lane": lane}))


def next_due_at(db: sa.Connection) -> datetime | None:
    """Tell when the next process may go on; None when nothing waits."""
    return db.execute(
        sa.select(
            sa.func.min(
                sa.case(
                    (processes.c.state == ProcessState.LEASED, processes.c.lease_until),
                    else_=processes.c.next_at,
                )
            ).label("at")
        ).where(processes.c.state.in_((*DUE_STATES, ProcessState.LEASED)))
    ).scalar_one()


def store(db: sa.Connection, process: Process) -> None:
    """Store a process that was read under a lock in this transaction."""
    values: dict[str, Any] = dict(to_row(process))
    _STORE.run(db, {"stored": values.pop("id"), **values})


def store_leased(db: sa.Connection, process: Process, *, token: int) -> None:
    """Store what a worker made of a process, if its lease still stands.

    Raises:
        LeaseLost: the process was leased again since; nothing was written.
    """
    values: dict[str, Any] = dict(to_row(process))
    # Asked for what it changed: drivers do not count the rows alike.
    if not _STORE_LEASED.rows(db, {"stored": values.pop("id"), "held_under": token, **values}):
        raise LeaseLost(f"process {process.id} is no longer held under token {token}")


def end_leases(db: sa.Connection, now: datetime) -> int:
    """Let every lease run out now; answer how many there were."""
    ended = db.execute(
        sa.update(processes).where(processes.c.state == ProcessState.LEASED).values(lease_until=now)
    )
    return ended.rowcount


def require_lease(db: sa.Connection, process_id: UUID, *, token: int) -> Process:
    """Get a process under the lease of this worker, locked.

    Raises:
        LeaseLost: the process was leased again since.
    """
    process = get(db, process_id, lock=True)
    if process.state is not ProcessState.LEASED or process.fencing_token != token:
        raise LeaseLost(f"process {process_id} is no longer held under token {token}")
    return process


def record_attempt(db: sa.Connection, attempt: Attempt) -> None:
    """Add a line to the history of a process, or count a repeat in its last line.

    An ONT that stays dark is looked for twice a minute; that it still is dark is one line with its
    first and last time, and how often in ``detail.repeats``.
    """
    before = None  # what has no code repeats nothing
    if attempt.code is not None:
        before = _LAST_ATTEMPT.record(db, {"of": attempt.process_id}, Attempt)
    if before is None or not _repeats(before, attempt):
        _ADD_ATTEMPT.run(db, to_row(attempt))
        return
    repeats = before.detail.get("repeats", 0) + 1
    db.execute(
        sa.update(process_attempts)
        .where(process_attempts.c.id == before.id)
        .values(
            attempt=attempt.attempt,
            ended_at=attempt.ended_at,
            detail={**attempt.detail, "repeats": repeats},
        )
    )


def _repeats(before: Attempt, attempt: Attempt) -> bool:
    """Say whether a step ended as it did the time before, for the same coded reason."""
    ended = (attempt.step, attempt.outcome, attempt.code)
    return (before.step, before.outcome, before.code) == ended


def read_clock(db: sa.Connection) -> datetime:
    """Read the clock of a PostgreSQL server."""
    return db.execute(sa.select(sa.func.clock_timestamp(type_=UtcDateTime()))).scalar_one()


def list_attempts(
    db: sa.Connection, process_ids: Sequence[UUID], *, limit: int = 500
) -> tuple[Attempt, ...]:
    """List the newest attempts of processes, the oldest of them first."""
    rows = db.execute(
        sa.select(process_attempts)
        .where(process_attempts.c.process_id.in_(process_ids))
        .order_by(process_attempts.c.started_at.desc(), process_attempts.c.id.desc())
        .limit(limit)
    )
    return to_records(rows, Attempt)[::-1]


def list_of_job(db: sa.Connection, job_id: UUID) -> tuple[Process, ...]:
    """List the processes that a job caused."""
    rows = db.execute(
        sa.select(processes).where(processes.c.job_id == job_id).order_by(processes.c.created_at)
    )
    return to_records(rows, Process)


def _insert(db: sa.Connection) -> Any:  # noqa: ANN401  the two dialects share no type
    return postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert


def _once(insert: postgresql.Insert | sqlite.Insert) -> sa.Executable:
    return insert.on_conflict_do_nothing(index_elements=["effect_key"]).returning(processes.c.id)


_ONE: Final = sa.select(processes).where(processes.c.id == sa.bindparam("wanted"))
_GET: Final = Prepared(_ONE)
_GET_LOCKED: Final = Prepared(_ONE.with_for_update(key_share=True))
_CHANGE: Final = sa.update(processes).where(processes.c.id == sa.bindparam("stored"))
_STORE: Final = Prepared(_CHANGE)
_STORE_LEASED: Final = Prepared(
    _CHANGE.where(
        processes.c.state == ProcessState.LEASED,
        processes.c.fencing_token == sa.bindparam("held_under"),
    ).returning(processes.c.id)
)
_holders = processes.alias("holders")
_IS_DUE: Final = sa.or_(*(processes.c.state == state for state in DUE_STATES)) & (
    processes.c.next_at <= sa.bindparam("by")
)
_LIST_DUE: Final = Prepared(
    sa.select(processes)
    .where(
        (
            _IS_DUE
            & ~sa.exists().where(
                _holders.c.state == ProcessState.LEASED,
                _holders.c.lane == processes.c.awaits_lane,
            )
        )
        | (
            (processes.c.state == ProcessState.LEASED)
            & (processes.c.lease_until <= sa.bindparam("ended_by"))
        )
    )
    .order_by(processes.c.next_at, processes.c.id)
    .limit(sa.bindparam("at_most"))
    .with_for_update(of=processes, key_share=True, skip_locked=True)
)
_AWAITING: Final = Prepared(
    sa.select(processes)
    .where(processes.c.awaits_lane == sa.bindparam("lane"), _IS_DUE)
    .order_by(processes.c.next_at, processes.c.id)
    .limit(1)
    .with_for_update(key_share=True, skip_locked=True)
)
_AWAIT_LANE: Final = Prepared(_CHANGE)
_HOLDER: Final = Prepared(
    sa.select(processes.c.id).where(
        processes.c.state == ProcessState.LEASED, processes.c.lane == sa.bindparam("lane")
    )
)
_LAST_ATTEMPT: Final = Prepared(
    sa.select(process_attempts)
    .where(process_attempts.c.process_id == sa.bindparam("of"))
    .order_by(process_attempts.c.started_at.desc(), process_attempts.c.id.desc())
    .limit(1)
)
_ADD_ATTEMPT: Final = Prepared(sa.insert(process_attempts))
_ADD_ONCE: Final = Prepared(
    {
        "postgresql": _once(postgresql.insert(processes)),
        "sqlite": _once(sqlite.insert(processes)),
    }
)
