"""Storing and reading services."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.database.rows import to_record, to_row
from server.database.tables.offers import services
from server.problems import NotFound
from server.services.records import Service


def insert(db: sa.Connection, service: Service) -> None:
    """Store a new service."""
    db.execute(sa.insert(services).values(**to_row(service)))


def update(db: sa.Connection, service: Service) -> None:
    """Store a service that was read under a lock in this transaction."""
    values: dict[str, Any] = dict(to_row(service))
    db.execute(sa.update(services).where(services.c.id == values.pop("id")).values(**values))


def get(db: sa.Connection, service_id: UUID, *, lock: bool = False) -> Service:
    """Get a service; ``lock`` keeps others from changing it until the transaction ends.

    Raises:
        NotFound: no such service.
    """
    statement = sa.select(services).where(services.c.id == service_id)
    row = db.execute(statement.with_for_update(key_share=True) if lock else statement).one_or_none()
    if row is None:
        raise NotFound("service", service_id)
    return to_record(row, Service)
