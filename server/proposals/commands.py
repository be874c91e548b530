"""Taking proposals from the field, and deciding them."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

import msgspec

from server import audit, inputs
from server.acts import Act
from server.database import Connection, Written
from server.imports import commands as import_commands
from server.imports.batches import BatchPlan
from server.imports.files import Numbered
from server.imports.kinds import KINDS
from server.jobs.records import StoredCapture
from server.problems import Conflicting
from server.proposals import queries, storage
from server.proposals.changes import find_change
from server.proposals.records import Change, Proposal, ProposalState, Ruling
from sync_protocol.operations import Correction

_KIND: Final = Correction.__struct_config__.tag


def take(
    db: Connection, captured: Iterable[StoredCapture], premises: Mapping[UUID, UUID]
) -> frozenset[str]:
    """Open a proposal for each correction among new captures; answer whom to wake.

    ``premises`` gives the premise of each job.
    """
    raised = [
        _proposal(stored, premises[stored.job_id]) for stored in captured if stored.kind == _KIND
    ]
    storage.insert_all(db, raised)
    return frozenset({"proposals"}) if raised else frozenset()


def decide(db: Connection, proposal_id: UUID, ruling: Ruling, *, act: Act) -> Written[Proposal]:
    """Accept or decline a proposal; what is decided so already stays as it is.

    Accepting changes the data where ``changes.find_change`` knows how, with the checks of an
    import, and tells the tablets that hold them. Else it is noted that somebody has to.

    Raises:
        NotFound: no such proposal.
        Conflicting: it was decided otherwise, or the change does not fit what is stored; nothing
            was changed.
        WrongInput: the proposed value is none for this field; nothing was changed.
    """
    proposal = queries.get_locked(db, proposal_id)
    if proposal.state is ruling.state:
        return Written(proposal)
    if proposal.state is not ProposalState.OPEN:
        raise Conflicting(f"proposal {proposal.id} is {proposal.state} already")
    change = find_change(proposal) if ruling is Ruling.ACCEPT else None
    applied = _apply(db, proposal, change, act) if change else Written(None)
    decided = msgspec.structs.replace(
        proposal,
        state=ruling.state,
        is_applied=change is not None,
        decided_by=act.actor.id,
        decided_at=act.now,
    )
    storage.decide(db, decided)
    audit.record(
        db,
        act,
        f"proposal.{decided.state}",
        job_id=proposal.job_id,
        detail={
            "proposal_id": str(proposal.id),
            "field": f"{proposal.subject}.{proposal.field}",
            "is_applied": decided.is_applied,
        },
    )
    topics = {"proposals", "jobs", f"job:{proposal.job_id}", *applied.topics}
    return Written(decided, feed=applied.feed, topics=frozenset(topics), embedded=applied.embedded)


def _proposal(stored: StoredCapture, premise_id: UUID) -> Proposal:
    body = msgspec.convert(stored.capture["body"], Correction)
    return Proposal(
        id=stored.id,
        job_id=stored.job_id,
        premise_id=premise_id,
        technician_id=stored.technician_id,
        subject=body.subject,
        field=body.field,
        seen_value=body.seen_value,
        proposed_value=body.proposed_value,
        reason=body.reason,
        raised_at=stored.received_at,
    )


def _apply(db: Connection, proposal: Proposal, change: Change, act: Act) -> Written[BatchPlan]:
    """Change the row as an import of it would.

    Raises:
        Conflicting, WrongInput: as ``decide``.
    """
    before = queries.find_import_row(db, change.kind, proposal.premise_id)
    if before is None:
        raise Conflicting(
            f"there are no {change.kind} at the premise of proposal {proposal.id} any more; "
            "decline it, or complete the plant data first"
        )
    kind = KINDS[change.kind]
    row = inputs.read({**before, **change.values}, kind.row_type)
    written = import_commands.import_batch(db, kind, [Numbered(0, row)], act=act)
    for complaint in written.value.complaints:
        raise Conflicting(
            f"{complaint.column} {complaint.value} cannot be stored: it must be {complaint.right}"
        )
    return written
