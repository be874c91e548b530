"""What waits to be sent: each item, its size, its last try, and why it is still here."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from field_client.engine import Blocked, Busy, NoRoom, Obstacle, Outcome, Unreachable
from field_client.loop import FlightModeOn
from field_client.pages import words
from field_client.pages.captures import capture_words
from field_client.pages.forms import read_form
from field_client.pages.frame import Chip, Desk, PageRequest
from field_client.pages.languages import N_, Language
from field_client.pages.wording import moment, size
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.queue import (
    QueuedBlob,
    QueuedOperation,
    Waiting,
    count_waiting,
    list_queued_blobs,
    list_queued_operations,
)
from field_client.session import SessionReport
from field_client.storage import Connection
from sync_protocol.ids import JobId
from sync_protocol.operations import (
    AnswerIssue,
    CompleteJob,
    CreateJob,
    GiveUpJob,
    MoveJob,
    OperationBody,
    RecordCapture,
    SetField,
)

SHOWN_MAX = 100
KINDS: Final[Mapping[type[OperationBody], str]] = {
    CompleteJob: N_("Finish"),
    GiveUpJob: N_("Cannot finish"),
    CreateJob: N_("New job"),
    AnswerIssue: N_("Answer"),
}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits."""

    name: str
    job: str
    at: str
    size: str
    trouble: str


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """``queue.html``."""

    chip: Chip
    last_sent: str
    trouble: str
    """Why nothing goes at present; empty where nothing is in the way."""
    entries: tuple[Item, ...]
    photos: tuple[Item, ...]
    more: int
    flight_mode: bool


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    waiting: Waiting
    operations: tuple[QueuedOperation, ...]
    blobs: tuple[QueuedBlob, ...]
    cards: tuple[JobCard, ...]


@get("/queue")
async def show_queue(desk: NamedDependency[Desk]) -> Response[str]:
    """Show what waits."""
    found = await desk.agent.store.read(_find)
    view = queue_view(found, desk.chip(found.waiting), desk.agent.loop.last_report, desk.say)
    return await desk.page(
        "queue.html", view, title=desk.say("What waits to be sent"), back="/", section="queue"
    )


@get("/chip")
async def show_chip(desk: NamedDependency[Desk]) -> Response[str]:
    """Answer the chip alone: every page asks for it every few seconds."""
    return desk.fragment("_chip.html", desk.chip(await desk.agent.store.read(count_waiting)))


@post("/queue/send", status_code=303)
async def send_now(desk: NamedDependency[Desk]) -> Redirect:
    """Try to send at once, and come back with what that brought."""
    try:
        await desk.agent.loop.sync_now()
    except FlightModeOn:
        await desk.agent.set_flight_mode(is_on=False)
    return Redirect("/queue", status_code=303)


@post("/queue/sending", status_code=303)
async def switch_sending(desk: NamedDependency[Desk], request: PageRequest) -> Redirect:
    """Switch sending off or on."""
    await desk.agent.set_flight_mode(is_on=(await read_form(request)).get("on") == "no")
    return Redirect("/queue", status_code=303)


def _find(db: Connection) -> _Found:
    waiting = count_waiting(db)
    return _Found(
        waiting=waiting,
        operations=list_queued_operations(db, SHOWN_MAX),
        blobs=list_queued_blobs(db, SHOWN_MAX),
        cards=list_jobs(db) if waiting.is_enrolled else (),
    )


def queue_view(found: _Found, chip: Chip, report: SessionReport | None, say: Language) -> QueueView:
    """Make the view."""
    numbers = {card.id: card for card in found.cards}
    waiting, shown = found.waiting, len(found.operations) + len(found.blobs)
    return QueueView(
        chip=chip,
        last_sent=_instant(waiting, say),
        trouble=trouble(report, say),
        entries=tuple(
            Item(
                name=_name(each.body, say),
                job=_number(numbers, each.job_id),
                at=moment(each.recorded_at, _zone(numbers, each.job_id), say),
                size=size(each.size_bytes, say),
                trouble="",
            )
            for each in found.operations
        ),
        photos=tuple(
            Item(
                name=say("Photo")
                if each.media_type != "image/svg+xml"
                else say("Drawing of a signature"),
                job=_number(numbers, each.job_id),
                at=moment(each.recorded_at, _zone(numbers, each.job_id), say),
                size=size(each.size_bytes, say),
                trouble=_tries(each, say),
            )
            for each in found.blobs
        ),
        more=waiting.operations + waiting.blobs - shown,
        flight_mode=waiting.flight_mode,
    )


_TROUBLES: Final[Mapping[type[Outcome], str]] = {
    Unreachable: N_("The office could not be reached. It is tried again by itself. (%(detail)s)"),
    Busy: N_("The office asked for a little patience. It is tried again by itself."),
    NoRoom: N_("This tablet is full. Free some space; nothing that was saved is lost."),
    Blocked: N_("Sending needs help from the office. (%(detail)s)"),
}
_BLOCKED: Final[Mapping[Obstacle, str]] = {
    Obstacle.NOT_ENROLLED: N_("This tablet is not set up yet."),
    Obstacle.DEVICE_REVOKED: N_("The office has blocked this tablet. Please call it."),
}


def trouble(report: SessionReport | None, say: Language) -> str:
    """Say in plain words why the last attempt did not send everything; empty where it did."""
    outcome = None if report is None else report.outcome
    text = "" if outcome is None else _TROUBLES.get(type(outcome), "")
    if isinstance(outcome, Blocked):
        text = _BLOCKED.get(outcome.obstacle, text)
    return say(text, detail=getattr(outcome, "detail", "")) if text else ""


def _name(body: OperationBody, say: Language) -> str:
    """Name an entry; of what was captured, what it is and says."""
    if isinstance(body, RecordCapture):
        name, value = capture_words(body.capture.body, say)
        return f"{name}: {value}"
    if isinstance(body, SetField):
        return f"{say(words.FIELDS.get(body.field, body.field))}: {body.value}"
    return say(words.EVENTS[body.event] if isinstance(body, MoveJob) else KINDS[type(body)])


def _tries(blob: QueuedBlob, say: Language) -> str:
    if blob.last_error is None:
        return ""
    tried = say.count("tried %(num)s time", "tried %(num)s times", blob.tries)
    return f"{tried}: {blob.last_error}"


def _number(cards: dict[JobId, JobCard], job_id: JobId | None) -> str:
    return cards[job_id].number if job_id is not None and job_id in cards else ""


def _zone(cards: dict[JobId, JobCard], job_id: JobId | None) -> str:
    return cards[job_id].zone if job_id is not None and job_id in cards else "UTC"


def _instant(waiting: Waiting, say: Language) -> str:
    if waiting.last_synced_at is None:
        return say("never")
    return moment(waiting.last_synced_at, "UTC", say) + " UTC"
