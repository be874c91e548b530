"""How a visit ended, as an operation tells it. Pure."""

from server.acts import Act
from server.jobs.records import Entered, Job, Visit
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.merge import Decision
from sync_protocol.operations import CompleteJob, GiveUpJob, MoveJob, OperationBody


def find_end(
    job: Job, body: OperationBody, decision: Decision, entered: Entered, act: Act
) -> Visit | None:
    """Say how a visit ended; None: this does not end one.

    A completion that moved no job, for it was called off or re-assigned meanwhile, ended one all
    the same: somebody was there, and whoever comes next wants to know.
    """
    said = _said(body)
    if said is None or (decision.state is None and not decision.keeps_evidence):
        return None
    state, code, remark = said
    return Visit(
        id=act.new_id(),
        job_id=job.id,
        premise_id=job.premise_id,
        technician_id=entered.technician_id,
        technician=entered.name,
        state=state,
        code=code,
        remark=remark,
        ended_at=entered.at or act.now,
        received_at=act.now,
    )


def _said(body: OperationBody) -> tuple[JobState, str | None, str] | None:
    match body:
        case CompleteJob():
            return JobState.COMPLETED, body.code, ""
        case GiveUpJob():
            return JobState.NOT_DONE, body.code, body.remark
        case MoveJob(event=JobEvent.ABORT):
            return JobState.ABORTED, None, ""
        case _:
            return None
