"""Notes of a visit: each stands, none takes the place of another."""

from collections.abc import Mapping

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.findings import record_note
from field_client.pages.captures import CaptureLine, capture_line
from field_client.pages.drafts import DraftField, draft_field
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.replica.memory import drop_draft
from field_client.replica.outbox import Pen
from field_client.replica.views import JobView
from field_client.storage import Connection
from field_client.visit import is_open
from sync_protocol.ids import JobId

DRAFT = "note"


class NotesView(msgspec.Struct, frozen=True, kw_only=True):
    """What was noted, oldest first, and a box for more. ``_notes.html``."""

    url: str
    lines: tuple[CaptureLine, ...]
    box: DraftField
    is_open: bool


def notes_view(view: JobView, drafts: Mapping[str, str], say: Language) -> NotesView:
    """Make the view."""
    return NotesView(
        url=f"/jobs/{view.card.id}/notes",
        lines=tuple(capture_line(item, view.card.zone, say) for item in view.latest.notes),
        box=draft_field(view.card.id, DRAFT, say("Write a note"), drafts),
        is_open=is_open(view),
    )


@post("/jobs/{job_id:uuid}/notes", status_code=200)
async def add_note(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str] | Response[bytes]:
    """Keep a note; the box is empty for the next one."""
    text = (await read_form(request)).get(DRAFT, "")[:4000]
    await desk.agent.enter(_add, job_id, text)
    if not desk.is_htmx:
        return desk.go(f"/jobs/{job_id}#notes")
    return desk.fragment("_notes.html", notes_view(await load_job(desk, job_id), {}, desk.say))


def _add(db: Connection, pen: Pen, job_id: JobId, text: str) -> None:
    record_note(db, pen, job_id, text)
    drop_draft(db, job_id, DRAFT)
