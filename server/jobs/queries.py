"""Reading jobs: one, a page for dispatch, and the documents that tablets hold."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server import audit
from server.audit import AuditEntry
from server.database.prepared import Prepared
from server.database.rows import to_records
from server.database.tables.offers import accounts, products, services
from server.database.tables.people import technicians
from server.database.tables.plant import onts, premises
from server.database.tables.work import captures, completions, job_fields, jobs
from server.jobs import surroundings
from server.jobs.records import Completion, Entered, Job, JobLine, StoredCapture
from server.jobs.surroundings import Place, Surroundings
from server.plant import routes
from server.problems import NotFound
from sync_protocol.documents import (
    UNKNOWN_PLANT,
    Appointment,
    CustomerCard,
    JobDocument,
    JobKind,
    PremiseCard,
    ProductCard,
    VersionedValue,
)
from sync_protocol.ids import JobId, TechnicianId
from sync_protocol.jobs import OPEN_STATES, JobState

PAGE_MAX: Final = 200
_AHEAD: Final = frozenset({JobState.UNASSIGNED, *OPEN_STATES})
"""States in which somebody is still to come."""
_BY_ID: Final = sa.select(jobs).where(jobs.c.id == sa.bindparam("wanted"))
_FIND: Final = Prepared(_BY_ID)
_OF_SERVICE: Final = Prepared(
    sa.select(jobs).where(jobs.c.service_id == sa.bindparam("service_id")).order_by(jobs.c.id)
)
_FIND_LOCKED: Final = Prepared(_BY_ID.with_for_update(key_share=True))
_LIST_CAPTURES: Final = Prepared(
    sa.select(captures)
    .where(captures.c.job_id == sa.bindparam("job"))
    .order_by(captures.c.received_at, captures.c.id)
)
_LIST_COMPLETIONS: Final = Prepared(
    sa.select(completions)
    .where(completions.c.order_item_id == sa.bindparam("item"))
    .order_by(completions.c.received_at, completions.c.id)
)


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a dispatcher wants to see; None does not restrict."""

    state: JobState | None = None
    assignee_id: UUID | None = None
    from_time: datetime | None = None
    until_time: datetime | None = None


def get(db: sa.Connection, job_id: UUID, *, lock: bool = False) -> Job:
    """Get a job; ``lock`` keeps others from changing it until the transaction ends.

    Raises:
        NotFound: no such job.
    """
    job = find(db, job_id, lock=lock)
    if job is None:
        raise NotFound("job", job_id)
    return job


def find(db: sa.Connection, job_id: UUID, *, lock: bool = False) -> Job | None:
    """Find a job, or None."""
    return (_FIND_LOCKED if lock else _FIND).record(db, {"wanted": job_id}, Job)


def list_of_service(db: sa.Connection, service_id: UUID) -> tuple[Job, ...]:
    """List the jobs that are about one service; their documents show its state."""
    return _OF_SERVICE.records(db, {"service_id": service_id}, Job)


def find_id_by_number(db: sa.Connection, number: str) -> UUID | None:
    """Find a job by the number that people quote."""
    return db.execute(sa.select(jobs.c.id).where(jobs.c.number == number)).scalar_one_or_none()


def list_page(
    db: sa.Connection, wanted: JobFilter, *, offset: int = 0, limit: int = 50
) -> tuple[JobLine, ...]:
    """List jobs, unassigned first, then by appointment."""
    statement = (
        sa.select(
            jobs.c.id,
            jobs.c.number,
            jobs.c.kind,
            jobs.c.state,
            jobs.c.starts_at,
            jobs.c.ends_at,
            premises.c.zone,
            premises.c.address,
            premises.c.city,
            products.c.name.label("product"),
            jobs.c.assignee_id,
            technicians.c.name.label("assignee"),
        )
        .join(premises, premises.c.id == jobs.c.premise_id)
        .join(services, services.c.id == jobs.c.service_id)
        .join(products, products.c.id == services.c.product_id)
        .outerjoin(technicians, technicians.c.id == jobs.c.assignee_id)
        .where(*_conditions(wanted))
        .order_by(
            sa.case((jobs.c.state == JobState.UNASSIGNED, 0), else_=1), jobs.c.starts_at, jobs.c.id
        )
        .offset(offset)
        .limit(min(limit, PAGE_MAX))
    )
    return to_records(db.execute(statement), JobLine)


def _conditions(wanted: JobFilter) -> Iterable[sa.ColumnElement[bool]]:
    if wanted.state is not None:
        yield jobs.c.state == wanted.state
    if wanted.assignee_id is not None:
        yield jobs.c.assignee_id == wanted.assignee_id
    if wanted.from_time is not None:
        yield jobs.c.ends_at > wanted.from_time
    if wanted.until_time is not None:
        yield jobs.c.starts_at < wanted.until_time


def timeline(db: sa.Connection, job_id: UUID) -> tuple[AuditEntry, ...]:
    """List what happened to a job, oldest first.

    Raises:
        NotFound: no such job.
    """
    return audit.list_of_job(db, get(db, job_id).id)


def list_captures(db: sa.Connection, job_id: UUID) -> tuple[StoredCapture, ...]:
    """List what was captured for a job, in order of arrival."""
    return _LIST_CAPTURES.records(db, {"job": job_id}, StoredCapture)


def list_completions(db: sa.Connection, order_item_id: UUID) -> tuple[Completion, ...]:
    """List the completions that may fulfil an order item, first received first."""
    return _LIST_COMPLETIONS.records(db, {"item": order_item_id}, Completion)


def count_completions(db: sa.Connection, order_item_id: UUID) -> int:
    """Count the completions that may fulfil an order item."""
    counted = sa.select(sa.func.count(completions.c.id).label("rows"))
    return db.execute(counted.where(completions.c.order_item_id == order_item_id)).scalar_one()


def fields_of(
    db: sa.Connection, job_ids: Iterable[UUID]
) -> Mapping[UUID, Mapping[str, VersionedValue]]:
    """Get the shared fields of jobs, by name: a document must come out the same each time."""
    found: dict[UUID, dict[str, VersionedValue]] = {}
    for row in _FIELDS.rows(db, {"ids": list(job_ids)}):
        value = VersionedValue(value=row["value"], version=row["version"])
        found.setdefault(row["job_id"], {})[row["field"]] = value
    return found


def fields_as_set(
    db: sa.Connection, job_ids: Iterable[UUID]
) -> Iterable[tuple[UUID, str, VersionedValue, Entered | None]]:
    """Get the shared fields of jobs, each with who entered what stands; None: not known."""
    for row in _FIELDS_AS_SET.rows(db, {"ids": list(job_ids)}):
        value = VersionedValue(value=row["value"], version=row["version"])
        yield row["job_id"], row["field"], value, _entered(row)


def _entered(row: Mapping[str, Any]) -> Entered | None:
    if row["set_by"] is None:
        return None
    return Entered(
        technician_id=row["set_by"],
        name=row["name"],
        at=row["set_at"],
        incarnation=row["set_incarnation"],
        dseq=row["set_dseq"],
    )


def documents(db: sa.Connection, job_ids: Iterable[UUID]) -> Mapping[UUID, JobDocument]:
    """Render jobs as tablets hold them, in a fixed number of queries however many they are.

    A job whose premise has lost its drop is there, with an unknown plant: the visit is due all the
    same, and page and tablet say what is wrong.

    Earlier visits and tickets are for who is still to come: a job that has ended goes without.

    Everything a document embeds is selected here; whatever changes such a column must put the job
    into the feed (``server.imports`` and the commands do, and a test alters every column).
    """
    wanted = list(job_ids)
    if not wanted:  # most pulls bring nothing
        return {}
    rows = _DOCUMENTS.rows(db, {"ids": wanted})
    fields = fields_of(db, wanted)
    plant = routes.routes_of(db, {row["premise_id"] for row in rows})
    places = {Place(row["account_id"], row["premise_id"]) for row in rows if row["state"] in _AHEAD}
    around = surroundings.find(db, places)
    return {
        row["id"]: _document(
            row,
            fields.get(row["id"], {}),
            plant.get(row["premise_id"]),
            around[Place(row["account_id"], row["premise_id"])]
            if row["state"] in _AHEAD
            else Surroundings(),
        )
        for row in rows
    }


_DOCUMENTS: Final = Prepared(
    sa.select(
        jobs,
        accounts.c.id.label("account_id"),
        accounts.c.name.label("customer_name"),
        accounts.c.phone.label("customer_phone"),
        premises.c.address,
        premises.c.city,
        premises.c.postcode,
        premises.c.latitude,
        premises.c.longitude,
        premises.c.zone,
        premises.c.access_notes,
        premises.c.hazards,
        products.c.name.label("product_name"),
        products.c.down_mbps,
        products.c.up_mbps,
        services.c.state.label("service_state"),
        services.c.live_at,
        sa.func.coalesce(onts.c.model, products.c.ont_model).label("expected_model"),
        services.c.ont_serial,
        services.c.baseline_cdbm,
    )
    .join(services, services.c.id == jobs.c.service_id)
    .join(accounts, accounts.c.id == services.c.account_id)
    .join(premises, premises.c.id == jobs.c.premise_id)
    .join(products, products.c.id == services.c.product_id)
    .outerjoin(onts, onts.c.serial == jobs.c.reserved_serial)
    .where(jobs.c.id.in_(sa.bindparam("ids", expanding=True)))
)
_FIELDS: Final = Prepared(
    sa.select(job_fields.c.job_id, job_fields.c.field, job_fields.c.value, job_fields.c.version)
    .where(job_fields.c.job_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(job_fields.c.field)
)
_FIELDS_AS_SET: Final = Prepared(
    sa.select(job_fields, technicians.c.name)
    .outerjoin(technicians, technicians.c.id == job_fields.c.set_by)
    .where(job_fields.c.job_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(job_fields.c.field)
)


def _document(
    values: Mapping[str, Any],
    fields: Mapping[str, VersionedValue],
    route: routes.Route | None,
    around: Surroundings,
) -> JobDocument:
    assignee_id = values["assignee_id"]
    return JobDocument(
        id=JobId(values["id"]),
        kind=JobKind(values["kind"]),
        number=values["number"],
        state=JobState(values["state"]),
        state_version=values["state_version"],
        assignee_id=None if assignee_id is None else TechnicianId(assignee_id),
        customer=CustomerCard(name=values["customer_name"], phone=values["customer_phone"]),
        premise=PremiseCard(
            address=f"{values['address']}, {values['postcode']} {values['city']}",
            latitude=values["latitude"],
            longitude=values["longitude"],
            zone=values["zone"],
            access_notes=values["access_notes"],
            hazards=tuple(values["hazards"]),
        ),
        product=ProductCard(
            name=values["product_name"], down_mbps=values["down_mbps"], up_mbps=values["up_mbps"]
        ),
        plant=UNKNOWN_PLANT if route is None else route.card(),
        appointment=Appointment(starts_at=values["starts_at"], ends_at=values["ends_at"]),
        required_photos=tuple(values["required_photos"]),
        fields=fields,
        reserved_serial=values["reserved_serial"],
        service_state=values["service_state"],
        live_at=values["live_at"],
        crew_ids=tuple(TechnicianId(UUID(each)) for each in values["crew"]),
        expected_model=values["expected_model"],
        current_serial=values["ont_serial"],
        baseline_cdbm=values["baseline_cdbm"],
        visits=around.visits,
        tickets=around.tickets,
    )
