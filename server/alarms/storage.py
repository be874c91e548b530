"""Reading what a port should have, and storing what its poll showed, never row by row."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.acts import Act
from server.alarms.records import (
    PON_PORT,
    SPLITTER,
    TERMINAL,
    Expected,
    OntState,
    PlantFault,
)
from server.database import Connection
from server.database.prepared import Prepared
from server.database.rows import to_record, to_records, to_row
from server.database.tables.alarms import fault_services, ont_states, plant_faults
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.offers import services
from server.database.tables.plant import drops, olts, pon_ports, splitters, terminals
from server.problems import NotFound
from server.services.records import ServiceState

FAULTS_MAX: Final = 200


def _open_memberships() -> sa.Subquery:
    """Who belongs to an open fault, and is still off: one row for each service at the most.

    A fault that is over may have left some dark, so their rows there say nothing any longer.
    """
    return (
        sa.select(fault_services.c.service_id, fault_services.c.fault_id)
        .join(plant_faults, plant_faults.c.id == fault_services.c.fault_id)
        .where(fault_services.c.back_at.is_(None), plant_faults.c.cleared_at.is_(None))
        .subquery("memberships")
    )


_MEMBERSHIPS: Final = _open_memberships()


def list_expected(db: sa.Connection, pon_port_id: UUID) -> tuple[Expected, ...]:
    """List the running services of a port with their states and open faults."""
    return tuple(_expected(row) for row in _EXPECTED.rows(db, {"port": pon_port_id}))


_EXPECTED: Final = Prepared(
    sa.select(
        ont_allocations.c.service_id,
        ont_allocations.c.serial,
        ont_allocations.c.ont_id,
        terminals.c.splitter_id,
        terminals.c.id.label("terminal_id"),
        ont_states.c.phase,
        ont_states.c.since,
        ont_states.c.reason,
        ont_states.c.cause,
        _MEMBERSHIPS.c.fault_id,
    )
    .join(services, services.c.id == ont_allocations.c.service_id)
    .join(drops, drops.c.premise_id == services.c.premise_id)
    .join(terminals, terminals.c.id == drops.c.terminal_id)
    .join(ont_states, ont_states.c.service_id == services.c.id, isouter=True)
    .join(_MEMBERSHIPS, _MEMBERSHIPS.c.service_id == services.c.id, isouter=True)
    .where(
        ont_allocations.c.pon_port_id == sa.bindparam("port"),
        services.c.state == ServiceState.ACTIVE,
    )
    .order_by(ont_allocations.c.ont_id)
)


def _expected(row: Mapping[str, Any]) -> Expected:
    state = None
    if row["phase"] is not None:
        fields = ("service_id", "phase", "since", "reason", "cause")
        state = msgspec.convert({name: row[name] for name in fields}, OntState)
    names = ("service_id", "serial", "ont_id", "splitter_id", "terminal_id", "fault_id")
    return Expected(**{name: row[name] for name in names}, state=state)


def store_states(db: Connection, changed: Sequence[OntState]) -> None:
    """Store states, whether or not there was one."""
    _STORE_STATES.run_many(db, [to_row(each) for each in changed])


def _upsert(insert: postgresql.Insert | sqlite.Insert) -> sa.Executable:
    new = {name: insert.excluded[name] for name in ("phase", "since", "reason", "cause")}
    return insert.on_conflict_do_update(index_elements=["service_id"], set_=new)


_STORE_STATES: Final = Prepared(
    {
        "postgresql": _upsert(postgresql.insert(ont_states)),
        "sqlite": _upsert(sqlite.insert(ont_states)),
    }
)


def find_open(db: sa.Connection, olt_id: UUID, since: datetime) -> PlantFault | None:
    """Find the open fault of whole ports that began on an OLT not before an instant."""
    row = db.execute(
        sa.select(plant_faults)
        .where(
            plant_faults.c.olt_id == olt_id,
            plant_faults.c.cleared_at.is_(None),
            plant_faults.c.raised_at >= since,
            plant_faults.c.kind.in_(("feeder", "pon_port")),
        )
        .order_by(plant_faults.c.raised_at)
        .limit(1)
        .with_for_update()
    ).one_or_none()
    return None if row is None else to_record(row, PlantFault)


def add_fault(db: Connection, fault: PlantFault, service_ids: Sequence[UUID]) -> None:
    """Store a new fault with whom it takes off the network."""
    db.execute(sa.insert(plant_faults).values(**to_row(fault)))
    _add_services(db, fault.id, service_ids)


def extend_fault(db: Connection, fault: PlantFault, service_ids: Sequence[UUID]) -> None:
    """Store a fault that grew by these services."""
    values: dict[str, Any] = dict(to_row(fault))
    db.execute(
        sa.update(plant_faults).where(plant_faults.c.id == values.pop("id")).values(**values)
    )
    _add_services(db, fault.id, service_ids)


def _add_services(db: Connection, fault_id: UUID, service_ids: Sequence[UUID]) -> None:
    rows = [{"fault_id": fault_id, "service_id": each, "back_at": None} for each in service_ids]
    _ADD_SERVICES.run_many(db, rows)


_ADD_SERVICES: Final = Prepared(sa.insert(fault_services))


def let_return(
    db: Connection, fault_id: UUID, service_ids: Collection[UUID], *, act: Act
) -> PlantFault:
    """Note that services of a fault are back; answer the fault with those that are still dark."""
    db.execute(
        sa.update(fault_services)
        .where(fault_services.c.fault_id == fault_id, fault_services.c.service_id.in_(service_ids))
        .values(back_at=act.now)
    )
    row = db.execute(
        sa.update(plant_faults)
        .where(plant_faults.c.id == fault_id)
        .values(dark=plant_faults.c.dark - len(service_ids))
        .returning(plant_faults)
    ).one()
    return to_record(row, PlantFault)


def list_gone(db: sa.Connection, olt_id: UUID) -> tuple[tuple[UUID, UUID], ...]:
    """List who waits in an open fault of an OLT and runs no longer: fault and service."""
    rows = db.execute(
        sa.select(fault_services.c.fault_id, fault_services.c.service_id)
        .join(plant_faults, plant_faults.c.id == fault_services.c.fault_id)
        .join(services, services.c.id == fault_services.c.service_id)
        .where(
            plant_faults.c.olt_id == olt_id,
            plant_faults.c.cleared_at.is_(None),
            fault_services.c.back_at.is_(None),
            services.c.state != ServiceState.ACTIVE,
        )
    )
    return tuple((row.fault_id, row.service_id) for row in rows)


def clear(db: Connection, fault_id: UUID, *, act: Act) -> None:
    """Close a fault."""
    db.execute(
        sa.update(plant_faults).where(plant_faults.c.id == fault_id).values(cleared_at=act.now)
    )


def list_faults(
    db: sa.Connection,
    *,
    is_open: bool = True,
    older_than: UUID | None = None,
    limit: int = FAULTS_MAX,
) -> tuple[PlantFault, ...]:
    """List faults: those that are open, or those that are over; the newest first."""
    cleared_at = plant_faults.c.cleared_at
    listed = sa.select(plant_faults).where(
        cleared_at.is_(None) if is_open else cleared_at.is_not(None)
    )
    if older_than is not None:  # ids grow with time
        listed = listed.where(plant_faults.c.id < older_than)
    rows = db.execute(listed.order_by(plant_faults.c.id.desc()).limit(limit))
    return to_records(rows, PlantFault)


class NamedFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault, with the names that people know its OLT and its branches by."""

    fault: PlantFault
    olt: str
    branches: tuple[str, ...]


def list_named(db: sa.Connection, *, is_open: bool, limit: int) -> tuple[NamedFault, ...]:
    """List faults with names, in a fixed number of statements."""
    return _named(db, list_faults(db, is_open=is_open, limit=limit))


def get_named(db: sa.Connection, fault_id: UUID) -> NamedFault:
    """Get one fault with names.

    Raises:
        NotFound: no such fault.
    """
    row = db.execute(sa.select(plant_faults).where(plant_faults.c.id == fault_id)).one_or_none()
    if row is None:
        raise NotFound("fault of the plant", fault_id)
    return _named(db, (to_record(row, PlantFault),))[0]


def _named(db: sa.Connection, faults: Sequence[PlantFault]) -> tuple[NamedFault, ...]:
    wanted: dict[str, set[UUID]] = {PON_PORT: set(), SPLITTER: set(), TERMINAL: set()}
    for fault in faults:
        for branch in fault.branches:
            kind, _, branch_id = branch.partition(":")
            wanted[kind].add(UUID(branch_id))
    names: dict[str, str] = {}
    for kind, ids in wanted.items():
        table = _NAMED[kind]
        rows = db.execute(sa.select(table.c.id, table.c.external_id).where(table.c.id.in_(ids)))
        names |= {f"{kind}:{row.id}": row.external_id for row in rows}
    ids_of_olts = {fault.olt_id for fault in faults}
    found = db.execute(sa.select(olts.c.id, olts.c.name).where(olts.c.id.in_(ids_of_olts)))
    olt_names = {row.id: row.name for row in found}
    return tuple(
        NamedFault(
            fault=fault,
            olt=olt_names[fault.olt_id],
            branches=tuple(names.get(branch, branch) for branch in fault.branches),
        )
        for fault in faults
    )


_NAMED: Final[Mapping[str, sa.Table]] = {
    PON_PORT: pon_ports,
    SPLITTER: splitters,
    TERMINAL: terminals,
}


def list_affected(
    db: sa.Connection, fault_id: UUID, *, after: UUID | None, limit: int
) -> tuple[UUID, ...]:
    """List the services that a fault took off the network, a page at a time, by id."""
    listed = sa.select(fault_services.c.service_id).where(fault_services.c.fault_id == fault_id)
    if after is not None:
        listed = listed.where(fault_services.c.service_id > after)
    return tuple(db.execute(listed.order_by(fault_services.c.service_id).limit(limit)).scalars())


def list_back(db: sa.Connection, fault_id: UUID, service_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """List who of these services is back from a fault."""
    listed = sa.select(fault_services.c.service_id).where(
        fault_services.c.fault_id == fault_id,
        fault_services.c.service_id.in_(service_ids),
        fault_services.c.back_at.is_not(None),
    )
    return tuple(db.execute(listed).scalars())


def find_state(db: sa.Connection, service_id: UUID) -> tuple[OntState, UUID | None] | None:
    """Find how the ONT of a service stands, and the open fault that it belongs to."""
    row = db.execute(
        sa.select(ont_states, _MEMBERSHIPS.c.fault_id)
        .join(_MEMBERSHIPS, _MEMBERSHIPS.c.service_id == ont_states.c.service_id, isouter=True)
        .where(ont_states.c.service_id == service_id)
    ).one_or_none()
    return None if row is None else (to_record(row, OntState), row.fault_id)
