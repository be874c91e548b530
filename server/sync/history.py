"""What a push tells the audit: one line for each operation on a job that is known. Pure."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from server.sync.times import WorkTime
from sync_protocol.merge import Decision
from sync_protocol.operations import (
    AnswerIssue,
    Capture,
    CompleteJob,
    CreateJob,
    GiveUpJob,
    MoveJob,
    OperationBody,
    RecordCapture,
    SetField,
)


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit that a push will write."""

    action: str
    job_id: UUID
    detail: Mapping[str, str | None]


def line_of(job_id: UUID, body: OperationBody, decision: Decision, done: WorkTime) -> HistoryLine:
    """Say what was done to a job, what became of it, and when it was."""
    return HistoryLine(
        action=_ACTIONS[type(body)],
        job_id=job_id,
        detail={
            "what": _what(body),
            "verdict": decision.verdict,
            "code": decision.code,
            **_when(done),
        },
    )


def _when(done: WorkTime) -> Mapping[str, str | None]:
    """Say when it was done, and what of that cannot be trusted."""
    return {
        "worked_at": done.at.isoformat(),
        "worked_from": done.earliest.isoformat() if done.earliest else None,
        "clock": "unsure" if not done.is_sure else "skewed" if done.is_skewed else None,
    }


def _what(body: OperationBody) -> str:
    """Say in a code what an operation is about; captured values stay with the captures."""
    match body:
        case RecordCapture():
            return kind_of(body.capture)
        case MoveJob():
            return body.event
        case SetField():
            return body.field
        case CompleteJob() | GiveUpJob():
            return body.code
        case CreateJob():
            return body.kind
        case AnswerIssue():
            return body.answer


def kind_of(capture: Capture) -> str:
    """Name the kind of a capture: the tag under which its body travels."""
    return str(type(capture.body).__struct_config__.tag)


_ACTIONS: Final[Mapping[type[OperationBody], str]] = {
    RecordCapture: "capture.received",
    MoveJob: "job.moved",
    SetField: "job.field_set",
    CompleteJob: "job.completed",
    GiveUpJob: "job.given_up",
    CreateJob: "job.created",
    AnswerIssue: "issue.answered",
}
