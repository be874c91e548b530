"""Storing and reading services."""

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.rows import to_row
from server.database.tables.offers import services
from server.problems import NotFound
from server.services.records import Service

_SELECT: Final = sa.select(services).where(services.c.id == sa.bindparam("wanted"))
_GET: Final = Prepared(_SELECT)
_GET_LOCKED: Final = Prepared(_SELECT.with_for_update(key_share=True))
_UPDATE: Final = Prepared(sa.update(services).where(services.c.id == sa.bindparam("service")))


def insert(db: sa.Connection, service: Service) -> None:
    """Store a new service."""
    db.execute(sa.insert(services).values(**to_row(service)))


def update(db: sa.Connection, service: Service) -> None:
    """Store a service that was read under a lock in this transaction."""
    values: dict[str, Any] = dict(to_row(service))
    _UPDATE.run(db, {"service": values.pop("id"), **values})


def get(db: sa.Connection, service_id: UUID, *, lock: bool = False) -> Service:
    """Get a service; ``lock`` keeps others from changing it until the transaction ends.

    Raises:
        NotFound: no such service.
    """
    found = (_GET_LOCKED if lock else _GET).record(db, {"wanted": service_id}, Service)
    if found is None:
        raise NotFound("service", service_id)
    return found
