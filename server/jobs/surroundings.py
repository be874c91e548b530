"""What is told of a premise beside the job itself: how earlier visits ended, and open tickets.

Each in a fixed number of statements, and of a long history only the newest part is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.tables.plant import premises
from server.database.tables.work import captures, jobs, tickets, visits
from server.jobs.records import StoredCapture, Visit
from sync_protocol.documents import (
    TICKETS_MAX,
    VISIT_PHOTOS_MAX,
    VISITS_MAX,
    JobKind,
    PhotoCard,
    TicketCard,
    VisitCard,
)
from sync_protocol.operations import Capture, LightReading, Photo, SerialScan

_SHOWN: Final = ("serial", "light", "photo")
"""Kinds of captures of which an earlier visit is told; a signature is nobody else's business."""


class Place(NamedTuple):
    """Of what a job's surroundings are told."""

    account_id: UUID
    premise_id: UUID


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of one place; newest first."""

    visits: tuple[VisitCard, ...] = ()
    tickets: tuple[TicketCard, ...] = ()


class _Ended(Visit, frozen=True, kw_only=True):
    job_number: str
    kind: JobKind


class _Ticket(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    premise_id: UUID | None
    card: TicketCard

    def is_of(self, place: Place) -> bool:
        """Say whether it concerns a place: the premise, whoever's it is, or the whole account."""
        if self.premise_id is not None:
            return self.premise_id == place.premise_id
        return self.account_id == place.account_id


def find(db: sa.Connection, places: AbstractSet[Place]) -> Mapping[Place, Surroundings]:
    """Find what is told of these places."""
    if not places:
        return {}
    premise_ids = sorted({place.premise_id for place in places})
    visits = _visits_at(db, premise_ids)
    account_ids = sorted({place.account_id for place in places})
    wanted = {"accounts": account_ids, "premises": premise_ids}
    tickets = [_ticket(row) for row in _TICKETS.rows(db, wanted)]
    return {
        place: Surroundings(
            visits=visits.get(place.premise_id, ()),
            tickets=tuple(each.card for each in tickets if each.is_of(place))[:TICKETS_MAX],
        )
        for place in places
    }


def _visits_at(
    db: sa.Connection, premise_ids: Sequence[UUID]
) -> Mapping[UUID, tuple[VisitCard, ...]]:
    """Find the newest visits of each premise, newest first, with what was captured last."""
    ended = _VISITS.records(db, {"premises": premise_ids}, _Ended)
    if not ended:  # most premises see their first visit
        return {}
    wanted = sorted({visit.job_id for visit in ended})
    captured = _CAPTURES.records(db, {"jobs": wanted}, StoredCapture)
    of_visit = _by_visit(ended, captured)
    found: dict[UUID, tuple[VisitCard, ...]] = {}
    for visit in ended:
        card = _card(visit, of_visit.get(visit.id, ()))
        found[visit.premise_id] = (*found.get(visit.premise_id, ()), card)
    return found


def _by_visit(
    ended: Sequence[_Ended], captured: Iterable[StoredCapture]
) -> Mapping[UUID, list[Capture]]:
    """Give each capture to the visit with which it arrived, or to the last one if it was late."""
    in_order: dict[UUID, list[_Ended]] = {}
    for visit in sorted(ended, key=lambda each: (each.received_at, each.id)):
        in_order.setdefault(visit.job_id, []).append(visit)
    found: dict[UUID, list[Capture]] = {}
    for stored in captured:
        of_job = in_order[stored.job_id]
        own = [visit for visit in of_job if visit.technician_id == stored.technician_id]
        theirs = own or of_job  # whoever helped ended no visit themselves
        until = (visit for visit in theirs if visit.received_at >= stored.received_at)
        visit = next(until, theirs[-1] if stored.late else None)
        if visit is not None:
            taken = msgspec.convert(stored.capture, Capture)
            found.setdefault(visit.id, []).append(taken)
    return found


def _card(visit: _Ended, taken: Sequence[Capture]) -> VisitCard:
    bodies = [capture.body for capture in taken]
    serial = next((body for body in reversed(bodies) if isinstance(body, SerialScan)), None)
    light = next((body for body in reversed(bodies) if isinstance(body, LightReading)), None)
    photos = [
        PhotoCard(
            subject=capture.body.subject,
            sha256=capture.body.sha256,
            taken_at=capture.at.wall,
        )
        for capture in taken
        if isinstance(capture.body, Photo)
    ]
    return VisitCard(
        job_number=visit.job_number,
        kind=visit.kind,
        state=visit.state,
        ended_at=visit.ended_at,
        technician=visit.technician,
        code=visit.code,
        remark=visit.remark,
        serial=None if serial is None else serial.serial,
        rx_power_cdbm=None if light is None else light.rx_power_cdbm,
        light_verdict=None if light is None else light.verdict,
        photos=tuple(photos[-VISIT_PHOTOS_MAX:]),
    )


def _ticket(row: Mapping[str, Any]) -> _Ticket:
    card = TicketCard(
        number=row["number"],
        subject=row["subject"],
        priority=row["priority"],
        opened_at=row["opened_at"],
    )
    return _Ticket(account_id=row["account_id"], premise_id=row["premise_id"], card=card)


def _newest(of: sa.FromClause) -> sa.Select[Any]:
    """Select the newest visits of the premise at hand, from the end of its index."""
    return (
        sa.select(of)
        .where(of.c.premise_id == premises.c.id)
        .order_by(of.c.ended_at.desc(), of.c.id.desc())
        .limit(VISITS_MAX)
        .correlate(premises)
    )


def _of_premises(newest: sa.FromClause, joined: sa.FromClause) -> sa.Select[Any]:
    return (
        sa.select(newest, jobs.c.number.label("job_number"), jobs.c.kind)
        .select_from(joined)
        .join(jobs, jobs.c.id == newest.c.job_id)
        .where(premises.c.id.in_(sa.bindparam("premises", expanding=True)))
        .order_by(newest.c.premise_id, newest.c.ended_at.desc(), newest.c.id.desc())
    )


_LATERAL: Final = _newest(visits.alias("every")).lateral("newest")
_EVERY: Final = visits.alias("every")
# Only PostgreSQL has LATERAL, and only SQLite works the list of ids out once for each premise.
_VISITS: Final = Prepared(
    {
        "postgresql": _of_premises(_LATERAL, premises.join(_LATERAL, sa.true())),
        "sqlite": _of_premises(
            visits,
            premises.join(visits, visits.c.id.in_(_newest(_EVERY).with_only_columns(_EVERY.c.id))),
        ),
    }
)
_CAPTURES: Final = Prepared(
    sa.select(captures)
    .where(
        captures.c.job_id.in_(sa.bindparam("jobs", expanding=True)),
        # Not IN: a prepared statement takes a list by its name alone.
        sa.or_(*(captures.c.kind == kind for kind in _SHOWN)),
    )
    .order_by(captures.c.received_at, captures.c.id)
)
_TICKETS: Final = Prepared(
    sa.select(tickets)
    .where(
        tickets.c.closed_at.is_(None),
        sa.or_(
            tickets.c.premise_id.in_(sa.bindparam("premises", expanding=True)),
            tickets.c.premise_id.is_(None)
            & tickets.c.account_id.in_(sa.bindparam("accounts", expanding=True)),
        ),
    )
    .order_by(tickets.c.opened_at.desc(), tickets.c.id.desc())
)
