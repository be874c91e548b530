"""A job with everything that is needed before arriving, and what has become of the work."""

from collections.abc import Iterable, Sequence

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.pages import words
from field_client.pages.before_arriving import BeforeArriving, before_arriving
from field_client.pages.captures import CaptureLine, capture_lines
from field_client.pages.changes import Change, changes_of
from field_client.pages.fields import FieldView, field_views
from field_client.pages.frame import Desk
from field_client.pages.job_head import JobHead, job_head
from field_client.pages.languages import Language
from field_client.pages.light_budget import Budget, budget_of
from field_client.replica.cards import Shown
from field_client.replica.issues import list_open_of_job
from field_client.replica.memory import find_seen, note_seen
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection
from field_client.visit import has_begun
from sync_protocol.documents import JobDocument
from sync_protocol.ids import IssueId, JobId
from sync_protocol.jobs import JobState


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A place that the light passes."""

    kind: str
    name: str


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
    captures: tuple[CaptureLine, ...]
    is_under_way: bool
    receipt: str
    receipt_tone: str
    is_ended: bool
    issues: int
    issues_url: str


@get("/jobs/{job_id:uuid}")
async def show_job(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Response[str]:
    """Show a job, and note that it was looked at as it is now."""
    view, seen, issues = await desk.agent.store.read(_find, job_id)
    if seen != view.card.shown:
        await desk.agent.store.write(note_seen, job_id, view.card.shown)
    page = job_page_view(view, seen, issues, desk.say)
    return await desk.page("job.html", page, title=view.card.number, back="/", section="jobs")


def _find(db: Connection, job_id: JobId) -> tuple[JobView, Shown | None, tuple[IssueId, ...]]:
    return get_job(db, job_id), find_seen(db, job_id), list_open_of_job(db, job_id)


def job_page_view(
    view: JobView, seen: Shown | None, issues: Sequence[IssueId], say: Language
) -> JobPageView:
    """Make the view."""
    document, card = view.document, view.card
    return JobPageView(
        head=job_head(view, say),
        changes=() if seen is None else changes_of(seen, card.shown, card.zone, say),
        phone=document.customer.phone or "",
        navigate=f"geo:{document.premise.latitude:.6f},{document.premise.longitude:.6f}",
        product=_product(document, say),
        known=before_arriving(document, say),
        path=tuple(_path(document, say)),
        budget=budget_of(document.plant, say),
        fields=field_views(view, say),
        captures=capture_lines(view, say),
        is_under_way=has_begun(card.state),
        receipt=say(words.RECEIPTS[card.receipt]),
        receipt_tone=words.RECEIPT_TONES[card.receipt],
        is_ended=card.state in {JobState.COMPLETED, JobState.NOT_DONE},
        issues=len(issues),
        issues_url=f"/issues#issue-{issues[0]}" if issues else "",
    )


def _product(document: JobDocument, say: Language) -> str:
    product = document.product
    speeds = say("%(down)s down, %(up)s up (Mbit/s)", down=product.down_mbps, up=product.up_mbps)
    return f"{product.name}: {speeds}"


def _path(document: JobDocument, say: Language) -> Iterable[Node]:
    plant = document.plant
    yield Node(kind=say("OLT"), name=plant.olt)
    yield Node(kind=say("PON port"), name=plant.pon_port)
    yield Node(kind=say("Splitter"), name=plant.splitter)
    terminal = say("%(name)s, port %(port)s", name=plant.terminal, port=plant.terminal_port)
    yield Node(kind=say("Terminal"), name=terminal)
