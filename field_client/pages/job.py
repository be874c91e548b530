"""A job with everything that is needed before arriving, and what has become of the work."""

from collections.abc import Iterable, Mapping

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.pages import words
from field_client.pages.before_arriving import BeforeArriving, before_arriving
from field_client.pages.captures import CaptureLine, capture_lines
from field_client.pages.changes import Change, changes_of
from field_client.pages.earlier_photos import Held, held_of
from field_client.pages.fields import FieldView, field_views
from field_client.pages.frame import Desk
from field_client.pages.job_head import JobHead, job_head, navigate_url
from field_client.pages.languages import Language
from field_client.pages.light_budget import Budget, budget_of
from field_client.pages.notes import NotesView, notes_view
from field_client.pages.onts import ont_lines
from field_client.replica.cards import Shown
from field_client.replica.created import Begun, find_begun
from field_client.replica.issues import list_open_of_job
from field_client.replica.memory import find_seen, get_drafts, note_seen
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection
from field_client.visit import has_begun
from sync_protocol.documents import UNKNOWN_PLANT, JobDocument
from sync_protocol.ids import IssueId, JobId
from sync_protocol.jobs import JobState


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A place that the light passes."""

    kind: str
    name: str


class BegunView(msgspec.Struct, frozen=True, kw_only=True):
    """That the job began on this tablet, and what the office makes of it."""

    text: str
    tone: str
    reason: str


class JobPageView(msgspec.Struct, frozen=True, kw_only=True):
    """The page of a job. ``job.html``."""

    head: JobHead
    changes: tuple[Change, ...]
    phone: str
    navigate: str
    product: str
    known: BeforeArriving
    path: tuple[Node, ...]
    budget: Budget
    fields: tuple[FieldView, ...]
    notes: NotesView
    onts: tuple[CaptureLine, ...]
    captures: tuple[CaptureLine, ...]
    begun: BegunView | None
    is_under_way: bool
    receipt: str
    receipt_tone: str
    is_ended: bool
    issues: int
    issues_url: str


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    view: JobView
    seen: Shown | None
    drafts: Mapping[str, str]
    begun: Begun | None
    held: Held
    issues: tuple[IssueId, ...]


@get("/jobs/{job_id:uuid}")
async def show_job(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Response[str]:
    """Show a job, and note that it was looked at as it is now."""
    found = await desk.agent.store.read(_find, job_id)
    view = found.view
    if found.seen != view.card.shown:
        await desk.agent.store.write(note_seen, job_id, view.card.shown)
    page = job_page_view(found, desk.say)
    return await desk.page("job.html", page, title=view.card.number, back="/", section="jobs")


def _find(db: Connection, job_id: JobId) -> _Found:
    view = get_job(db, job_id)
    return _Found(
        view=view,
        seen=find_seen(db, job_id),
        drafts=get_drafts(db, job_id),
        begun=find_begun(db, job_id, is_only_here=view.card.is_only_here),
        held=held_of(db, view.document),
        issues=list_open_of_job(db, job_id),
    )


def job_page_view(found: _Found, say: Language) -> JobPageView:
    """Make the view."""
    view, seen, issues = found.view, found.seen, found.issues
    document, card = view.document, view.card
    return JobPageView(
        head=job_head(view, say),
        changes=() if seen is None else changes_of(seen, card.shown, card.zone, say),
        phone=document.customer.phone or "",
        navigate=navigate_url(document),
        product=_product(document, say),
        known=before_arriving(document, found.held, say),
        path=tuple(_path(document, say)),
        budget=budget_of(document.plant, say),
        fields=field_views(view, say),
        notes=notes_view(view, found.drafts, say),
        onts=ont_lines(view, say),
        captures=capture_lines(view, say),
        begun=None if found.begun is None else _begun(found.begun, say),
        is_under_way=has_begun(card.state),
        receipt=say(words.RECEIPTS[card.receipt]),
        receipt_tone=words.RECEIPT_TONES[card.receipt],
        is_ended=card.state in {JobState.COMPLETED, JobState.NOT_DONE},
        issues=len(issues),
        issues_url=f"/issues#issue-{issues[0]}" if issues else "",
    )


def _begun(begun: Begun, say: Language) -> BegunView:
    return BegunView(
        text=say(words.STANDINGS[begun.standing]),
        tone=words.STANDING_TONES[begun.standing],
        reason=begun.reason,
    )


def _product(document: JobDocument, say: Language) -> str:
    product = document.product
    if not product.down_mbps:
        return ""
    speeds = say("%(down)s down, %(up)s up (Mbit/s)", down=product.down_mbps, up=product.up_mbps)
    return f"{product.name}: {speeds}"


def _path(document: JobDocument, say: Language) -> Iterable[Node]:
    plant = document.plant
    if plant == UNKNOWN_PLANT:
        return
    yield Node(kind=say("OLT"), name=plant.olt)
    yield Node(kind=say("PON port"), name=plant.pon_port)
    yield Node(kind=say("Splitter"), name=plant.splitter)
    terminal = say("%(name)s, port %(port)s", name=plant.terminal, port=plant.terminal_port)
    yield Node(kind=say("Terminal"), name=terminal)
