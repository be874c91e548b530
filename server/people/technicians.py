"""Technicians: who jobs are assigned to and whose feed a tablet follows."""

from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.rows import to_record, to_records
from server.database.tables.people import technicians
from server.problems import NotFound, WrongInput


class Technician(msgspec.Struct, frozen=True, kw_only=True):
    """One technician; ``external_id`` is the personnel number of the operator's system."""

    id: UUID
    external_id: str
    name: str
    email: str | None


def get(db: sa.Connection, technician_id: UUID) -> Technician:
    """Get a technician.

    Raises:
        NotFound: no such technician.
    """
    row = db.execute(sa.select(technicians).where(technicians.c.id == technician_id)).one_or_none()
    if row is None:
        raise NotFound("technician", technician_id)
    return to_record(row, Technician)


def get_by_number(db: sa.Connection, number: str) -> Technician:
    """Get a technician by personnel number.

    Raises:
        WrongInput: no such number.
    """
    row = db.execute(
        sa.select(technicians).where(technicians.c.external_id == number)
    ).one_or_none()
    if row is None:
        raise WrongInput(f"no technician {number!r}; import technicians or correct the number")
    return to_record(row, Technician)


def list_all(db: sa.Connection, *, limit: int = 500) -> tuple[Technician, ...]:
    """List technicians by name."""
    rows = db.execute(sa.select(technicians).order_by(technicians.c.name).limit(limit))
    return to_records(rows, Technician)
