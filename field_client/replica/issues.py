"""The issues that are here, and what was answered to them on this tablet."""

import msgspec

from field_client.storage import Connection
from field_client.storage.statements import fetch_all, find_row
from sync_protocol import wire
from sync_protocol.documents import IssueDocument
from sync_protocol.ids import IssueId, JobId
from sync_protocol.operations import AnswerIssue, IssueAnswer, Operation

SHOWN_MAX = 100


class IssueUnknown(LookupError):
    """No such issue on this tablet; it may be closed. Nothing was changed."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that stands, and whether the server has it."""

    answer: IssueAnswer
    is_sent: bool


class IssueHeld(msgspec.Struct, frozen=True, kw_only=True):
    """An issue with what was answered to it; None: nothing yet."""

    document: IssueDocument
    answered: Answered | None


def list_to_tell(db: Connection) -> tuple[IssueHeld, ...]:
    """List what is to be known, what waits for an answer first; of each the newest first."""
    answers = _answers(db)
    documents = (
        wire.decode(row["document"], IssueDocument)
        for row in fetch_all(db, "issues_to_tell", count_max=SHOWN_MAX)
    )
    return tuple(IssueHeld(document=each, answered=answers.get(each.id)) for each in documents)


def get_issue(db: Connection, issue_id: IssueId) -> IssueHeld:
    """Get one that can be answered, or was.

    Raises:
        IssueUnknown: it is not here.
    """
    row = find_row(db, "issue", id=str(issue_id))
    if row is None:
        raise IssueUnknown(
            f"issue {issue_id} is not on this tablet; it may be closed. Nothing was changed"
        )
    document = wire.decode(row["document"], IssueDocument)
    return IssueHeld(document=document, answered=_answers(db).get(issue_id))


def list_open_of_job(db: Connection, job_id: JobId) -> tuple[IssueId, ...]:
    """Name the issues of a job that wait for an answer, newest first."""
    rows = fetch_all(db, "issues_open_of_job", job_id=str(job_id))
    return tuple(msgspec.convert(row["id"], IssueId, strict=False) for row in rows)


def _answers(db: Connection) -> dict[IssueId, Answered]:
    """Read what stands as answered; few are held, for an issue leaves once it is answered."""
    found: dict[IssueId, Answered] = {}
    for row in fetch_all(db, "answers"):
        body = wire.decode(row["raw"], Operation).body
        if isinstance(body, AnswerIssue):
            found[body.issue_id] = Answered(answer=body.answer, is_sent=bool(row["is_acked"]))
    return found
