"""Storing what readings of OLTs showed, and reading what the OLTs should hold."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from activation.requests import OntRef, PonPort
from server.acts import Act
from server.adoption.records import (
    DRIFTS,
    Drift,
    Finding,
    OltRead,
    OltReading,
    Owned,
    ProcessSince,
    Verdict,
)
from server.database.rows import to_records, to_row
from server.database.tables.adoption import drifts, olt_readings
from server.database.tables.fulfilment import ont_allocations, processes
from server.database.tables.offers import services
from server.database.tables.plant import olts, pon_ports
from server.fulfilment.flows import load_flows
from server.fulfilment.records import ProcessState
from server.plant.routes import OltAddress
from server.problems import NotFound
from server.services.records import ServiceState

AT_ONCE: Final = 500
"""Keys in one statement."""
DRIFTS_MAX: Final = 200
"""Differences in one answer."""
READINGS_MAX: Final = 500
"""OLTs in one answer; large operators have hundreds."""
_OVER: Final = (ProcessState.DONE, ProcessState.CANCELLED)


def get_olt(db: sa.Connection, external_id: str) -> OltAddress:
    """Get an OLT by the id under which it was imported.

    Raises:
        NotFound: no such OLT.
    """
    columns = [olts.c[name] for name in OltAddress.__struct_fields__]
    rows = db.execute(sa.select(*columns).where(olts.c.external_id == external_id))
    found = to_records(rows, OltAddress)
    if not found:
        raise NotFound("OLT", external_id)
    return found[0]


def name_olts(db: sa.Connection, olt_ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the names of OLTs."""
    rows = db.execute(sa.select(olts.c.id, olts.c.name).where(olts.c.id.in_(olt_ids)))
    return {row.id: row.name for row in rows}


def list_ports(db: sa.Connection, olt_id: UUID) -> dict[PonPort, UUID]:
    """List the PON ports of an OLT, in their order, with their ids."""
    columns = pon_ports.c
    rows = db.execute(
        sa.select(columns.id, columns.frame, columns.slot, columns.port)
        .where(columns.olt_id == olt_id)
        .order_by(columns.frame, columns.slot, columns.port)
    )
    return {PonPort(frame=row.frame, slot=row.slot, port=row.port): row.id for row in rows}


def list_owned(db: sa.Connection, olt_id: UUID, *, since: datetime) -> tuple[Owned, ...]:
    """List the services that have ids on an OLT; ``since`` is when its reading began."""
    under_way = sa.exists().where(
        processes.c.service_id == ont_allocations.c.service_id,
        _is_since(since),
    )
    names = ("service_id", "serial", "service_port", "frame", "slot", "port", "ont_id")
    rows = db.execute(
        sa.select(
            *(ont_allocations.c[name] for name in names),
            services.c.state,
            services.c.product_id,
            under_way.label("is_under_way"),
        )
        .join(services, services.c.id == ont_allocations.c.service_id)
        .where(ont_allocations.c.olt_id == olt_id)
        .order_by(ont_allocations.c.service_id)
    ).all()
    flows = load_flows(db, {row.product_id for row in rows}, olt_id)
    return tuple(
        Owned(
            service_id=row.service_id,
            ref=OntRef(
                port=PonPort(frame=row.frame, slot=row.slot, port=row.port), ont_id=row.ont_id
            ),
            serial=row.serial,
            service_port=row.service_port,
            state=ServiceState(row.state),
            flow=flows[row.product_id],
            is_under_way=row.is_under_way,
        )
        for row in rows
    )


def list_elsewhere(db: sa.Connection, reading: OltReading) -> dict[str, str]:
    """Say, by serial, which service of another OLT has an ONT that was seen on this one."""
    found: dict[str, str] = {}
    for serials in _parts(sorted({each.serial for each in reading.onts})):
        rows = db.execute(
            sa.select(ont_allocations.c.serial, ont_allocations.c.service_id, olts.c.name)
            .join(olts, olts.c.id == ont_allocations.c.olt_id)
            .where(ont_allocations.c.serial.in_(serials), olts.c.id != reading.olt.id)
        )
        found |= {row.serial: f"service {row.service_id} has it on {row.name}" for row in rows}
    return found


def keep_drifts(
    db: sa.Connection, reading: OltReading, findings: Sequence[Finding], *, act: Act
) -> None:
    """Keep what differs; what was different and no longer is, goes.

    Of a port that was not read to its end, and of what fulfilment is at, nothing new is known:
    what was told of it stays.
    """
    told = {(each.verdict, each.subject): each for each in _all_of(db, reading.olt.id)}
    differing = [each for each in findings if each.verdict in DRIFTS]
    unknown = {
        each.service_id
        for each in findings
        if each.verdict in {Verdict.NOT_KNOWN, Verdict.UNDER_WAY}
    }
    new = [each for each in differing if (each.verdict, each.subject) not in told]
    again = {(each.verdict, each.subject): each for each in differing}
    confirmed = [told[key].id for key in again if key in told]
    gone = [
        each.id
        for key, each in told.items()
        if key not in again and _is_known(each, reading, unknown)
    ]
    changed = [
        {"drift": told[key].id, "detail": each.detail[:_DETAIL_MAX]}
        for key, each in again.items()
        if key in told and told[key].detail != each.detail[:_DETAIL_MAX]
    ]
    if new:
        db.execute(sa.insert(drifts), [_row(each, reading.olt.id, act) for each in new])
    if changed:
        db.execute(sa.update(drifts).where(drifts.c.id == sa.bindparam("drift")), changed)
    for ids in _parts(confirmed):
        db.execute(sa.update(drifts).where(drifts.c.id.in_(ids)).values(seen_at=act.now))
    for ids in _parts(gone):
        db.execute(sa.delete(drifts).where(drifts.c.id.in_(ids)))


def _is_known(drift: Drift, reading: OltReading, unknown: set[UUID | None]) -> bool:
    if drift.service_id is not None:
        return drift.service_id not in unknown
    return drift.ref.port in reading.read


def list_drifts(
    db: sa.Connection,
    olt_id: UUID | None,
    *,
    after: UUID | None = None,
    limit: int = DRIFTS_MAX,
    verdicts: Collection[Verdict] = DRIFTS,
) -> tuple[Drift, ...]:
    """List what differs on one OLT or on all of them, what was seen first at the top."""
    statement = (
        sa.select(drifts)
        .where(drifts.c.verdict.in_(sorted(verdicts)))
        .order_by(drifts.c.id)
        .limit(limit)
    )
    if olt_id is not None:
        statement = statement.where(drifts.c.olt_id == olt_id)
    if after is not None:
        statement = statement.where(drifts.c.id > after)
    return to_records(db.execute(statement), Drift)


def find_processes(db: sa.Connection, found: Collection[Drift]) -> dict[UUID, ProcessSince]:
    """Find, by service, the process that is at it, or the last since its difference was seen."""
    names = ("id", "service_id", "intent", "state")
    rows = db.execute(
        sa.select(*(processes.c[name] for name in names))
        .join(drifts, drifts.c.service_id == processes.c.service_id)
        .where(drifts.c.id.in_([each.id for each in found]), _is_since(drifts.c.seen_at))
        .order_by(processes.c.created_at, processes.c.id)
    )
    return {each.service_id: each for each in to_records(rows, ProcessSince)}


def count_drifts(db: sa.Connection, olt_id: UUID) -> dict[Verdict, int]:
    """Count what differs on an OLT, by verdict."""
    rows = db.execute(
        sa.select(drifts.c.verdict, sa.func.count().label("number"))
        .where(drifts.c.olt_id == olt_id)
        .group_by(drifts.c.verdict)
        .order_by(drifts.c.verdict)
    )
    return {Verdict(row.verdict): row.number for row in rows}


def list_readings(db: sa.Connection) -> tuple[OltRead, ...]:
    """List when OLTs were read, those with the most differences first."""
    of_olt = sa.select(sa.func.count()).where(drifts.c.olt_id == olt_readings.c.olt_id)
    number = of_olt.scalar_subquery().label("drifts")
    done_since = sa.exists().where(
        processes.c.service_id == drifts.c.service_id, _is_since(drifts.c.seen_at)
    )
    missing = of_olt.where(drifts.c.verdict == Verdict.MISSING, ~done_since).scalar_subquery()
    names = ("read_at", "ports_read", "ports_unread")
    rows = db.execute(
        sa.select(
            olts.c.external_id,
            olts.c.name,
            *(olt_readings.c[name] for name in names),
            number,
            missing.label("missing"),
        )
        .join(olts, olts.c.id == olt_readings.c.olt_id)
        .order_by(number.desc(), olts.c.external_id)
        .limit(READINGS_MAX)
    )
    return to_records(rows, OltRead)


def _is_since(instant: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401  a column or a datetime
    """Say in SQL whether a process is under way, or was since an instant."""
    return sa.or_(processes.c.state.not_in(_OVER), processes.c.updated_at >= instant)


def _all_of(db: sa.Connection, olt_id: UUID) -> tuple[Drift, ...]:
    return to_records(db.execute(sa.select(drifts).where(drifts.c.olt_id == olt_id)), Drift)


_DETAIL_MAX: Final = 300


def _row(finding: Finding, olt_id: UUID, act: Act) -> dict[str, Any]:
    port = finding.ref.port
    return dict(
        to_row(
            Drift(
                id=act.new_id(),
                olt_id=olt_id,
                verdict=finding.verdict,
                subject=finding.subject,
                service_id=finding.service_id,
                frame=port.frame,
                slot=port.slot,
                port=port.port,
                ont_id=finding.ref.ont_id,
                serial=finding.serial,
                detail=finding.detail[:_DETAIL_MAX],
                first_seen_at=act.now,
                seen_at=act.now,
            )
        )
    )


def _parts(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
