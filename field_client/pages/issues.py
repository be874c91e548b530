"""What was not simply taken as it was entered, with both values, who and when; and its answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from field_client.answers import (
    AnswerEntry,
    ChangedMeanwhile,
    NotAnAnswer,
    answer_issue,
    mark_of,
)
from field_client.pages import words
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.languages import N_, Language
from field_client.pages.wording import moment
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.issues import Answered, IssueHeld, IssueUnknown, list_to_tell
from field_client.replica.memory import note_own_value
from field_client.replica.outbox import Pen
from field_client.storage import Connection
from sync_protocol.documents import OVERRULED, IssueDocument, IssueKind
from sync_protocol.ids import IssueId, JobId
from sync_protocol.issues import possible_answers, value_to_keep
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.merge import Code
from sync_protocol.operations import IssueAnswer

_STORIES: Final[Mapping[str, str]] = {
    Code.EDITED_ON_BOTH_SIDES: N_(
        "You and somebody else changed the same field, and neither knew of the other. Both values "
        "are kept."
    ),
    OVERRULED: N_("Somebody who had not seen your entry has changed it."),
    Code.NOT_ASSIGNED: N_(
        "The office had given this job to somebody else. What you entered is kept beside it."
    ),
    Code.ILLEGAL_TRANSITION: N_(
        "The job stood somewhere else when this arrived. It is kept, a person decides."
    ),
    Code.JOB_CANCELLED: N_(
        "The office had cancelled this job. Your work is kept as evidence, a person decides."
    ),
    Code.ALREADY_COMPLETED: N_(
        "Somebody had finished this job before. Your work is kept as evidence."
    ),
    Code.MISSING_CAPTURES: N_(
        "Something that you vouched for has not arrived. A person of the office looks at it."
    ),
    Code.UNKNOWN_JOB: N_("The office does not know this job. What you did is kept."),
}
_OTHERWISE: Final[Mapping[IssueKind, str]] = {
    IssueKind.KEPT_AS_CONFLICT: N_("Two entries could not both stand. Both are kept."),
    IssueKind.PARKED: N_("This waits for a person of the office. It is kept."),
    IssueKind.REJECTED: N_("This could not be used. It is kept, and the office can see it."),
}


class ValueView(msgspec.Struct, frozen=True, kw_only=True):
    """One of the values, and whose it is. A text that is empty: nothing, or it is not told."""

    text: str
    by: str
    stands: bool
    """Whether this is what the field says now on this tablet."""


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """A button."""

    answer: str
    text: str


class IssueView(msgspec.Struct, frozen=True, kw_only=True):
    """One issue. What is empty was not told."""

    id: str
    url: str
    story: str
    job: str
    job_url: str
    field: str
    values: tuple[ValueView, ...]
    before: str
    standing: str
    """What the field says now, where that is neither of the two."""
    mark: str
    at: str
    answers: tuple[AnswerView, ...]
    answered: str
    """What was answered; empty: nothing yet."""
    is_sent: bool


class IssuesView(msgspec.Struct, frozen=True, kw_only=True):
    """``issues.html``."""

    saved: str
    """What was just saved; empty where nothing was."""
    complaint: str
    waiting: tuple[IssueView, ...]
    answered: tuple[IssueView, ...]


@get("/issues")
async def show_issues(
    desk: NamedDependency[Desk], answered: FromQuery[UUID | None] = None
) -> Response[str]:
    """Show what needs to be known, and what was just answered."""
    return await _page(desk, answered)


@post("/issues/{issue_id:uuid}/answer", status_code=303)
async def give_answer(
    desk: NamedDependency[Desk], request: PageRequest, issue_id: FromPath[IssueId]
) -> Redirect | Response[str]:
    """Answer an issue; where that cannot be any more, say so above what there is now."""
    form = await read_form(request)
    entry = AnswerEntry(answer=form.get("answer", ""), seen=form.get("seen") or None)
    try:
        await desk.agent.enter(_answer, issue_id, entry)
    except (ChangedMeanwhile, IssueUnknown, NotAnAnswer) as error:
        return await _page(desk, None, error)
    return Redirect(f"/issues?answered={issue_id}", status_code=303)


def _answer(db: Connection, pen: Pen, issue_id: IssueId, entry: AnswerEntry) -> None:
    edit = answer_issue(db, pen, issue_id, entry)
    if edit is not None:
        note_own_value(db, edit.job_id, edit.field, edit.value)


async def _page(desk: Desk, answered: UUID | None, error: Exception | None = None) -> Response[str]:
    told, cards = await desk.agent.store.read(_find)
    view = issues_view(told, cards, desk.say, answered=answered)
    if error is not None:
        view = msgspec.structs.replace(view, complaint=complaint(error, desk.say))
    return await desk.page(
        "issues.html",
        view,
        title=desk.say("To know"),
        back="/",
        section="issues",
        status=HTTPStatus.OK if error is None else HTTPStatus.CONFLICT,
    )


def _find(db: Connection) -> tuple[tuple[IssueHeld, ...], tuple[JobCard, ...]]:
    return list_to_tell(db), list_jobs(db)


def issues_view(
    told: tuple[IssueHeld, ...],
    cards: tuple[JobCard, ...],
    say: Language,
    *,
    answered: UUID | None = None,
) -> IssuesView:
    """Make the view; ``answered`` is the issue that was answered just now."""
    known = {card.id: card for card in cards}
    views = tuple(issue_view(issue, known, say) for issue in told)
    return IssuesView(
        saved="" if answered is None else _saved(views, answered, say),
        complaint="",
        waiting=tuple(view for view in views if not view.answered),
        answered=tuple(view for view in views if view.answered),
    )


def _saved(views: tuple[IssueView, ...], issue_id: UUID, say: Language) -> str:
    """Say what was saved, and what stands by that."""
    view = next((each for each in views if each.id == str(issue_id)), None)
    if view is None:  # it was sent at once, and is closed
        return say("Saved, and the office has it.")
    now = next((each.text for each in view.values if each.stands), None)
    if now is None:
        return say("Saved on this tablet")
    return say(
        "Saved on this tablet. %(field)s: %(value)s", field=view.field, value=now or say("nothing")
    )


def issue_view(held: IssueHeld, cards: Mapping[JobId, JobCard], say: Language) -> IssueView:
    """Tell one issue."""
    issue = held.document
    card = None if issue.job_id is None else cards.get(issue.job_id)
    zone = "UTC" if card is None else card.zone
    possible = possible_answers(issue, is_writable=card is not None and not card.lingering)
    now = _standing(issue, card) if IssueAnswer.SEEN not in possible else None
    values = tuple(_values(issue, zone, now, say))
    return IssueView(
        id=str(issue.id),
        url=f"/issues/{issue.id}/answer",
        story=say(_STORIES.get(issue.code, _OTHERWISE[issue.kind])),
        job="" if card is None else f"{card.number}, {card.address}",
        job_url="" if card is None else f"/jobs/{card.id}",
        field=_field_name(issue, say),
        values=values,
        before=_value(issue, issue.base_value, say),
        standing="" if any(each.stands for each in values) else now or "",
        mark=mark_of(now or ""),
        at=moment(issue.raised_at, zone, say),
        answers=_answers(issue, possible, held.answered, say),
        answered="" if held.answered is None else _answered(issue, held.answered.answer, say),
        is_sent=held.answered is not None and held.answered.is_sent,
    )


def _standing(issue: IssueDocument, card: JobCard | None) -> str | None:
    """Read what the field says now on this tablet; None: that is not for this issue to tell."""
    return None if card is None else card.shown.fields.get(issue.field or "", "")


def _values(issue: IssueDocument, zone: str, now: str | None, say: Language) -> Iterable[ValueView]:
    """Give mine and the other value; what is not told to whom it concerns no longer is left out."""
    if issue.field is not None or issue.field_value:
        yield ValueView(
            text=_value(issue, issue.field_value, say),
            by=_by(issue.field_by or say("You"), issue.field_at, zone, say),
            stands=now is not None and now == value_to_keep(issue, IssueAnswer.KEEP_MINE),
        )
    if now is not None or issue.office_value:
        yield ValueView(
            text=_value(issue, issue.office_value, say),
            by=_by(issue.office_by or say("The office"), issue.office_at, zone, say),
            stands=now is not None and now == value_to_keep(issue, IssueAnswer.KEEP_OTHER),
        )


def _answers(
    issue: IssueDocument,
    possible: tuple[IssueAnswer, ...],
    answered: Answered | None,
    say: Language,
) -> tuple[AnswerView, ...]:
    """List the buttons: all answers, or those by which one that was given can be changed."""
    if answered is not None and answered.answer is IssueAnswer.SEEN:
        return ()
    given = None if answered is None else answered.answer
    return tuple(
        AnswerView(answer=each, text=_button(issue, each, say))
        for each in possible
        if each is not given and (given is None or each is not IssueAnswer.SEEN)
    )


def _button(issue: IssueDocument, answer: IssueAnswer, say: Language) -> str:
    match answer:
        case IssueAnswer.SEEN:
            return say("I have seen it")
        case IssueAnswer.KEEP_MINE:
            return say("Put mine back") if issue.code == OVERRULED else say("Keep mine")
        case IssueAnswer.KEEP_OTHER:
            if issue.office_by is None:
                return say("Keep the office's")
            return say("Keep what %(name)s entered", name=issue.office_by)


def _answered(issue: IssueDocument, answer: IssueAnswer, say: Language) -> str:
    match answer:
        case IssueAnswer.SEEN:
            return say("You have seen it. What is left to decide, the office decides.")
        case IssueAnswer.KEEP_MINE:
            return say("You kept yours.")
        case IssueAnswer.KEEP_OTHER:
            if issue.office_by is None:
                return say("You kept the office's.")
            return say("You kept what %(name)s entered.", name=issue.office_by)


def _field_name(issue: IssueDocument, say: Language) -> str:
    if issue.field is None:
        return ""
    return (
        say("State") if issue.field == "state" else say(words.FIELDS.get(issue.field, issue.field))
    )


def _value(issue: IssueDocument, value: str | None, say: Language) -> str:
    """Write a value; states and events of a job are codes of ours."""
    if value is None or issue.field != "state":
        return value or ""
    if value in set(JobState):
        return say(words.STATES[JobState(value)])
    known = words.EVENTS.get(JobEvent(value)) if value in set(JobEvent) else None
    return value if known is None else say(known)


def _by(name: str, at: datetime | None, zone: str, say: Language) -> str:
    return name if at is None else f"{name}, {moment(at, zone, say)}"
