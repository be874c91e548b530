"""Work that came before its job: kept as bytes until the job is taken up, and then as evidence.

After the server was put back, a copy of a tablet may speak of a job that began in the field before
the tablet that began it has said so again. Its verdicts stay; its captures and completions are the
job's from the moment on in which that exists.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.tables.people import devices
from server.database.tables.sync import operations
from server.sync.records import StoredOperation
from sync_protocol import wire
from sync_protocol.ids import Incarnation
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import Operation, Origin

_PARKED: Final = Prepared(
    sa.select(operations)
    .join(devices, devices.c.id == operations.c.device_id)
    .where(
        operations.c.job_id.in_(sa.bindparam("ids", expanding=True)),
        operations.c.verdict_kind == VerdictKind.PARKED,
        devices.c.technician_id == sa.bindparam("technician"),
    )
    .order_by(operations.c.received_at, operations.c.incarnation, operations.c.dseq)
)


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """An operation on a job that was not known when it came; its origin is always said."""

    operation: Operation
    received_at: datetime


def read(stored: StoredOperation) -> Earlier | None:
    """Read an operation that was parked; None where it is of a kind that is not known here."""
    try:
        operation = wire.decode(stored.raw, Operation)
    except wire.Unreadable:
        return None
    origin = Origin(incarnation=Incarnation(stored.origin_incarnation), dseq=stored.origin_dseq)
    return Earlier(
        operation=msgspec.structs.replace(operation, origin=origin),
        received_at=stored.received_at,
    )


def find(
    db: sa.Connection, technician_id: UUID, job_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Earlier]]:
    """Find what this technician has said of jobs that did not exist, in the order of arrival."""
    if not job_ids:
        return {}
    wanted = {"ids": list(job_ids), "technician": technician_id}
    found: dict[UUID, list[Earlier]] = {}
    for stored in _PARKED.records(db, wanted, StoredOperation):
        each = read(stored)
        if each is not None and stored.job_id is not None:
            found.setdefault(stored.job_id, []).append(each)
    return found
