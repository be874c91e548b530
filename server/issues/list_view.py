"""The list of open issues, from records to its view. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from server import inputs
from server.console import wording
from server.console.views import frame
from server.console.wording import phrase
from server.issues.records import Closing, IssueFilter, IssueLine
from server.issues.views import IssueListView, IssueRowView, ValueView
from server.jobs.list_view import technician_choices
from server.jobs.views import Chip, Choice
from server.jobs.words import Tone
from server.people.records import SignedIn
from server.people.technicians import Technician
from sync_protocol.documents import OVERRULED, IssueKind
from sync_protocol.issues import is_of_field
from sync_protocol.merge import Code

SECTION: Final = "issues"
PATH: Final = "/issues"
_KINDS: Final[Mapping[IssueKind, Chip]] = {
    IssueKind.KEPT_AS_CONFLICT: Chip(label="Both values kept", tone=Tone.ATTENTION),
    IssueKind.PARKED: Chip(label="Waits for a decision", tone=Tone.WAITING),
    IssueKind.REJECTED: Chip(label="Not accepted", tone=Tone.ATTENTION),
}
_STORIES: Final[Mapping[str, str]] = {
    Code.EDITED_ON_BOTH_SIDES: "Entered over a value that the technician had not seen",
    OVERRULED: "Replaced by somebody who had not seen it",
    Code.NOT_ASSIGNED: "Entered for a job that was no longer the technician's",
    Code.ILLEGAL_TRANSITION: "Arrived when the job stood somewhere else",
    Code.JOB_CANCELLED: "Worked on a job that had been cancelled",
    Code.ALREADY_COMPLETED: "Finished a job that had been finished before",
    Code.MISSING_CAPTURES: "Vouched for something that has not arrived",
    Code.UNKNOWN_JOB: "Worked on a job that is not known here",
    Code.NEEDS_PLACING: "Began a job that a person has to place",
}
_ANSWERS: Final[Mapping[str, str]] = {"seen": "The technician has seen it"}


def read_asked(*, kind: str, technician: str, older_than: str) -> IssueFilter:
    """Read the fields of the filter as a browser sends them: what was left open is empty.

    Raises:
        WrongInput: names the field, the value and what would be right.
    """
    fields = {"kind": kind, "technician_id": technician, "older_than": older_than}
    return inputs.read({name: text for name, text in fields.items() if text}, IssueFilter)


def list_view(
    lines: Sequence[IssueLine],
    technicians: Sequence[Technician],
    asked: IssueFilter,
    *,
    page_size: int,
    signed_in: SignedIn,
) -> IssueListView:
    """Say what the page says; one line more than fits says that there are older ones."""
    shown = lines[:page_size]
    last = shown[-1].issue.id if len(lines) > page_size else None
    return IssueListView(
        frame=frame(signed_in, "Issues", section=SECTION),
        kinds=tuple(
            Choice(value=kind, label=chip.label, is_chosen=kind is asked.kind)
            for kind, chip in _KINDS.items()
        ),
        technicians=technician_choices(technicians, chosen=asked.technician_id),
        rows=tuple(row_view(line, signed_in.csrf_token) for line in shown),
        first_url=_url(asked, None) if asked.older_than else None,
        next_url=_url(asked, last) if last else None,
    )


def row_view(line: IssueLine, csrf_token: str) -> IssueRowView:
    """Say what one issue says."""
    issue, zone = line.issue, line.zone or "UTC"
    is_choice = is_of_field(issue.code, issue.field)
    values = tuple(_values(line, zone, is_choice=is_choice))
    return IssueRowView(
        id=issue.id,
        csrf_token=csrf_token,
        kind=_KINDS[IssueKind(issue.kind)],
        story=_STORIES.get(issue.code, phrase(issue.code)),
        technician=line.technician,
        at=f"{wording.day(issue.raised_at, zone)}, {wording.clock(issue.raised_at, zone)}",
        job_url=f"/jobs/{issue.job_id}" if line.job_number else "",
        job=f"{line.job_number}, {line.address}" if line.job_number else "",
        field=phrase(issue.field) if issue.field else "",
        values=values,
        standing=""
        if not is_choice or any(each.stands for each in values)
        else line.standing or "nothing",
        seen_version=line.standing_version,
        answered=_ANSWERS.get(issue.answer or "", ""),
        closings=tuple(_closings(line, is_choice=is_choice)),
    )


def _values(line: IssueLine, zone: str, *, is_choice: bool) -> Iterable[ValueView]:
    issue, now = line.issue, line.standing or ""
    sides = (
        (issue.field_by or line.technician, issue.field_at, issue.field_value),
        (issue.office_by or "The office", issue.office_at, issue.office_value),
    )
    for name, at, value in sides:
        if value is None or (not value and not is_choice):
            continue
        when = f", {wording.day(at, zone)}, {wording.clock(at, zone)}" if at else ""
        text = phrase(value) if issue.field == "state" else value
        yield ValueView(by=f"{name}{when}", text=text, stands=is_choice and value == now)


def _closings(line: IssueLine, *, is_choice: bool) -> Iterable[Choice]:
    if is_choice:
        for closing, name in (
            (Closing.FIELD_VALUE, line.issue.field_by or line.technician),
            (Closing.OFFICE_VALUE, line.issue.office_by or "the office"),
        ):
            yield Choice(value=closing, label=f"Let what {name} entered stand", is_chosen=False)
    yield Choice(value=Closing.AS_IT_IS, label="Close as it is", is_chosen=False)


def _url(asked: IssueFilter, older_than: UUID | None) -> str:
    wanted = msgspec.structs.replace(asked, older_than=older_than)
    fields = {
        "kind": wanted.kind,
        "technician": wanted.technician_id,
        "older_than": wanted.older_than,
    }
    query = urlencode({name: str(value) for name, value in fields.items() if value is not None})
    return f"{PATH}?{query}" if query else PATH
