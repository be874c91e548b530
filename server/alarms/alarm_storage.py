"""Storing alarms and light readings, many at once where a poll brings many."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.alarms.records import Alarm, AlarmKind, OntLight
from server.database import Connection
from server.database.prepared import Prepared
from server.database.rows import to_record, to_records, to_row
from server.database.tables.alarms import alarms, ont_lights
from server.database.tables.offers import services
from server.database.tables.plant import olts, premises

ALARMS_MAX: Final = 200


def list_of_port(db: sa.Connection, pon_port_id: UUID) -> tuple[Alarm, ...]:
    """List the open alarms of the ONTs of a port."""
    rows = db.execute(
        sa.select(alarms).where(alarms.c.pon_port_id == pon_port_id, alarms.c.cleared_at.is_(None))
    )
    return to_records(rows, Alarm)


def list_of_service(db: sa.Connection, service_id: UUID) -> tuple[Alarm, ...]:
    """List the open alarms of one service, the newest first."""
    rows = db.execute(
        sa.select(alarms)
        .where(alarms.c.service_id == service_id, alarms.c.cleared_at.is_(None))
        .order_by(alarms.c.id.desc())
    )
    return to_records(rows, Alarm)


def find_of_olt(db: sa.Connection, olt_id: UUID, kind: AlarmKind) -> Alarm | None:
    """Find the open alarm of a kind that is about a whole OLT."""
    row = db.execute(
        sa.select(alarms).where(
            alarms.c.olt_id == olt_id,
            alarms.c.kind == kind,
            alarms.c.service_id.is_(None),
            alarms.c.cleared_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else to_record(row, Alarm)


def list_alarms(
    db: sa.Connection,
    *,
    is_open: bool = True,
    older_than: UUID | None = None,
    limit: int = ALARMS_MAX,
) -> tuple[Alarm, ...]:
    """List alarms, the newest first, a page at a time."""
    cleared_at = alarms.c.cleared_at
    listed = sa.select(alarms).where(cleared_at.is_(None) if is_open else cleared_at.is_not(None))
    if older_than is not None:  # ids grow with time
        listed = listed.where(alarms.c.id < older_than)
    return to_records(db.execute(listed.order_by(alarms.c.id.desc()).limit(limit)), Alarm)


class NamedAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm with the names that people know its surroundings by."""

    alarm: Alarm
    olt: str
    address: str | None
    """None, like the city and the zone, for an alarm of a whole OLT."""
    city: str | None
    zone: str | None


def list_named(db: sa.Connection, *, older_than: UUID | None, limit: int) -> tuple[NamedAlarm, ...]:
    """List open alarms with names, the newest first, in one statement."""
    listed = (
        sa.select(
            alarms, olts.c.name.label("olt"), premises.c.address, premises.c.city, premises.c.zone
        )
        .join(olts, olts.c.id == alarms.c.olt_id)
        .outerjoin(services, services.c.id == alarms.c.service_id)
        .outerjoin(premises, premises.c.id == services.c.premise_id)
        .where(alarms.c.cleared_at.is_(None))
    )
    if older_than is not None:
        listed = listed.where(alarms.c.id < older_than)
    rows = db.execute(listed.order_by(alarms.c.id.desc()).limit(limit))
    return tuple(
        NamedAlarm(
            alarm=to_record(row, Alarm),
            olt=row.olt,
            address=row.address,
            city=row.city,
            zone=row.zone,
        )
        for row in rows
    )


def add(db: Connection, raised: Sequence[Alarm]) -> None:
    """Store new alarms."""
    _ADD.run_many(db, [to_row(each) for each in raised])


_ADD: Final = Prepared(sa.insert(alarms))


def clear(db: Connection, alarm_ids: Sequence[UUID], now: datetime) -> None:
    """Close alarms."""
    if alarm_ids:
        db.execute(sa.update(alarms).where(alarms.c.id.in_(alarm_ids)).values(cleared_at=now))


def find_light(db: sa.Connection, service_id: UUID) -> OntLight | None:
    """Find what is known of the light of one ONT."""
    row = db.execute(
        sa.select(ont_lights).where(ont_lights.c.service_id == service_id)
    ).one_or_none()
    return None if row is None else to_record(row, OntLight)


def store_light(db: Connection, light: OntLight) -> None:
    """Store what is known now of the light of one ONT."""
    values = dict(to_row(light))
    service_id = values.pop("service_id")
    db.execute(sa.update(ont_lights).where(ont_lights.c.service_id == service_id).values(**values))
