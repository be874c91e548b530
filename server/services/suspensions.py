"""For which reasons a service is suspended: each is open until somebody lifts it."""

from uuid import UUID

import sqlalchemy as sa

from server.acts import Act
from server.database.tables.offers import suspensions
from server.services.records import SuspensionReason

_OPEN = suspensions.c.ended_at.is_(None)


def open_reasons(db: sa.Connection, service_id: UUID) -> frozenset[SuspensionReason]:
    """Name the reasons that hold now."""
    statement = sa.select(suspensions.c.reason).where(suspensions.c.service_id == service_id, _OPEN)
    return frozenset(map(SuspensionReason, db.execute(statement).scalars()))


def begin(db: sa.Connection, service_id: UUID, reason: SuspensionReason, *, act: Act) -> None:
    """Open a reason of a service that is locked; one that is open stays as it was."""
    if reason in open_reasons(db, service_id):
        return
    db.execute(
        sa.insert(suspensions).values(
            id=act.new_id(), service_id=service_id, reason=reason, begun_at=act.now, ended_at=None
        )
    )


def end(db: sa.Connection, service_id: UUID, reason: SuspensionReason, *, act: Act) -> None:
    """Lift one reason."""
    _end(db, suspensions.c.service_id == service_id, suspensions.c.reason == reason, act=act)


def end_all(db: sa.Connection, service_id: UUID, *, act: Act) -> None:
    """Lift every reason: the service is no more."""
    _end(db, suspensions.c.service_id == service_id, act=act)


def _end(db: sa.Connection, *which: sa.ColumnElement[bool], act: Act) -> None:
    db.execute(sa.update(suspensions).where(*which, _OPEN).values(ended_at=act.now))
