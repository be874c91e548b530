"""A job that nobody planned: what it is for and where, begun here with or without a network."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.field_jobs import JobBegun, JobEntry, NoPlace, create_job
from field_client.pages import words
from field_client.pages.drafts import DraftField, draft_field, draft_url
from field_client.pages.forms import NotChosen, read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.languages import Language
from field_client.pages.planning import today_of
from field_client.pages.wording import local_date
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.memory import NEW_JOB, drop_drafts, get_drafts, store_draft
from field_client.replica.outbox import Pen
from field_client.storage import Connection
from sync_protocol.documents import JobKind
from sync_protocol.ids import JobId

KIND, REASON, PLACE, ADDRESS, CUSTOMER = (
    "new_kind", "new_reason", "new_place", "new_address", "new_customer",
)  # fmt: skip
AT_ADDRESS: Final = "address"
_BESIDE_MAX: Final = 20


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One of several; ``detail`` tells alike ones apart."""

    value: str
    text: str
    detail: str
    is_chosen: bool


class NewJobView(msgspec.Struct, frozen=True, kw_only=True):
    """``new_job.html``."""

    kind_url: str
    kinds: tuple[Choice, ...]
    reason: DraftField
    place_url: str
    places: tuple[Choice, ...]
    at_address: Choice
    address: DraftField
    customer: DraftField


def new_job_view(
    cards: Sequence[JobCard], drafts: Mapping[str, str], today: date, say: Language
) -> NewJobView:
    """Make the view."""
    chosen = drafts.get(PLACE, "")
    near = beside(cards, today, chosen)
    return NewJobView(
        kind_url=draft_url(NEW_JOB, KIND),
        kinds=tuple(
            Choice(value=kind, text=say(text), detail="", is_chosen=drafts.get(KIND) == kind)
            for kind, text in words.KINDS.items()
        ),
        reason=draft_field(NEW_JOB, REASON, say("What is it for?"), drafts),
        place_url=draft_url(NEW_JOB, PLACE),
        places=tuple(
            Choice(
                value=str(card.id),
                text=card.address,
                detail=f"{card.number} · {card.customer_name}",
                is_chosen=str(card.id) == chosen,
            )
            for card in near
        ),
        at_address=Choice(
            value=AT_ADDRESS,
            text=say("Somewhere else"),
            detail=say("the office then finds out which premise it is"),
            is_chosen=chosen == AT_ADDRESS or not near,
        ),
        address=draft_field(NEW_JOB, ADDRESS, say("Address"), drafts),
        customer=draft_field(NEW_JOB, CUSTOMER, say("Name of the customer"), drafts),
    )


def beside(cards: Sequence[JobCard], today: date, chosen: str) -> tuple[JobCard, ...]:
    """List the jobs that a new one can be beside: those of today, and the chosen one. Pure."""
    todays = [
        card
        for card in cards
        if not card.lingering
        and str(card.id) != chosen
        and local_date(card.appointment.starts_at, card.zone) == today
    ]
    return (*(card for card in cards if str(card.id) == chosen), *todays[:_BESIDE_MAX])


@get("/jobs/new")
async def show_new_job(desk: NamedDependency[Desk]) -> Response[str]:
    """Ask what the new job is for, with all that was typed before."""
    cards, drafts = await desk.agent.store.read(_find)
    view = new_job_view(cards, drafts, today_of(cards, desk.agent.now()), desk.say)
    return await desk.page(
        "new_job.html", view, title=desk.say("A new job"), back="/", section="jobs"
    )


def _find(db: Connection) -> tuple[tuple[JobCard, ...], Mapping[str, str]]:
    return list_jobs(db), get_drafts(db, NEW_JOB)


@post("/jobs/{job_id:uuid}/another", status_code=303)
async def begin_beside(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Response[bytes]:
    """Go on to a new job at the premise of this one; the choice is a draft like the others."""
    await desk.agent.store.write(store_draft, NEW_JOB, PLACE, str(job_id), desk.agent.now())
    return desk.go("/jobs/new")


@post("/jobs/new", status_code=303)
async def begin_job(desk: NamedDependency[Desk], request: PageRequest) -> Response[bytes]:
    """Begin the job and open its page."""
    entry = _entry_of(await read_form(request))
    begun = await desk.agent.enter(_begin, entry)
    return desk.go(f"/jobs/{begun.job_id}")


def _entry_of(form: Mapping[str, str]) -> JobEntry:
    """Read the form; of an address and another job the chosen one counts.

    Raises:
        NotChosen: no kind is chosen.
        NoPlace: the chosen place is none.
    """
    kind, place = form.get(KIND, ""), form.get(PLACE, "")
    if kind not in set(JobKind):
        raise NotChosen("the kind of the job is not chosen; choose one of the list")
    reason = form.get(REASON, "")[:4000]
    if place in {"", AT_ADDRESS}:
        return JobEntry(
            kind=JobKind(kind),
            reason=reason,
            address=form.get(ADDRESS, "")[:400],
            customer_name=form.get(CUSTOMER, "").strip()[:200],
        )
    try:
        premise_of = msgspec.convert(place, JobId)
    except msgspec.ValidationError as error:
        raise NoPlace("the chosen place is no job of this tablet; choose one") from error
    return JobEntry(kind=JobKind(kind), reason=reason, premise_of=premise_of)


def _begin(db: Connection, pen: Pen, entry: JobEntry) -> JobBegun:
    begun = create_job(db, pen, entry)
    drop_drafts(db, NEW_JOB)
    return begun
