"""What is watched: an OLT, its ports and the light of its ONTs, from when a service runs there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.alarms.records import OntLight
from server.database.prepared import Prepared
from server.database.rows import to_records, to_row
from server.database.tables.alarms import olt_polls, ont_lights, pon_polls
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.plant import olts
from server.plant.routes import OltAddress


def watch(db: sa.Connection, service_id: UUID, *, first_at: datetime, light: OntLight) -> None:
    """Watch a service that runs from now on: its OLT, its port, and the light of its ONT."""
    values = {"of": service_id, "first_at": first_at}
    _WATCH_OLT.run(db, values)
    _WATCH_PORT.run(db, values)
    _WATCH_LIGHT.run(db, to_row(light))


def watch_many(db: sa.Connection, lights: Sequence[OntLight], *, first_at: datetime) -> None:
    """Watch services that run already, all at once."""
    values = [{"of": light.service_id, "first_at": first_at} for light in lights]
    _WATCH_OLT.run_many(db, values)
    _WATCH_PORT.run_many(db, values)
    _WATCH_LIGHT.run_many(db, [to_row(light) for light in lights])


def _watching(
    insert: postgresql.Insert | sqlite.Insert, names: Sequence[str], watched: sa.ColumnElement[UUID]
) -> sa.Executable:
    first_at = sa.bindparam("first_at", type_=pon_polls.c.next_at.type)
    found = sa.select(watched, first_at, sa.literal_column("0", sa.Integer))
    of_service = found.where(ont_allocations.c.service_id == sa.bindparam("of"))
    filled = insert.from_select(names, of_service)
    return filled.on_conflict_do_nothing(index_elements=[names[0]])


def _lit(insert: postgresql.Insert | sqlite.Insert) -> sa.Executable:
    """One that was watched before starts over: it may have another ONT."""
    new = {c.name: insert.excluded[c.name] for c in ont_lights.c if not c.primary_key}
    return insert.on_conflict_do_update(index_elements=["service_id"], set_=new)


_OLT_NAMES: Final = ("olt_id", "free_at", "failures")
_PORT_NAMES: Final = ("pon_port_id", "next_at", "failures")
_WATCH_OLT: Final = Prepared(
    {
        "postgresql": _watching(postgresql.insert(olt_polls), _OLT_NAMES, ont_allocations.c.olt_id),
        "sqlite": _watching(sqlite.insert(olt_polls), _OLT_NAMES, ont_allocations.c.olt_id),
    }
)
_WATCH_PORT: Final = Prepared(
    {
        "postgresql": _watching(
            postgresql.insert(pon_polls), _PORT_NAMES, ont_allocations.c.pon_port_id
        ),
        "sqlite": _watching(sqlite.insert(pon_polls), _PORT_NAMES, ont_allocations.c.pon_port_id),
    }
)
_WATCH_LIGHT: Final = Prepared(
    {"postgresql": _lit(postgresql.insert(ont_lights)), "sqlite": _lit(sqlite.insert(ont_lights))}
)


def list_polled_olts(db: sa.Connection) -> tuple[OltAddress, ...]:
    """List the OLTs on which something is watched."""
    columns = [olts.c[name] for name in OltAddress.__struct_fields__]
    rows = db.execute(sa.select(*columns).join(olt_polls, olt_polls.c.olt_id == olts.c.id))
    return to_records(rows, OltAddress)
