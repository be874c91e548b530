"""What the office does with jobs: create, assign, cancel. The field's side is ``server.sync``."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from server import audit
from server.acts import Act
from server.database import Connection, FeedChange, Written
from server.database.units import FeedKind
from server.jobs import queries, storage
from server.jobs.records import Job
from server.people import technicians
from server.problems import WrongInput
from sync_protocol.documents import JobKind
from sync_protocol.jobs import OPEN_STATES, JobEvent, JobState, next_state
from sync_protocol.messages import LeaveReason

REQUIRED_PHOTOS = ("ont_mounted", "ont_label")
"""What an install must show, by subject."""


class Cancellation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a job is called off; a code or a few words, no personal data."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class InstallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an install job is for and when the customer expects it."""

    order_item_id: UUID
    service_id: UUID
    premise_id: UUID
    order_number: str
    starts_at: datetime
    ends_at: datetime


def create_install(db: Connection, request: InstallRequest, *, act: Act) -> Job:
    """Store an unassigned install job; part of the unit that takes the order.

    Raises:
        WrongInput: the appointment ends before it starts.
    """
    if request.ends_at <= request.starts_at:
        raise WrongInput(
            f"the appointment ends at {request.ends_at.isoformat()}; that must be after its start "
            f"at {request.starts_at.isoformat()}"
        )
    job = Job(
        id=act.new_id(),
        number=f"{request.order_number}-1",
        kind=JobKind.INSTALL,
        order_item_id=request.order_item_id,
        service_id=request.service_id,
        premise_id=request.premise_id,
        assignee_id=None,
        state=JobState.UNASSIGNED,
        state_version=1,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        required_photos=REQUIRED_PHOTOS,
        reserved_serial=None,
    )
    storage.insert(db, job)
    audit.record(db, act, "job.created", job_id=job.id, detail={"number": job.number})
    return job


def assign(db: Connection, job_id: UUID, technician_id: UUID, *, act: Act) -> Written[Job]:
    """Give a job to a technician, wherever it stands short of finished.

    Assigning a job to whom it belongs already changes nothing.

    Raises:
        NotFound: no such job or technician.
        MoveNotAllowed: the job is completed or cancelled; nothing changed.
    """
    technicians.get(db, technician_id)
    job = queries.get(db, job_id, lock=True)
    if job.assignee_id == technician_id and job.state in OPEN_STATES:
        return Written(job)
    moved = msgspec.structs.replace(
        job,
        assignee_id=technician_id,
        state=next_state(job.state, JobEvent.ASSIGN),
        state_version=job.state_version + 1,
    )
    storage.update(db, moved)
    audit.record(
        db,
        act,
        "job.assigned",
        job_id=job.id,
        detail={
            "technician_id": str(technician_id),
            "from": str(job.assignee_id) if job.assignee_id else None,
        },
    )
    return Written(
        moved, feed=(*_left(job, LeaveReason.REASSIGNED), _entered(moved)), topics=topics(moved)
    )


def cancel(db: Connection, job_id: UUID, *, reason: str, act: Act) -> Written[Job]:
    """Call a job off. Work that arrives later is kept as evidence and causes nothing.

    Raises:
        NotFound: no such job.
        MoveNotAllowed: the job is completed or cancelled; nothing changed.
    """
    job = queries.get(db, job_id, lock=True)
    moved = msgspec.structs.replace(
        job,
        state=next_state(job.state, JobEvent.CANCEL),
        state_version=job.state_version + 1,
    )
    storage.update(db, moved)
    audit.record(db, act, "job.cancelled", job_id=job.id, detail={"reason": reason})
    return Written(moved, feed=_left(job, LeaveReason.CANCELLED), topics=topics(moved))


def topics(job: Job) -> frozenset[str]:
    """Name whom a change of this job concerns."""
    return frozenset({"jobs", f"job:{job.id}"})


def updated(job: Job) -> tuple[FeedChange, ...]:
    """Tell the assignee's tablets that the document changed.

    A cancelled job keeps its assignee and has left their scope; it must not come back.
    """
    if job.assignee_id is None or job.state is JobState.CANCELLED:
        return ()
    return (
        FeedChange(scope=job.assignee_id, entity="job", entity_id=job.id, kind=FeedKind.UPDATE),
    )


def _entered(job: Job) -> FeedChange:
    if job.assignee_id is None:
        raise WrongInput(f"job {job.id} has no assignee to enter the scope of")
    return FeedChange(scope=job.assignee_id, entity="job", entity_id=job.id, kind=FeedKind.ENTER)


def _left(job: Job, reason: LeaveReason) -> tuple[FeedChange, ...]:
    if job.assignee_id is None:
        return ()
    return (
        FeedChange(
            scope=job.assignee_id,
            entity="job",
            entity_id=job.id,
            kind=FeedKind.LEAVE,
            reason=reason,
        ),
    )
