"""The ONT's serial: from a photo of its label, the live camera, a hand scanner, or typed."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.api import Method, SerialBody
from field_client.capture import Doubtful, SerialReceipt
from field_client.pages import words
from field_client.pages.camera import FrameRead, read_frame_of
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_file, read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.visit.screens import answer_part
from field_client.pages.wording import clock
from field_client.replica.memory import store_draft
from field_client.replica.views import JobView
from field_client.scanning import NotAnImage, ScanResult
from field_client.visit import Step
from sync_protocol.ids import JobId
from sync_protocol.operations import SerialScan
from sync_protocol.serials import NotAnOntSerial

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
    result: SerialResult


def scan_view(view: JobView, drafts: Mapping[str, str], say: Language) -> ScanView:
    """Make the view."""
    url = f"/jobs/{view.card.id}"
    return ScanView(
        url=f"{url}/serial",
        photo_url=f"{url}/serial-photo",
        frame_url=f"{url}/serial-frame",
        typed=drafts.get(DRAFT, ""),
        result=serial_result(view, say),
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
        expected=view.document.reserved_serial or "",
        reason=(body.override_reason or "") if isinstance(body, SerialScan) else "",
        doubt=doubt,
        choices=choices,
        complaint=wrong,
    )


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
    result = serial_result(view, desk.say, doubt=doubt, choices=choices, wrong=wrong)
    return answer_part(desk, view, Step.SCAN, "_serial.html", result)


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
