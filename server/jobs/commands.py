"""What the office does with jobs: create, assign, cancel. The field's side is ``server.sync``."""

from collections.abc import Collection
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
from server.problems import Conflicting, WrongInput
from sync_protocol.documents import JobKind
from sync_protocol.jobs import OPEN_STATES, JobEvent, JobState, next_state
from sync_protocol.messages import LeaveReason
from sync_protocol.visits import KINDS


class Cancellation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a job is called off; a code or a few words, no personal data."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class JobRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a job is for and when the customer expects it."""

    kind: JobKind
    order_item_id: UUID
    service_id: UUID
    premise_id: UUID
    order_number: str
    starts_at: datetime
    ends_at: datetime


def create(db: Connection, request: JobRequest, *, act: Act) -> Job:
    """Store an unassigned job; part of the unit that takes the order.

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
        kind=request.kind,
        order_item_id=request.order_item_id,
        service_id=request.service_id,
        premise_id=request.premise_id,
        assignee_id=None,
        state=JobState.UNASSIGNED,
        state_version=1,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        required_photos=KINDS[request.kind].photos,
        reserved_serial=None,
    )
    storage.insert(db, job)
    audit.record(db, act, "job.created", job_id=job.id, detail={"number": job.number})
    return job


def assign(db: Connection, job_id: UUID, technician_id: UUID, *, act: Act) -> Written[Job]:
    """Give a job to a technician, wherever it stands short of finished; its crew stays.

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
        crew=tuple(each for each in job.crew if each != technician_id),
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
    return Written(moved, feed=_changed_hands(job, moved), topics=topics(moved))


def set_crew(
    db: Connection, job_id: UUID, technician_ids: Collection[UUID], *, act: Act
) -> Written[Job]:
    """Say who works on a job beside its assignee; each of them has it on their tablets.

    Raises:
        NotFound: no such job or technician.
        WrongInput: the job has no assignee, or the assignee is named as crew.
        Conflicting: the job is over.
    """
    job = queries.get(db, job_id, lock=True)
    if job.assignee_id is None:
        raise WrongInput(f"job {job.number} is nobody's yet; assign it first")
    if job.state not in OPEN_STATES:
        raise Conflicting(f"job {job.number} is {job.state}; it needs no crew any more")
    if job.assignee_id in technician_ids:
        raise WrongInput(f"{job.assignee_id} has job {job.number} already; name others")
    for technician_id in technician_ids:
        technicians.get(db, technician_id)
    manned = msgspec.structs.replace(job, crew=tuple(sorted(set(technician_ids))))
    if manned == job:
        return Written(job)
    storage.update(db, manned)
    audit.record(
        db,
        act,
        "job.crew_set",
        job_id=job.id,
        detail={"technician_ids": [str(each) for each in manned.crew]},
    )
    return Written(manned, feed=_changed_hands(job, manned), topics=topics(manned))


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
    left = tuple(
        _feed_change(moved, each, FeedKind.LEAVE, LeaveReason.CANCELLED) for each in job.team
    )
    return Written(moved, feed=left, topics=topics(moved))


def topics(job: Job) -> frozenset[str]:
    """Name whom a change of this job concerns."""
    return frozenset({"jobs", f"job:{job.id}"})


def entered(job: Job) -> tuple[FeedChange, ...]:
    """Tell the tablets of everybody whose job it is that it is new."""
    return tuple(_feed_change(job, each, FeedKind.ENTER) for each in job.team)


def updated(job: Job) -> tuple[FeedChange, ...]:
    """Tell the tablets of everybody whose job it is that the document changed.

    A cancelled job keeps its team and has left their scope; it must not come back.
    """
    if job.state is JobState.CANCELLED:
        return ()
    return tuple(_feed_change(job, each, FeedKind.UPDATE) for each in job.team)


def service_changed(db: Connection, service_id: UUID) -> tuple[FeedChange, ...]:
    """Tell the tablets that hold a job about this service that its state is another one."""
    return tuple(
        change for job in queries.list_of_service(db, service_id) for change in updated(job)
    )


def _changed_hands(before: Job, after: Job) -> tuple[FeedChange, ...]:
    """Say who gets a job, who keeps it and who loses it."""
    gone = [each for each in before.team if each not in after.team]
    return (
        *(_feed_change(after, each, FeedKind.LEAVE, LeaveReason.REASSIGNED) for each in gone),
        *(
            _feed_change(after, each, FeedKind.UPDATE if each in before.team else FeedKind.ENTER)
            for each in after.team
        ),
    )


def _feed_change(
    job: Job, technician_id: UUID, kind: FeedKind, reason: LeaveReason | None = None
) -> FeedChange:
    return FeedChange(scope=technician_id, entity="job", entity_id=job.id, kind=kind, reason=reason)
