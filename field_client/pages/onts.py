"""ONTs of a job beside the scanned one: what was installed, taken back or found defective."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.api import SerialBody
from field_client.capture import Doubtful
from field_client.findings import OntEntry, OntReceipt, record_ont_moved
from field_client.pages import words
from field_client.pages.captures import CaptureLine, capture_line
from field_client.pages.drafts import DraftField, draft_field, draft_url
from field_client.pages.forms import NotChosen, read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import JobHead, job_head
from field_client.pages.languages import Language
from field_client.replica.memory import drop_draft, get_drafts, store_draft
from field_client.replica.outbox import Pen
from field_client.replica.views import JobView, find_serial_elsewhere, get_briefing, get_job
from field_client.serial_checks import Expected, check_moved, stock_of
from field_client.storage import Connection
from field_client.visit import is_open
from sync_protocol.ids import JobId
from sync_protocol.operations import OntMove
from sync_protocol.serials import parse_serial

SERIAL, MOVE, MODEL, REASON = "ont_serial", "ont_move", "ont_model", "ont_reason"
_DRAFTS: Final = (SERIAL, MOVE, MODEL, REASON)
_OFFERED: Final = (OntMove.INSTALLED, OntMove.RECOVERED, OntMove.DEFECTIVE)


class MoveChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can have become of an ONT."""

    value: str
    text: str
    is_chosen: bool


class DoubtView(msgspec.Struct, frozen=True, kw_only=True):
    """A serial that is not saved, for something is strange about it. ``_ont_doubt.html``."""

    serial: str
    warnings: tuple[str, ...]


class OntsView(msgspec.Struct, frozen=True, kw_only=True):
    """``onts.html``."""

    head: JobHead
    url: str
    lines: tuple[CaptureLine, ...]
    serial: DraftField
    move_url: str
    moves: tuple[MoveChoice, ...]
    model: DraftField
    reason: DraftField
    doubt: DoubtView | None
    is_open: bool


def ont_lines(view: JobView, say: Language) -> tuple[CaptureLine, ...]:
    """Tell in plain words what became of the ONTs of a job, the scanned one first."""
    scanned = () if view.latest.serial is None else (view.latest.serial,)
    return tuple(capture_line(each, view.card.zone, say) for each in (*scanned, *view.latest.onts))


def onts_view(
    view: JobView, drafts: Mapping[str, str], say: Language, doubtful: Doubtful | None
) -> OntsView:
    """Make the view."""
    job_id = view.card.id
    return OntsView(
        head=job_head(view, say),
        url=f"/jobs/{job_id}/onts",
        lines=ont_lines(view, say),
        serial=draft_field(job_id, SERIAL, say("Serial: type it, or use a hand scanner"), drafts),
        move_url=draft_url(job_id, MOVE),
        moves=tuple(
            MoveChoice(
                value=move, text=say(words.CUSTODY[move]), is_chosen=drafts.get(MOVE) == move
            )
            for move in _OFFERED
        ),
        model=draft_field(job_id, MODEL, say("Model, as on its label"), drafts),
        reason=draft_field(job_id, REASON, say("What the office should know"), drafts),
        doubt=None if doubtful is None else doubt_view(doubtful, say),
        is_open=is_open(view),
    )


def doubt_view(doubtful: Doubtful, say: Language) -> DoubtView:
    """Say what is strange about a serial."""
    return DoubtView(
        serial=doubtful.serial,
        warnings=tuple(say(words.DOUBTS[warned.doubt]) for warned in doubtful.warnings),
    )


@get("/jobs/{job_id:uuid}/onts")
async def show_onts(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Response[str]:
    """Show what became of the ONTs of a job."""
    return await _page(desk, job_id, {}, None)


@post("/jobs/{job_id:uuid}/onts", status_code=200)
async def move_ont(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str] | Response[bytes]:
    """Record what became of an ONT; one with doubts only with a reason."""
    form = {name: value[:4000] for name, value in (await read_form(request)).items()}
    ended = await desk.agent.enter(_move, job_id, _entry_of(form))
    if not isinstance(ended, Doubtful):
        return desk.go(f"/jobs/{job_id}/onts")
    if not desk.is_htmx:
        return await _page(desk, job_id, form, ended)
    return desk.fragment("_ont_doubt.html", doubt_view(ended, desk.say))


@post("/jobs/{job_id:uuid}/onts/draft", status_code=303)
async def fill_in_ont(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[bytes]:
    """Go on, for an ONT of the van, to the page of a job on which it can be told; filled in."""
    form = await read_form(request)
    said = (form.get("serial", "")[:40], form.get("move", "")[:40])
    await desk.agent.store.write(_fill_in, job_id, said, desk.agent.now())
    return desk.go(f"/jobs/{job_id}/onts")


def _fill_in(db: Connection, job_id: JobId, said: tuple[str, str], at: datetime) -> None:
    for field, value in zip((SERIAL, MOVE), said, strict=True):
        store_draft(db, job_id, field, value, at)


def _entry_of(form: Mapping[str, str]) -> OntEntry:
    """Read the form.

    Raises:
        NotAnOntSerial: there is no serial in it, or more than one.
        NotChosen: nobody says what became of the ONT.
    """
    is_wedge = form.get("method") == "wedge"
    typed = SerialBody(text=form.get(SERIAL, ""), method="wedge" if is_wedge else "manual")
    serial, move = typed.entry().text, form.get(MOVE, "")
    if move not in _OFFERED:
        raise NotChosen("what became of the ONT is not chosen; choose one of the three")
    return OntEntry(
        serial=serial,
        move=OntMove(move),
        model=form.get(MODEL, "").strip()[:200] or None,
        reason=form.get(REASON, "").strip(),
    )


def _move(db: Connection, pen: Pen, job_id: JobId, entry: OntEntry) -> OntReceipt | Doubtful:
    """Record a move, or say what is strange about it; the van's list knows the model."""
    serial, stock = parse_serial(entry.serial), stock_of(get_briefing(db))
    expected = Expected(
        running=get_job(db, job_id).document.current_serial,
        elsewhere=find_serial_elsewhere(db, serial, job_id),
    )
    warnings = check_moved(serial, entry.move, expected, stock)
    if warnings and not entry.reason:
        return Doubtful(serial=serial, warnings=warnings)
    model = entry.model or (stock.van or {}).get(serial)
    known = msgspec.structs.replace(entry, model=model)
    receipt = record_ont_moved(db, pen, job_id, known)
    drop_draft(db, job_id, *_DRAFTS)
    return receipt


async def _page(
    desk: Desk, job_id: JobId, typed: Mapping[str, str], doubtful: Doubtful | None
) -> Response[str]:
    view, drafts = await desk.agent.store.read(_find, job_id)
    page = onts_view(view, {**drafts, **typed}, desk.say, doubtful)
    title = desk.say("ONTs of this job")
    return await desk.page("onts.html", page, title=title, back=f"/jobs/{job_id}", section="jobs")


def _find(db: Connection, job_id: JobId) -> tuple[JobView, Mapping[str, str]]:
    return get_job(db, job_id), get_drafts(db, job_id)
