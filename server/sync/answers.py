"""What technicians answer to their issues: how those stood, and what an answer makes of them. Pure.

A choice between two values closes an issue. That one has been seen takes it off the tablets, and
whoever decides in the office still finds it.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from server.acts import Act
from server.sync.records import Issue
from server.sync.times import WorkTime
from sync_protocol import issues
from sync_protocol.merge import Decision, IssueStanding
from sync_protocol.operations import AnswerIssue, IssueAnswer, OperationBody


def standing_of(known: Mapping[UUID, Issue], body: OperationBody) -> IssueStanding | None:
    """Say how the issue that is answered stands; None: there is none of this id and job."""
    issue = known.get(body.issue_id) if isinstance(body, AnswerIssue) else None
    if issue is None or issue.job_id != body.job_id:
        return None
    return IssueStanding(
        is_of_field=issues.is_of_field(issue.code, issue.field),
        answer=None if issue.answer is None else IssueAnswer(issue.answer),
        is_closed=issue.closed_by is not None,
    )


def find_answered(
    known: Mapping[UUID, Issue], body: OperationBody, decision: Decision, done: WorkTime, act: Act
) -> Issue | None:
    """Give an issue with the answer that was decided in it; None: nothing was answered."""
    if decision.answer is None or not isinstance(body, AnswerIssue):
        return None
    issue = known[body.issue_id]
    return msgspec.structs.replace(
        issue,
        answer=decision.answer,
        answered_at=done.at,
        closed_at=issue.closed_at if decision.answer is IssueAnswer.SEEN else act.now,
    )
