"""Reading proposals, and the rows that they are about."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from server.database.rows import to_record, to_records
from server.database.tables.people import technicians
from server.database.tables.plant import drops, premises, terminals
from server.database.tables.work import jobs, proposals
from server.problems import NotFound
from server.proposals.records import Proposal, ProposalLine, ProposalState

PAGE_MAX: Final = 200


def get_locked(db: sa.Connection, proposal_id: UUID) -> Proposal:
    """Get a proposal and keep others from deciding it until the transaction ends.

    Raises:
        NotFound: no such proposal.
    """
    found = db.execute(
        sa.select(proposals).where(proposals.c.id == proposal_id).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("proposal", proposal_id)
    return to_record(found, Proposal)


def list_page(
    db: sa.Connection, *, state: ProposalState | None, offset: int = 0
) -> tuple[ProposalLine, ...]:
    """List up to ``PAGE_MAX`` proposals, oldest first."""
    statement = (
        sa.select(
            proposals,
            jobs.c.number.label("job_number"),
            premises.c.address,
            technicians.c.name.label("technician"),
        )
        .join(jobs, jobs.c.id == proposals.c.job_id)
        .join(premises, premises.c.id == proposals.c.premise_id)
        .join(technicians, technicians.c.id == proposals.c.technician_id)
        .order_by(proposals.c.raised_at, proposals.c.id)
        .offset(offset)
        .limit(PAGE_MAX)
    )
    if state is not None:
        statement = statement.where(proposals.c.state == state)
    return to_records(db.execute(statement), ProposalLine)


def of_job(db: sa.Connection, job_id: UUID) -> Mapping[UUID, Proposal]:
    """Get the proposals of a job, by the id of their captures."""
    rows = db.execute(sa.select(proposals).where(proposals.c.job_id == job_id))
    return {found.id: found for found in to_records(rows, Proposal)}


def find_import_row(db: sa.Connection, kind: str, premise_id: UUID) -> Mapping[str, Any] | None:
    """Find the premise, or the drop that its route begins with, as a file would hold it."""
    statement = _PREMISE if kind == "premises" else _DROP
    found = db.execute(statement, {"premise_id": premise_id}).mappings().first()
    return None if found is None else {str(name): value for name, value in found.items()}


_WANTED: Final = sa.bindparam("premise_id", type_=sa.Uuid)
_PREMISE: Final = sa.select(premises).where(premises.c.id == _WANTED)
_DROP: Final = (
    sa.select(
        *(column for column in drops.c if not column.name.endswith("_id")),
        drops.c.external_id,
        terminals.c.external_id.label("terminal"),
        premises.c.external_id.label("premise"),
    )
    .join(terminals, terminals.c.id == drops.c.terminal_id)
    .join(premises, premises.c.id == drops.c.premise_id)
    .where(drops.c.premise_id == _WANTED)
    .order_by(drops.c.external_id)
)
