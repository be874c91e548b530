"""The ONT's serial: from a photo of its label, the live camera, a hand scanner, or typed.

Which ONT that is, the kind of the visit says: the new one, or of a disconnection the one that is
taken back. What became of the old one is asked beside it (``old_ont``).
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.api import Method, SerialBody
from field_client.capture import Doubtful, SerialReceipt
from field_client.old_ont import record_old_ont
from field_client.pages import words
from field_client.pages.camera import FrameRead, read_frame_of
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_file, read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.visit.old_ont import (
    OLD_DRAFT,
    OldOntView,
    old_ont_entry,
    old_ont_view,
)
from field_client.pages.visit.screens import answer_part
from field_client.pages.visit_words import code_text
from field_client.pages.wording import clock
from field_client.replica.memory import get_drafts, store_draft
from field_client.replica.views import JobView
from field_client.scanning import NotAnImage, ScanResult
from field_client.visit import Step
from sync_protocol.documents import JobKind
from sync_protocol.ids import JobId
from sync_protocol.operations import SerialScan
from sync_protocol.serials import NotAnOntSerial
from sync_protocol.visits import KINDS, SWAPPED, changes_ont

DRAFT = "serial"
_METHODS: Final[Mapping[str, Method]] = {
    "manual": "manual",
    "wedge": "wedge",
    "chosen": "chosen",
    "scan": "scan",
    "camera": "camera",
}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was found on a photo; each serial in it can be chosen."""

    text: str
    note: str
    serials: tuple[str, ...]


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A serial about which something is strange: it is saved with a reason only."""

    serial: str
    raw_text: str
    method: str
    warnings: tuple[str, ...]


class SerialResult(msgspec.Struct, frozen=True, kw_only=True):
    """What stands as the serial, and what else was found. ``visit/_serial.html``."""

    url: str
    serial: str
    at: str
    expected: str
    reason: str
    """Why it was saved although something was strange about it."""
    doubt: Doubt | None
    choices: tuple[Choice, ...]
    complaint: str


class ScanView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/scan.html``."""

    url: str
    photo_url: str
    frame_url: str
    typed: str
    heading: str
    hint: str
    """When nothing needs to be scanned; empty: something does."""
    result: SerialResult
    old: OldOntView | None


class ScanPart(msgspec.Struct, frozen=True, kw_only=True):
    """Both ONTs after an entry. ``visit/_scan_part.html`` and ``visit/_old_part.html``."""

    result: SerialResult
    old: OldOntView | None


def scan_view(view: JobView, drafts: Mapping[str, str], say: Language) -> ScanView:
    """Make the view."""
    url = f"/jobs/{view.card.id}"
    return ScanView(
        url=f"{url}/serial",
        photo_url=f"{url}/serial-photo",
        frame_url=f"{url}/serial-frame",
        typed=drafts.get(DRAFT, ""),
        heading=_heading(view.card.kind, say),
        hint=_hint(view, say),
        result=serial_result(view, say),
        old=old_ont_view(view, drafts, say),
    )


def _heading(kind: JobKind, say: Language) -> str:
    if not KINDS[kind].puts_up:
        return say("The ONT that you take back, if it is another one")
    return say("The new ONT") if KINDS[kind].takes_down else ""


def _hint(view: JobView, say: Language) -> str:
    """Say that a visit needs no serial as it stands, and when it would."""
    if changes_ont(view.card.kind, view.code):
        return ""
    return say(
        "A repair needs this only if you change the ONT. It then ends with: %(code)s.",
        code=code_text(SWAPPED, say),
    )


def serial_result(
    view: JobView,
    say: Language,
    *,
    doubt: Doubt | None = None,
    choices: tuple[Choice, ...] = (),
    wrong: str = "",
) -> SerialResult:
    """Show what stands, and what a person has to look at."""
    last = None if view.latest.serial is None else view.latest.serial.capture
    body = None if last is None else last.body
    return SerialResult(
        url=f"/jobs/{view.card.id}/serial",
        serial=body.serial if isinstance(body, SerialScan) else "",
        at="" if last is None else clock(last.at.wall, view.card.zone, say),
        expected=_expected(view),
        reason=(body.override_reason or "") if isinstance(body, SerialScan) else "",
        doubt=doubt,
        choices=choices,
        complaint=wrong,
    )


def _expected(view: JobView) -> str:
    is_new = KINDS[view.card.kind].puts_up
    return (view.document.reserved_serial if is_new else view.document.current_serial) or ""


@post("/jobs/{job_id:uuid}/serial", status_code=200)
async def record_serial(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Record a serial as typed, chosen or sent by a hand scanner; what is none is explained."""
    form = await read_form(request)
    entered = SerialBody(
        text=form.get("text", "")[:4000],
        override_reason=form.get("reason", "").strip()[:200] or None,
        method=_METHODS.get(form.get("method", ""), "manual"),
        raw_text=form.get("raw_text", "")[:4000] or None,
    )
    await desk.agent.store.write(store_draft, job_id, DRAFT, entered.text, desk.agent.now())
    try:
        ended = await desk.agent.record_typed_serial(job_id, entered.entry())
    except NotAnOntSerial as error:
        return await _answer(desk, job_id, wrong=complaint(error, desk.say))
    return await _answer(desk, job_id, doubt=_doubt(ended, entered, desk.say))


@post("/jobs/{job_id:uuid}/serial-photo", status_code=200)
async def read_label(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Read the label on a photo; a sure serial is recorded, else one is to be chosen."""
    try:
        found, ended = await desk.agent.scan_serial(job_id, await read_file(request, "photo"))
    except NotAnImage as error:
        return await _answer(desk, job_id, wrong=complaint(error, desk.say))
    if ended is not None:
        raw_text = next((c.text for c in found.candidates if found.sure in c.serials), None)
        entered = SerialBody(text=found.sure or "", method="scan", raw_text=raw_text)
        return await _answer(desk, job_id, doubt=_doubt(ended, entered, desk.say))
    wrong = "" if found.serials else desk.say("No ONT serial was found on this photo.")
    return await _answer(desk, job_id, wrong=wrong, choices=choices_of(found, desk.say))


@post("/jobs/{job_id:uuid}/serial-frame", status_code=200)
async def read_frame(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> FrameRead:
    """Read the serials on one frame of the live camera."""
    await load_job(desk, job_id)
    read = await read_frame_of(desk, request)
    return FrameRead(found=tuple({"text": each, "method": "camera"} for each in read.serials))


async def _answer(
    desk: Desk,
    job_id: JobId,
    *,
    doubt: Doubt | None = None,
    wrong: str = "",
    choices: tuple[Choice, ...] = (),
) -> Response[str]:
    view = await load_job(desk, job_id)
    drafts = await desk.agent.store.read(get_drafts, job_id)
    part = ScanPart(
        result=serial_result(view, desk.say, doubt=doubt, choices=choices, wrong=wrong),
        old=old_ont_view(view, drafts, desk.say),
    )
    return answer_part(desk, view, Step.SCAN, "_scan_part.html", part)


@post("/jobs/{job_id:uuid}/old-ont", status_code=200)
async def tell_old_ont(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Record what became of the old ONT, and why."""
    form, wrong = await read_form(request), ""
    entry = old_ont_entry(form)
    if entry is not None:
        try:
            await desk.agent.enter(record_old_ont, job_id, entry)
        except NotAnOntSerial as error:
            wrong = complaint(error, desk.say)
    return await _answer_old(desk, job_id, wrong)


@post("/jobs/{job_id:uuid}/old-serial", status_code=200)
async def name_old_ont(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Keep the serial of the old ONT as typed; it becomes a fact with what became of it."""
    typed = (await read_form(request)).get(OLD_DRAFT, "")[:400]
    return await _keep_old_serial(desk, job_id, typed)


@post("/jobs/{job_id:uuid}/old-photo", status_code=200)
async def read_old_label(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Read the label of the old ONT off a photo, where it holds one serial."""
    try:
        found = await desk.agent.read_codes(await read_file(request, "photo"))
    except NotAnImage as error:
        return await _answer_old(desk, job_id, complaint(error, desk.say))
    if len(found.serials) == 1:
        return await _keep_old_serial(desk, job_id, found.serials[0])
    wrong = desk.say("Not one ONT serial was found on this photo. Type it.")
    return await _answer_old(desk, job_id, wrong)


async def _keep_old_serial(desk: Desk, job_id: JobId, typed: str) -> Response[str]:
    await desk.agent.store.write(store_draft, job_id, OLD_DRAFT, typed, desk.agent.now())
    return await _answer_old(desk, job_id, "")


async def _answer_old(desk: Desk, job_id: JobId, wrong: str) -> Response[str]:
    view = await load_job(desk, job_id)
    drafts = await desk.agent.store.read(get_drafts, job_id)
    old = old_ont_view(view, drafts, desk.say, wrong)
    part = ScanPart(result=serial_result(view, desk.say), old=old)
    return answer_part(desk, view, Step.SCAN, "_old_part.html", part)


def _doubt(ended: SerialReceipt | Doubtful, entered: SerialBody, say: Language) -> Doubt | None:
    if isinstance(ended, SerialReceipt):
        return None
    return Doubt(
        serial=ended.serial,
        raw_text=entered.raw_text or entered.text,
        method=entered.method,
        warnings=tuple(say(words.DOUBTS[warned.doubt]) for warned in ended.warnings),
    )


def choices_of(found: ScanResult, say: Language) -> tuple[Choice, ...]:
    """List every code of a photo, so that a person can choose or see why none fits."""
    return tuple(
        Choice(text=each.text, note=say(words.CODE_KINDS[each.kind]), serials=each.serials)
        for each in found.candidates
    )
