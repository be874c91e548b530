"""Fields that technicians and the office both write: each saved by itself, on change."""

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client import capture
from field_client.pages import words
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.languages import Language
from field_client.replica.memory import note_own_value, store_draft
from field_client.replica.outbox import Pen
from field_client.replica.views import JobView
from field_client.storage import Connection
from sync_protocol.ids import JobId


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """A field with its label and value."""

    url: str
    name: str
    label: str
    value: str
    kind: str
    """How it is typed: ``text`` for several lines, ``tel`` for a number."""


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """That something is safe on this tablet. ``_saved.html``."""

    text: str


def field_views(view: JobView, say: Language) -> tuple[FieldView, ...]:
    """List the fields of a job."""
    return tuple(
        FieldView(
            url=f"/jobs/{view.card.id}/fields/{name}",
            name=name,
            label=say(label),
            value=view.fields[name].value if name in view.fields else "",
            kind="tel" if name == "contact_phone" else "text",
        )
        for name, label in words.FIELDS.items()
    )


@post("/jobs/{job_id:uuid}/fields/{field:str}", status_code=200)
async def set_field(
    desk: NamedDependency[Desk],
    request: PageRequest,
    job_id: FromPath[JobId],
    field: FromPath[str],
) -> Response[str]:
    """Set a shared field; the answer says that it is saved."""
    form = await read_form(request)
    await desk.agent.enter(_set, job_id, field, form.get("value", ""))
    return desk.fragment("_saved.html", saved(desk))


def _set(db: Connection, pen: Pen, job_id: JobId, field: str, value: str) -> None:
    capture.set_field(db, pen, job_id, field=field, value=value)
    note_own_value(db, job_id, field, value)


@post("/jobs/{job_id:uuid}/drafts/{field:str}", status_code=200)
async def keep_draft(
    desk: NamedDependency[Desk],
    request: PageRequest,
    job_id: FromPath[JobId],
    field: FromPath[str],
) -> Response[str]:
    """Keep what was typed and is no fact yet, so that a crash loses none of it.

    The control of the form is called as the draft is.
    """
    form = await read_form(request)
    await desk.agent.store.write(
        store_draft, job_id, field[:80], form.get(field, "")[:4000], desk.agent.now()
    )
    return desk.fragment("_saved.html", saved(desk))


def saved(desk: Desk) -> SavedView:
    """Say that it is saved."""
    return SavedView(text=desk.say("Saved on this tablet"))
