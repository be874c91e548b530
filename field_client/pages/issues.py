"""What was not simply taken as it was entered: in plain words, with both values, who and when."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from field_client.pages import words
from field_client.pages.frame import Desk
from field_client.pages.languages import N_, Language
from field_client.pages.wording import moment
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.views import list_issues
from field_client.storage import Connection
from sync_protocol.documents import OVERRULED, IssueDocument, IssueKind
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.merge import Code

_STORIES: Final[Mapping[str, str]] = {
    Code.EDITED_ON_BOTH_SIDES: N_(
        "You and the office changed the same field. Yours stands now; the other one is kept."
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


class IssueView(msgspec.Struct, frozen=True, kw_only=True):
    """One issue. A value that is empty was not told."""

    story: str
    job: str
    job_url: str
    field: str
    mine: str
    mine_by: str
    other: str
    other_by: str
    before: str
    at: str


class IssuesView(msgspec.Struct, frozen=True, kw_only=True):
    """``issues.html``."""

    issues: tuple[IssueView, ...]


@get("/issues")
async def show_issues(desk: NamedDependency[Desk]) -> Response[str]:
    """Show what needs to be known."""
    issues, cards = await desk.agent.store.read(_find)
    known = {card.id: card for card in cards}
    view = IssuesView(
        issues=tuple(issue_view(issue, known, desk.say) for issue in reversed(issues))
    )
    return await desk.page(
        "issues.html", view, title=desk.say("To know"), back="/", section="issues"
    )


def _find(db: Connection) -> tuple[tuple[IssueDocument, ...], tuple[JobCard, ...]]:
    return list_issues(db), list_jobs(db)


def issue_view(issue: IssueDocument, cards: Mapping[JobId, JobCard], say: Language) -> IssueView:
    """Tell one issue."""
    card = None if issue.job_id is None else cards.get(issue.job_id)
    zone = "UTC" if card is None else card.zone
    return IssueView(
        story=say(_STORIES.get(issue.code, _OTHERWISE[issue.kind])),
        job="" if card is None else f"{card.number}, {card.address}",
        job_url="" if card is None else f"/jobs/{card.id}",
        field=_field_name(issue, say),
        mine=_value(issue, issue.field_value, say),
        mine_by=_by(issue.field_by or say("You"), issue, zone, say, mine=True),
        other=_value(issue, issue.office_value, say),
        other_by=_by(issue.office_by or say("The office"), issue, zone, say, mine=False),
        before=_value(issue, issue.base_value, say),
        at=moment(issue.raised_at, zone, say),
    )


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


def _by(name: str, issue: IssueDocument, zone: str, say: Language, *, mine: bool) -> str:
    at = issue.field_at if mine else issue.office_at
    return name if at is None else f"{name}, {moment(at, zone, say)}"
