"""What an operation does to a job: the policy, run by server and tablet alike.

A situation goes in, a decision comes out; storing it is somebody else's business. The rules are
the table ``FIELD_OWNERS`` and one short function per kind of operation, and none of them can lose
what a technician entered: it is applied, merged, kept beside the office's value, parked for a
person, or rejected with a code, and always recorded.
"""

import enum
from collections.abc import Collection, Mapping
from typing import Final, assert_never

import msgspec

from sync_protocol import evidence
from sync_protocol.documents import JobKind, VersionedValue
from sync_protocol.ids import CaptureId, TechnicianId
from sync_protocol.jobs import FINAL_STATES, JobEvent, JobState, MoveNotAllowed, next_state
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import (
    AnswerIssue,
    Capture,
    CompleteJob,
    CreateJob,
    GiveUpJob,
    IssueAnswer,
    MoveJob,
    OperationBody,
    RecordCapture,
    SetField,
)
from sync_protocol.quoting import quoted
from sync_protocol.units import Counter, Sha256Hex


class Owner(enum.StrEnum):
    """Who may write a field."""

    SHARED = "shared"
    OFFICE = "office"


FIELD_OWNERS: Final[Mapping[str, Owner]] = {
    "access_notes": Owner.SHARED,
    "contact_phone": Owner.SHARED,
    "technician_remark": Owner.SHARED,
    "appointment": Owner.OFFICE,
    "assignee": Owner.OFFICE,
    "priority": Owner.OFFICE,
}

FIELD_EVENTS: Final = frozenset(
    {
        JobEvent.ACCEPT,
        JobEvent.DEPART,
        JobEvent.ARRIVE,
        JobEvent.START,
        JobEvent.PAUSE,
        JobEvent.RESUME,
        JobEvent.ABORT,
    }
)
"""Events that a tablet may send in a ``MoveJob``."""


class Code(enum.StrEnum):
    """Why a verdict is not simply *applied*."""

    LATE = "late"
    NOT_ASSIGNED = "not_assigned"
    ILLEGAL_TRANSITION = "illegal_transition"
    ALREADY_COMPLETED = "already_completed"
    JOB_CANCELLED = "job_cancelled"
    UNKNOWN_JOB = "unknown_job"
    ID_REUSE = "id_reuse"
    UNKNOWN_FIELD = "unknown_field"
    OWNER_FIELD = "owner_field"
    EDITED_ON_BOTH_SIDES = "edited_on_both_sides"
    MISSING_CAPTURES = "missing_captures"
    NOT_A_FIELD_EVENT = "not_a_field_event"
    BAD_VALUE = "bad_value"
    UNKNOWN_OPERATION = "unknown_operation"
    NEEDS_PLACING = "needs_placing"
    UNKNOWN_ISSUE = "unknown_issue"
    ALREADY_CLOSED = "already_closed"


class IssueStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How an issue stands that is answered."""

    is_of_field: bool
    """Whether it tells of two values, one of which the technician may choose to stand."""
    answer: IssueAnswer | None = None
    is_closed: bool = False
    """Whether the office has closed it."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an operation arrives. ``state`` is None for a job that is not known."""

    actor_id: TechnicianId
    state: JobState | None
    state_version: Counter = 0
    assignee_id: TechnicianId | None = None
    crew_ids: Collection[TechnicianId] = ()
    fields: Mapping[str, VersionedValue] = {}
    captures: Mapping[CaptureId, Sha256Hex] = {}
    has_place: bool = False
    """Whether the job that a new one is to be beside is known, and this technician's."""
    issue: IssueStanding | None = None
    """The issue that is answered; None: this technician has no such issue of this job."""

    @property
    def is_theirs(self) -> bool:
        """Whether the job is still this technician's, alone or with others."""
        return self.actor_id == self.assignee_id or self.actor_id in self.crew_ids


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """Two values that could not both stand."""

    field: str
    base_value: str | None
    field_value: str
    office_value: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be stored. Fields that are None or false change nothing."""

    verdict: VerdictKind
    code: Code | None = None
    detail: str | None = None
    state: JobState | None = None
    field_value: VersionedValue | None = None
    capture: Capture | None = None
    keeps_evidence: bool = False
    late: bool = False
    clash: Clash | None = None
    creates_job: bool = False
    answer: IssueAnswer | None = None


def decide(situation: Situation, body: OperationBody) -> Decision:  # noqa: PLR0911  one per kind
    """Decide one operation."""
    match body:
        case RecordCapture():
            return _decide_capture(situation, body)
        case MoveJob():
            return _decide_move(situation, body)
        case SetField():
            return _decide_field(situation, body)
        case CompleteJob():
            return _decide_completion(situation, body)
        case GiveUpJob():
            return _decide_give_up(situation, body)
        case CreateJob():
            return _decide_creation(situation, body)
        case AnswerIssue():
            return _decide_answer(situation.issue, body)
        case _:
            assert_never(body)


def _decide_capture(situation: Situation, body: RecordCapture) -> Decision:
    """Captures are an append-only set: taken from anybody at any time, flagged when late."""
    known = situation.captures.get(body.capture.id)
    if known is not None:
        if known == evidence.capture_digest(body.capture):
            return Decision(verdict=VerdictKind.MERGED)
        return Decision(
            verdict=VerdictKind.REJECTED,
            code=Code.ID_REUSE,
            detail=f"capture {body.capture.id} exists with other content",
        )
    if situation.state is None:
        return _unknown_job(capture=body.capture)
    late = not situation.is_theirs or situation.state in FINAL_STATES
    return Decision(
        verdict=VerdictKind.MERGED if late else VerdictKind.APPLIED,
        code=Code.LATE if late else None,
        capture=body.capture,
        late=late,
    )


def _decide_move(situation: Situation, body: MoveJob) -> Decision:
    if body.event not in FIELD_EVENTS:
        return Decision(
            verdict=VerdictKind.REJECTED,
            code=Code.NOT_A_FIELD_EVENT,
            detail=f"a tablet cannot {body.event} a job by a move",
        )
    return _try_event(situation, body.event, body.base_state_version)


def _decide_give_up(situation: Situation, body: GiveUpJob) -> Decision:
    return _try_event(situation, JobEvent.GIVE_UP, body.base_state_version)


def _try_event(situation: Situation, event: JobEvent, base_state_version: int) -> Decision:
    """Try an event from the current state, whatever state the tablet saw.

    What a technician does with a job that is no longer theirs is history, kept beside the office's
    state; it cannot move the job under its new assignee.
    """
    if situation.state is None:
        return _unknown_job()
    if not situation.is_theirs:
        return Decision(
            verdict=VerdictKind.KEPT_AS_CONFLICT,
            code=Code.NOT_ASSIGNED,
            clash=_state_clash(situation.state, event),
        )
    try:
        state = next_state(situation.state, event)
    except MoveNotAllowed as error:
        return Decision(
            verdict=VerdictKind.PARKED,
            code=Code.ILLEGAL_TRANSITION,
            detail=str(error),
            clash=_state_clash(situation.state, event),
        )
    return Decision(verdict=_fresh_or_merged(situation, base_state_version), state=state)


def _decide_completion(situation: Situation, body: CompleteJob) -> Decision:
    """Evidence is never refused; what it causes depends on where the job stands."""
    if body.manifest.job_id != body.job_id:
        return Decision(
            verdict=VerdictKind.REJECTED,
            code=Code.BAD_VALUE,
            detail=f"the manifest vouches for job {body.manifest.job_id}, not for {body.job_id}",
        )
    if situation.state is None:
        return _unknown_job()
    fault = evidence.first_fault(body.manifest, situation.captures)
    if fault is not None:
        return Decision(
            verdict=VerdictKind.PARKED,
            code=Code.MISSING_CAPTURES,
            detail=fault,
            keeps_evidence=True,
        )
    late = not situation.is_theirs
    if situation.state is JobState.COMPLETED:
        return Decision(
            verdict=VerdictKind.KEPT_AS_CONFLICT,
            code=Code.ALREADY_COMPLETED,
            keeps_evidence=True,
            late=late,
            clash=_state_clash(situation.state, JobEvent.COMPLETE),
        )
    try:
        state = next_state(situation.state, JobEvent.COMPLETE)
    except MoveNotAllowed as error:
        return Decision(
            verdict=VerdictKind.PARKED,
            code=Code.JOB_CANCELLED
            if situation.state is JobState.CANCELLED
            else Code.ILLEGAL_TRANSITION,
            detail=str(error),
            keeps_evidence=True,
            late=late,
            clash=_state_clash(situation.state, JobEvent.COMPLETE),
        )
    return Decision(
        verdict=VerdictKind.MERGED
        if late
        else _fresh_or_merged(situation, body.base_state_version),
        code=Code.LATE if late else None,
        state=state,
        keeps_evidence=True,
        late=late,
    )


def _decide_field(situation: Situation, body: SetField) -> Decision:
    owner = FIELD_OWNERS.get(body.field)
    if owner is None or owner is Owner.OFFICE:
        return Decision(
            verdict=VerdictKind.REJECTED,
            code=Code.UNKNOWN_FIELD if owner is None else Code.OWNER_FIELD,
            detail=f"{body.field!r} is not a field that a tablet sets",
        )
    if situation.state is None:
        return _unknown_job()
    if not situation.is_theirs:
        # Kept as history; neither written over the new assignee's value nor told what that is.
        return Decision(
            verdict=VerdictKind.KEPT_AS_CONFLICT,
            code=Code.NOT_ASSIGNED,
            clash=Clash(
                field=body.field,
                base_value=body.base_value,
                field_value=body.value,
                office_value="",
            ),
        )
    current = situation.fields.get(body.field, VersionedValue(value="", version=0))
    written = VersionedValue(value=body.value, version=current.version + 1)
    if current.version == body.base_version:
        return Decision(verdict=VerdictKind.APPLIED, field_value=written)
    if current.value == body.value:
        return Decision(verdict=VerdictKind.MERGED)
    return Decision(
        verdict=VerdictKind.KEPT_AS_CONFLICT,
        code=Code.EDITED_ON_BOTH_SIDES,
        field_value=written,
        clash=Clash(
            field=body.field,
            base_value=body.base_value,
            field_value=body.value,
            office_value=current.value,
        ),
    )


def _decide_creation(situation: Situation, body: CreateJob) -> Decision:
    """Begin a job where it is known at which premise it is; any other is for a person to place.

    The id is the tablet's, so that work on the job can refer to it before anybody has heard of it.
    """
    if situation.state is not None:
        return Decision(
            verdict=VerdictKind.REJECTED,
            code=Code.ID_REUSE,
            detail=f"job {body.job_id} exists already",
        )
    if not situation.has_place or body.kind not in set(JobKind):
        return Decision(
            verdict=VerdictKind.PARKED,
            code=Code.NEEDS_PLACING,
            detail=f"a job of the kind {quoted(body.kind)} at "
            f"{quoted(body.address) if body.address else 'an address that is not told'}; "
            "kept for a person to place",
            late=True,
        )
    return Decision(verdict=VerdictKind.APPLIED, creates_job=True)


def _decide_answer(issue: IssueStanding | None, body: AnswerIssue) -> Decision:
    """Take an answer; the last one stands until the office has closed the issue.

    What comes too late, or to an issue that a restore has undone, has no effect and withholds
    nothing: whatever value it went with, is an operation of its own. So it raises no issue, about
    which another one could be raised.
    """
    if issue is None:
        return Decision(verdict=VerdictKind.MERGED, code=Code.UNKNOWN_ISSUE)
    if body.answer is not IssueAnswer.SEEN and not issue.is_of_field:
        return Decision(
            verdict=VerdictKind.REJECTED,
            code=Code.BAD_VALUE,
            detail=f"issue {body.issue_id} leaves nothing to choose; it can only be seen",
        )
    if issue.is_closed:
        return Decision(verdict=VerdictKind.MERGED, code=Code.ALREADY_CLOSED)
    if issue.answer is body.answer:
        return Decision(verdict=VerdictKind.MERGED)
    return Decision(verdict=VerdictKind.APPLIED, answer=body.answer)


def _unknown_job(capture: Capture | None = None) -> Decision:
    return Decision(
        verdict=VerdictKind.PARKED,
        code=Code.UNKNOWN_JOB,
        detail="no such job here; kept for a person to place",
        capture=capture,
        late=True,
    )


def _fresh_or_merged(situation: Situation, base_state_version: int) -> VerdictKind:
    return (
        VerdictKind.APPLIED if situation.state_version == base_state_version else VerdictKind.MERGED
    )


def _state_clash(state: JobState, event: JobEvent) -> Clash:
    return Clash(field="state", base_value=None, field_value=event, office_value=state)
