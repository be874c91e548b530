"""Reading the fallout: every process that a person should know of, oldest first.

That is what is stuck or held, and what has been tried for long without getting on. One that a
worker is just trying again stays in the list, so that nothing comes and goes with each attempt.
"""

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.rows import to_record, to_records
from server.database.tables.fulfilment import ont_allocations, process_attempts, processes
from server.database.tables.offers import order_items, orders, services
from server.database.tables.plant import drops, olts, pon_ports, premises, splitters, terminals
from server.database.types import UtcDateTime
from server.fulfilment.records import Process, ProcessState
from server.problems import NotFound

LONG: Final = timedelta(minutes=10)
"""Since a process began. Most activations take seconds; an ONT that is late is held after three
minutes."""
OLTS_MAX: Final = 500
_CODES_MAX: Final = 200


class Standing(enum.StrEnum):
    """What keeps a process in the fallout."""

    STUCK = "stuck"
    HELD = "held"
    RETRYING = "retrying"


class FalloutFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to see of the fallout; None does not restrict."""

    standing: Standing | None = None
    code: str | None = None
    olt_id: UUID | None = None
    after: UUID | None = None
    """The last process of the page before."""


class FalloutLine(msgspec.Struct, frozen=True, kw_only=True):
    """A process with the names that people know its surroundings by."""

    process: Process
    order_number: str
    address: str
    city: str
    zone: str
    olt: str | None
    """By its ids where it has some, else by the plant; None: no drop leads there."""
    since: datetime
    """When it was first found as it is now."""
    detail: str


class OltName(msgspec.Struct, frozen=True, kw_only=True):
    """An OLT by its name."""

    id: UUID
    name: str


class Fallout(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the fallout, and how much of what there is in all."""

    lines: tuple[FalloutLine, ...]
    has_more: bool
    counts: Mapping[tuple[Standing, str], int]
    """By standing and code."""
    olts: tuple[OltName, ...]


def load(db: sa.Connection, wanted: FalloutFilter, now: datetime, *, page_size: int) -> Fallout:
    """Read one page, in one snapshot."""
    found = _list_page(db, wanted, now, limit=page_size + 1)
    named = sa.select(olts.c.id, olts.c.name).order_by(olts.c.name, olts.c.id).limit(OLTS_MAX)
    return Fallout(
        lines=found[:page_size],
        has_more=len(found) > page_size,
        counts=_counts(db, now),
        olts=to_records(db.execute(named), OltName),
    )


def count(db: sa.Connection, now: datetime) -> int:
    """Count the fallout."""
    return db.execute(
        sa.select(sa.func.count()).select_from(processes).where(_is_fallout(now))
    ).scalar_one()


def get_line(db: sa.Connection, process_id: UUID) -> FalloutLine:
    """Get any process with its names.

    Raises:
        NotFound: no such process.
    """
    row = db.execute(_LINES.where(processes.c.id == process_id)).one_or_none()
    if row is None:
        raise NotFound("process", process_id)
    return _line(row)


def _newest_attempt(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    return (
        sa.select(column)
        .where(process_attempts.c.process_id == processes.c.id)
        .order_by(process_attempts.c.started_at.desc(), process_attempts.c.id.desc())
        .limit(1)
        .correlate(processes)
        .scalar_subquery()
    )


def _olt_id() -> sa.ColumnElement[UUID]:
    """Say on which OLT a service is, or shall be; of several drops the route takes the first."""
    planned = (
        sa.select(pon_ports.c.olt_id)
        .join(splitters, splitters.c.pon_port_id == pon_ports.c.id)
        .join(terminals, terminals.c.splitter_id == splitters.c.id)
        .join(drops, drops.c.terminal_id == terminals.c.id)
        .where(drops.c.premise_id == services.c.premise_id)
        .order_by(drops.c.external_id)
        .limit(1)
        .correlate(services)
        .scalar_subquery()
    )
    return sa.func.coalesce(ont_allocations.c.olt_id, planned, type_=sa.Uuid())


_OLT_ID: Final = _olt_id()
_STANDING: Final = sa.case(
    (processes.c.state == ProcessState.STUCK, Standing.STUCK),
    (processes.c.state == ProcessState.HELD, Standing.HELD),
    else_=Standing.RETRYING,
)
_LINES: Final = (
    sa.select(
        processes,
        orders.c.number.label("order_number"),
        premises.c.address,
        premises.c.city,
        premises.c.zone,
        olts.c.name.label("olt"),
        process_attempts.c.started_at.label("since"),
        process_attempts.c.detail,
    )
    .join(services, services.c.id == processes.c.service_id)
    .join(premises, premises.c.id == services.c.premise_id)
    .join(order_items, order_items.c.id == processes.c.order_item_id)
    .join(orders, orders.c.id == order_items.c.order_id)
    .outerjoin(ont_allocations, ont_allocations.c.service_id == services.c.id)
    .outerjoin(olts, olts.c.id == _OLT_ID)
    .outerjoin(process_attempts, process_attempts.c.id == _newest_attempt(process_attempts.c.id))
)


def _list_page(
    db: sa.Connection, wanted: FalloutFilter, now: datetime, *, limit: int
) -> tuple[FalloutLine, ...]:
    statement = _narrowed(_LINES.where(_is_fallout(now)), wanted)
    # Ids grow with time.
    rows = db.execute(statement.order_by(processes.c.id).limit(limit))
    return tuple(_line(row) for row in rows)


def _is_fallout(now: datetime) -> sa.ColumnElement[bool]:
    """Say what belongs here; what a worker tries again just now belongs as it did before."""
    tried_again = processes.c.state.in_((ProcessState.READY, ProcessState.LEASED))
    was_here = _newest_attempt(process_attempts.c.outcome).in_(("stick", "hold"))
    is_old = processes.c.created_at <= sa.literal(now - LONG, UtcDateTime())
    return processes.c.state.in_((ProcessState.STUCK, ProcessState.HELD)) | (
        processes.c.state.in_((ProcessState.WAITING, ProcessState.READY, ProcessState.LEASED))
        & processes.c.code.is_not(None)
        & (is_old | (tried_again & was_here))
    )


def _narrowed(listed: sa.Select[Any], wanted: FalloutFilter) -> sa.Select[Any]:
    if wanted.standing is not None:
        listed = listed.where(_STANDING.in_((wanted.standing,)))
    if wanted.code is not None:
        listed = listed.where(processes.c.code == wanted.code)
    if wanted.olt_id is not None:
        listed = listed.where(_OLT_ID.in_((wanted.olt_id,)))
    if wanted.after is not None:
        listed = listed.where(processes.c.id > wanted.after)
    return listed


def _counts(db: sa.Connection, now: datetime) -> Mapping[tuple[Standing, str], int]:
    standing = _STANDING.label("standing")
    rows = db.execute(
        sa.select(standing, processes.c.code, sa.func.count().label("rows"))
        .where(_is_fallout(now))
        .group_by(standing, processes.c.code)
        .order_by(processes.c.code)
        .limit(_CODES_MAX)
    )
    return {(Standing(row.standing), row.code or ""): row.rows for row in rows}


def _line(row: sa.Row[Any]) -> FalloutLine:
    process = to_record(row, Process)
    detail: Mapping[str, Any] = row.detail or {}
    return FalloutLine(
        process=process,
        order_number=row.order_number,
        address=row.address,
        city=row.city,
        zone=row.zone,
        olt=row.olt,
        since=row.since or process.created_at,
        detail=str(detail.get("detail") or ""),
    )
