"""What a technician answers to an issue: recorded as an operation, with the edit it may need."""

import hashlib
from typing import Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.agent import Agent
from field_client.replica.held import JobUnknown
from field_client.replica.issues import get_issue
from field_client.replica.outbox import Pen, record_operations
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection
from sync_protocol import wire
from sync_protocol.documents import IssueDocument, ShortText, VersionedValue
from sync_protocol.ids import IssueId
from sync_protocol.issues import possible_answers, value_to_keep
from sync_protocol.operations import AnswerIssue, IssueAnswer, SetField
from sync_protocol.quoting import quoted


class NotAnAnswer(ValueError):
    """No answer that this issue can have, on this tablet and now; nothing was recorded."""


class ChangedMeanwhile(RuntimeError):
    """The value that would be replaced is not the one that was shown; nothing was recorded."""


class AnswerEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An ``IssueAnswer``, and the mark of the value that stood when the issue was shown."""

    answer: ShortText
    seen: ShortText | None = None


def mark_of(value: str) -> str:
    """Mark a value, so that it is known again without being sent back whole."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def answer_issue(
    db: Connection, pen: Pen, issue_id: IssueId, entry: AnswerEntry
) -> SetField | None:
    """Answer an issue; the edit that puts the value to keep in place, where another one stands.

    The edit is made over the value that stands on this tablet, and goes out with the answer. The
    same answer again records nothing.

    Raises:
        IssueUnknown: it is not here, or closed meanwhile.
        NotAnAnswer: names the answer and those that are possible.
        ChangedMeanwhile: a pull has brought another value since the issue was shown.
    """
    answer = entry.answer
    held = get_issue(db, issue_id)
    issue, view = held.document, _find_job(db, held.document)
    possible = possible_answers(issue, is_writable=view is not None and not view.card.lingering)
    if answer not in possible:
        raise NotAnAnswer(
            f"{quoted(answer)} cannot be answered to issue {issue_id} here; "
            f"possible: {', '.join(possible)}"
        )
    chosen = IssueAnswer(answer)
    if held.answered is not None and held.answered.answer is chosen:
        return None
    edit = None if view is None else _edit(view, issue, chosen)
    if edit is not None and entry.seen not in {None, mark_of(edit.base_value)}:
        raise ChangedMeanwhile(
            f"{quoted(edit.field)} of job {edit.job_id} has changed since issue {issue_id} was "
            "shown; look at it again. Nothing was recorded"
        )
    said = AnswerIssue(issue_id=issue_id, answer=chosen, job_id=issue.job_id)
    record_operations(db, pen, (said,) if edit is None else (edit, said))
    return edit


def _find_job(db: Connection, issue: IssueDocument) -> JobView | None:
    if issue.job_id is None:
        return None
    try:
        return get_job(db, issue.job_id)
    except JobUnknown:
        return None


def _edit(view: JobView, issue: IssueDocument, answer: IssueAnswer) -> SetField | None:
    """Make the edit that an answer needs; None: what it wants stands, or it wants nothing."""
    wanted = value_to_keep(issue, answer)
    if wanted is None or issue.field is None:
        return None
    base = view.fields.get(issue.field, VersionedValue(value="", version=0))
    if base.value == wanted:
        return None
    return SetField(
        job_id=view.card.id,
        field=issue.field,
        value=wanted,
        base_version=base.version,
        base_value=base.value,
    )


@post("/issues/{issue_id:uuid}/answer", status_code=201)
async def answer(
    agent: NamedDependency[Agent], request: Request[None, None, Any], issue_id: FromPath[IssueId]
) -> SetField | None:
    """Answer an issue; the edit that was made for it, if one was needed."""
    entry = wire.decode(await request.body(), AnswerEntry)
    return await agent.enter(answer_issue, issue_id, entry)
