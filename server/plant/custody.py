"""In whose hands ONTs are: what technicians say of them as they install and recover.

The last to arrive stands, whatever became of the job: where an ONT lies is a fact of the day. An
ONT that is not in stock is added when it comes into a van, and not when it goes into a house. One
that was looked for in vain stays where it was thought to be; the audit tells of it.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server import audit
from server.acts import Act
from server.database.tables.plant import onts
from server.database.units import Embedded, EmbeddedChange
from server.jobs.records import StoredCapture
from sync_protocol.operations import OntMove, OntMoved

_KIND: Final = OntMoved.__struct_config__.tag
_MODEL_MAX: Final = 40
_UNKNOWN_MODEL: Final = "unknown"


def take(
    db: sa.Connection, captured: Iterable[StoredCapture], *, act: Act
) -> tuple[EmbeddedChange, ...]:
    """Move the ONTs that new captures speak of, each with a line in the audit of its job.

    Answers the vans in which something has changed.
    """
    vans: dict[UUID, None] = {}
    for stored in captured:
        if stored.kind == _KIND:
            body = msgspec.convert(stored.capture["body"], OntMoved)
            before = _find_holder(db, body.serial)
            after = _move(db, body, stored.technician_id, before, act)
            vans |= dict.fromkeys(each for each in (before, after) if each is not None)
            detail = {
                "serial": body.serial,
                "move": body.move,
                "technician_id": str(stored.technician_id),
                "from": None if before is None else str(before),
            }
            audit.record(db, act, "ont.moved", job_id=stored.job_id, detail=detail)
    return tuple(EmbeddedChange(what=Embedded.VAN, key=each) for each in vans)


def _find_holder(db: sa.Connection, serial: str) -> UUID | None:
    found = db.execute(sa.select(onts.c.technician_id).where(onts.c.serial == serial))
    return found.scalar_one_or_none()


def _move(
    db: sa.Connection, body: OntMoved, technician_id: UUID, before: UUID | None, act: Act
) -> UUID | None:
    """Write in whose van an ONT is now; answer whose that is."""
    if body.move is OntMove.NOT_FOUND:
        return before
    if body.move is OntMove.INSTALLED:
        gone = {"technician_id": None, "held_since": None}
        db.execute(sa.update(onts).where(onts.c.serial == body.serial).values(gone))
        return None
    said: dict[str, object] = {"technician_id": technician_id}
    if before != technician_id:
        said["held_since"] = act.now
    if body.move is OntMove.DEFECTIVE:
        said["is_defective"] = True
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    model = (body.model or _UNKNOWN_MODEL)[:_MODEL_MAX]
    statement = insert(onts).values(serial=body.serial, model=model, **said)
    db.execute(statement.on_conflict_do_update(index_elements=["serial"], set_=said))
    return technician_id
