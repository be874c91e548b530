"""Facts, operations and situations, made by one call."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from sync_protocol import evidence
from sync_protocol.ids import CaptureId, CompletionId, IssueId, JobId, TechnicianId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.merge import IssueStanding, Situation
from sync_protocol.operations import (
    AnswerIssue,
    Capture,
    CompleteJob,
    CreateJob,
    GiveUpJob,
    IssueAnswer,
    Manifest,
    Moment,
    MoveJob,
    RecordCapture,
    SerialScan,
    SetField,
)
from sync_protocol.optics import LightPath

ADA, BEN = TechnicianId(UUID(int=1)), TechnicianId(UUID(int=2))
JOB, OTHER_JOB = JobId(UUID(int=10)), JobId(UUID(int=11))
NOW: Final = datetime(2026, 7, 2, 14, 2, tzinfo=UTC)
MOMENT: Final = Moment(wall=NOW, monotonic_ms=1000, boot_id="boot")


def a_capture(number: int = 20, serial: str = "HWTC1A2B3C4D") -> Capture:
    return Capture(
        id=CaptureId(UUID(int=number)),
        at=MOMENT,
        body=SerialScan(serial=serial, raw_text=serial, method="scan"),
    )


def recorded(capture: Capture | None = None, job_id: JobId = JOB) -> RecordCapture:
    return RecordCapture(job_id=job_id, capture=capture or a_capture())


def moved(event: JobEvent, base: int = 3) -> MoveJob:
    return MoveJob(job_id=JOB, event=event, base_state_version=base)


def given_up(base: int = 3) -> GiveUpJob:
    return GiveUpJob(job_id=JOB, code="N02", base_state_version=base)


def created(kind: str = "install", *, premise_of: JobId | None = OTHER_JOB) -> CreateJob:
    return CreateJob(
        job_id=JOB,
        kind=kind,
        reason="a second outlet",
        premise_of=premise_of,
        address="Lindenweg 1",
        customer_name="Erika",
    )


def field_set(value: str = "new", *, field: str = "access_notes", base: int = 1) -> SetField:
    return SetField(job_id=JOB, field=field, value=value, base_version=base, base_value="old")


def completed(*captures: Capture, base: int = 3, manifest_of: JobId = JOB) -> CompleteJob:
    return CompleteJob(
        job_id=JOB,
        code="D02",
        base_state_version=base,
        manifest=Manifest(
            completion_id=CompletionId(UUID(int=30)),
            job_id=manifest_of,
            captures=evidence.digests_of(captures),
            completed_at=MOMENT,
        ),
    )


ISSUE = IssueId(UUID(int=40))


def answered(answer: IssueAnswer, job_id: JobId | None = JOB) -> AnswerIssue:
    return AnswerIssue(issue_id=ISSUE, answer=answer, job_id=job_id)


def a_standing(
    answer: IssueAnswer | None = None, *, is_of_field: bool = True, is_closed: bool = False
) -> IssueStanding:
    return IssueStanding(is_of_field=is_of_field, answer=answer, is_closed=is_closed)


def a_situation(state: JobState | None = JobState.WORKING, **changes: Any) -> Situation:  # noqa: ANN401  whatever the record takes
    known = Situation(actor_id=ADA, state=state, state_version=3, assignee_id=ADA)
    return msgspec.structs.replace(known, **changes)


def knowing(*captures: Capture) -> dict[CaptureId, str]:
    return {capture.id: evidence.capture_digest(capture) for capture in captures}


def a_path(**changes: Any) -> LightPath:  # noqa: ANN401  whatever the record takes
    path = LightPath(
        optic_class="GPON_B+",
        splitter_ratios=(4, 8),
        feeder_length_m=3200,
        distribution_length_m=640,
        drop_length_m=40,
        connectors=4,
        splices=6,
        launch_cdbm=320,
    )
    return msgspec.structs.replace(path, **changes)
