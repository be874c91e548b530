"""What the console shows of jobs beyond one list: how many wait where, and one job as a whole."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server import audit
from server.audit import AuditEntry
from server.database.rows import to_record
from server.database.tables.offers import products, services
from server.database.tables.people import technicians as technicians_table
from server.database.tables.plant import premises
from server.database.tables.work import jobs
from server.jobs import queries
from server.jobs.consequences import list_consequences
from server.jobs.queries import JobFilter
from server.jobs.records import Completion, JobLine, StoredCapture
from server.people import queries as people
from server.people import technicians
from server.people.technicians import Technician
from server.problems import NotFound
from server.proposals import queries as proposals
from server.proposals.records import Proposal
from server.services import storage as services_storage
from server.services.records import Service
from server.sync import blobs
from sync_protocol.documents import JobDocument
from sync_protocol.jobs import JobState


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """One page of jobs with everything its controls need; read in one snapshot."""

    lines: tuple[JobLine, ...]
    has_more: bool
    counts: Mapping[JobState, int]
    technicians: tuple[Technician, ...]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What moves on a job's page: its state, its service, its evidence, and what happened."""

    document: JobDocument
    service: Service
    captures: tuple[StoredCapture, ...]
    completions: tuple[Completion, ...]
    entries: tuple[AuditEntry, ...]
    proposals: Mapping[UUID, Proposal]
    """What became of the corrections among the captures, by the id of the capture."""
    blobs_here: frozenset[str]
    """Of those that the captures name, by SHA-256."""
    names: Mapping[UUID, str]
    """Of everybody who is mentioned: users, technicians, devices, integrations."""


def load_board(db: sa.Connection, wanted: JobFilter, *, page: int, page_size: int) -> Board:
    """Read one page of jobs; pages count from 1."""
    found = queries.list_page(db, wanted, offset=(page - 1) * page_size, limit=page_size + 1)
    return Board(
        lines=found[:page_size],
        has_more=len(found) > page_size,
        counts=_counts(db),
        technicians=technicians.list_all(db),
    )


def load_story(db: sa.Connection, job_id: UUID) -> Story:
    """Read one job as its page shows it.

    Raises:
        NotFound: no such job.
    """
    job = queries.get(db, job_id)
    told = (*audit.list_of_job(db, job_id), *list_consequences(db, job.service_id))
    entries = tuple(sorted(told, key=lambda entry: (entry.at, entry.id)))
    captures = queries.list_captures(db, job_id)
    mentioned = {capture.technician_id for capture in captures}
    mentioned |= {entry.actor_id for entry in entries if entry.actor_id is not None}
    mentioned |= {found for entry in entries for found in _ids_in(entry)}
    mentioned |= set(job.team)
    return Story(
        document=queries.documents(db, [job_id])[job_id],
        service=services_storage.get(db, job.service_id),
        captures=captures,
        proposals=proposals.of_job(db, job_id),
        blobs_here=blobs.present(db, _blobs_of(captures)),
        completions=queries.list_completions(db, job.order_item_id),
        entries=entries,
        names=people.names_of(db, mentioned),
    )


def get_line(db: sa.Connection, job_id: UUID) -> JobLine:
    """Read one job as its row in the list shows it.

    Raises:
        NotFound: no such job.
    """
    row = db.execute(
        sa.select(
            *(jobs.c[name] for name in _OWN_COLUMNS),
            premises.c.zone,
            premises.c.address,
            premises.c.city,
            products.c.name.label("product"),
            technicians_table.c.name.label("assignee"),
        )
        .join(premises, premises.c.id == jobs.c.premise_id)
        .join(services, services.c.id == jobs.c.service_id)
        .join(products, products.c.id == services.c.product_id)
        .outerjoin(technicians_table, technicians_table.c.id == jobs.c.assignee_id)
        .where(jobs.c.id == job_id)
    ).one_or_none()
    if row is None:
        raise NotFound("job", job_id)
    return to_record(row, JobLine)


_OWN_COLUMNS = ("id", "number", "kind", "state", "starts_at", "ends_at", "assignee_id")


def zones(db: sa.Connection) -> tuple[str, ...]:
    """List the time zones of the premises that have jobs; nearly always one."""
    rows = db.execute(
        sa.select(premises.c.zone).join(jobs, jobs.c.premise_id == premises.c.id).distinct()
    )
    return tuple(sorted(rows.scalars()))


def _counts(db: sa.Connection) -> Mapping[JobState, int]:
    rows = db.execute(sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state))
    return {JobState(state): count for state, count in rows}


def _blobs_of(captures: Iterable[StoredCapture]) -> set[str]:
    named = (capture.capture["body"].get("sha256") for capture in captures)
    return {sha256 for sha256 in named if sha256 is not None}


def _ids_in(entry: AuditEntry) -> set[UUID]:
    """Find the technicians that a line mentions."""
    one = (entry.detail.get(key) for key in ("technician_id", "from"))
    many = entry.detail.get("technician_ids", ())
    return {UUID(value) for value in (*one, *many) if isinstance(value, str)}
