"""What is wrong in the data of premise and plant: what the tablet shows, what it should be, why."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.findings import CorrectionEntry, record_correction
from field_client.pages import words
from field_client.pages.drafts import DraftField, draft_field
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import JobHead, job_head
from field_client.pages.languages import N_, Language
from field_client.pages.wording import clock
from field_client.proposed_values import position_text
from field_client.replica.captures import CaptureView, Receipt
from field_client.replica.created import NOWHERE
from field_client.replica.memory import drop_draft, get_drafts
from field_client.replica.outbox import Pen
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection
from field_client.visit import is_open
from sync_protocol.corrections import FIELDS
from sync_protocol.documents import UNKNOWN_PLANT, JobDocument
from sync_protocol.ids import JobId
from sync_protocol.operations import Correction, Subject

_SUBJECTS: Final[Mapping[Subject, str]] = {
    Subject.PREMISE: N_("The premise"),
    Subject.PLANT: N_("The plant"),
}
_HINTS: Final[Mapping[str, str]] = {
    "position": N_("Latitude, then longitude, in degrees, like 52.52001, 13.40495"),
    "terminal_port": N_("A whole number"),
    "drop_length_m": N_("A whole number, in metres"),
}


class Correctable(msgspec.Struct, frozen=True, kw_only=True):
    """A value that can be corrected. Empty ``shown``: the tablet knows none."""

    subject: str
    field: str
    name: str
    shown: str
    value: DraftField
    reason: DraftField
    is_begun: bool
    """Something was typed and not sent to the office yet."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The values of the premise or of the plant."""

    name: str
    fields: tuple[Correctable, ...]


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A correction that was proposed here, and what has become of it."""

    name: str
    seen: str
    proposed: str
    reason: str
    at: str
    state: str
    tone: str


class CorrectView(msgspec.Struct, frozen=True, kw_only=True):
    """``correct.html``; its part that an entry changes is ``_correct.html``."""

    head: JobHead
    url: str
    proposed: tuple[Proposed, ...]
    groups: tuple[Group, ...]
    is_open: bool


def shown_values(document: JobDocument) -> Mapping[str, str]:
    """Say what the tablet shows of everything that can be corrected; empty: it knows nothing."""
    premise, plant = document.premise, document.plant
    place = (premise.latitude, premise.longitude)
    values = {
        "address": premise.address,
        "unit": "",
        "position": "" if place == NOWHERE else position_text(place),
        "access_notes": premise.access_notes,
        "hazards": ", ".join(premise.hazards),
    }
    if plant == UNKNOWN_PLANT:
        return values
    return {
        **values,
        "splitter": plant.splitter,
        "terminal": plant.terminal,
        "terminal_port": str(plant.terminal_port),
        "drop_length_m": str(plant.light_path.drop_length_m or ""),
    }


def correct_view(view: JobView, drafts: Mapping[str, str], say: Language) -> CorrectView:
    """Make the view."""
    shown = shown_values(view.document)
    groups = (
        Group(name=say(name), fields=tuple(_fields(subject, view.card.id, (shown, drafts), say)))
        for subject, name in _SUBJECTS.items()
    )
    return CorrectView(
        head=job_head(view, say),
        url=f"/jobs/{view.card.id}/corrections",
        proposed=tuple(
            proposed(each, shown, view.card.zone, say) for each in view.latest.corrections
        ),
        groups=tuple(groups) if is_open(view) else (),
        is_open=is_open(view),
    )


def _fields(
    subject: Subject,
    job_id: JobId,
    known: tuple[Mapping[str, str], Mapping[str, str]],
    say: Language,
) -> Iterator[Correctable]:
    shown, drafts = known
    for field in FIELDS[subject]:
        present, (value, reason) = shown.get(field, ""), _draft_names(subject, field)
        label, hint = say("What it should be"), _HINTS.get(field, "")
        yield Correctable(
            subject=subject,
            field=field,
            name=words.field_name(field, say),
            shown=present,
            # What is there is mostly right but for a digit, so it is what one begins with.
            value=draft_field(
                job_id, value, label, {value: present, **drafts}, hint=say(hint) if hint else ""
            ),
            reason=draft_field(job_id, reason, say("Why, or how you know"), drafts),
            is_begun=drafts.get(value, present) != present or bool(drafts.get(reason)),
        )


def _draft_names(subject: str, field: str) -> tuple[str, str]:
    return f"correct_{subject}_{field}", f"correct_{subject}_{field}_why"


def proposed(item: CaptureView, shown: Mapping[str, str], zone: str, say: Language) -> Proposed:
    """Say what has become of a correction.

    That the office declined one, no document tells; that it took one over shows in the data.
    """
    body = item.capture.body
    if not isinstance(body, Correction):
        raise TypeError(f"no correction: {type(body).__name__}")
    is_taken_over = shown.get(body.field) == body.proposed_value
    state, tone = say("Sent: the office decides"), "moving"
    if is_taken_over:
        state, tone = say("The office has taken it over"), "good"
    elif item.receipt is Receipt.SAVED:
        state, tone = say("On this tablet: not sent yet"), "waiting"
    return Proposed(
        name=words.field_name(body.field, say),
        seen=body.seen_value,
        proposed=body.proposed_value,
        reason=body.reason,
        at=clock(item.capture.at.wall, zone, say),
        state=state,
        tone=tone,
    )


@get("/jobs/{job_id:uuid}/correct")
async def show_correct(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Response[str]:
    """Show what can be corrected, and what was."""
    view, drafts = await desk.agent.store.read(_find, job_id)
    page = correct_view(view, drafts, desk.say)
    title = desk.say("Something is wrong here")
    return await desk.page(
        "correct.html", page, title=title, back=f"/jobs/{job_id}", section="jobs"
    )


@post("/jobs/{job_id:uuid}/corrections", status_code=200)
async def correct(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str] | Response[bytes]:
    """Propose a correction; the office decides."""
    form = await read_form(request)
    subject, field = form.get("subject", ""), form.get("field", "")[:200]
    value, reason = _draft_names(subject, field)
    entry = CorrectionEntry(
        subject=Subject.PLANT if subject == Subject.PLANT else Subject.PREMISE,
        field=field,
        proposed_value=form.get(value, "")[:4000],
        seen_value=form.get("seen", "")[:4000],
        reason=form.get(reason, "").strip()[:4000],
    )
    await desk.agent.enter(_correct, job_id, entry)
    if not desk.is_htmx:
        return desk.go(f"/jobs/{job_id}/correct")
    view, drafts = await desk.agent.store.read(_find, job_id)
    return desk.fragment("_correct.html", correct_view(view, drafts, desk.say))


def _correct(db: Connection, pen: Pen, job_id: JobId, entry: CorrectionEntry) -> None:
    record_correction(db, pen, job_id, entry)
    drop_draft(db, job_id, *_draft_names(entry.subject, entry.field))


def _find(db: Connection, job_id: JobId) -> tuple[JobView, Mapping[str, str]]:
    return get_job(db, job_id), get_drafts(db, job_id)
