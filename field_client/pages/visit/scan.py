"""The ONT's serial: from a photo of its label, the live camera, a hand scanner, or typed."""

from collections.abc import Mapping

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.capture import SerialReceipt
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_file, read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.visit.screens import answer_part
from field_client.pages.wording import clock
from field_client.replica.memory import store_draft
from field_client.replica.views import JobView
from field_client.scanner import NotAnImage, ScanResult
from field_client.visit import Step
from sync_protocol.ids import JobId
from sync_protocol.operations import SerialScan
from sync_protocol.serials import NotAnOntSerial

DRAFT = "serial"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was found on a photo; those that are a serial can be chosen."""

    text: str
    note: str
    serial: str


class SerialResult(msgspec.Struct, frozen=True, kw_only=True):
    """What stands as the serial, and what else was found. ``visit/_serial.html``."""

    url: str
    serial: str
    at: str
    expected: str
    warnings: tuple[str, ...]
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
    warnings: tuple[str, ...] = (),
    choices: tuple[Choice, ...] = (),
    wrong: str = "",
) -> SerialResult:
    """Show what stands, and what a person has to look at."""
    last = None if view.latest.serial is None else view.latest.serial.capture
    return SerialResult(
        url=f"/jobs/{view.card.id}/serial",
        serial=last.body.serial if last and isinstance(last.body, SerialScan) else "",
        at="" if last is None else clock(last.at.wall, view.card.zone, say),
        expected=view.document.reserved_serial or "",
        warnings=warnings,
        choices=choices,
        complaint=wrong,
    )


@post("/jobs/{job_id:uuid}/serial", status_code=200)
async def record_serial(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Record a serial as typed, chosen or sent by a hand scanner; what is none is explained."""
    form = await read_form(request)
    text, reason = form.get("text", "")[:4000], form.get("reason", "").strip()[:200] or None
    await desk.agent.store.write(store_draft, job_id, DRAFT, text, desk.agent.now())
    try:
        receipt = await desk.agent.record_typed_serial(job_id, text, reason)
    except NotAnOntSerial as error:
        return await _answer(desk, job_id, wrong=complaint(error, desk.say))
    return await _answer(desk, job_id, receipt)


@post("/jobs/{job_id:uuid}/serial-photo", status_code=200)
async def read_label(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Read the label on a photo; one serial is recorded, of several one is to be chosen."""
    try:
        found, receipt = await desk.agent.scan_serial(job_id, await read_file(request, "photo"))
    except NotAnImage as error:
        return await _answer(desk, job_id, wrong=complaint(error, desk.say))
    if receipt is not None:
        return await _answer(desk, job_id, receipt)
    wrong = "" if found.serials else desk.say("No ONT serial was found on this photo.")
    return await _answer(desk, job_id, wrong=wrong, choices=choices_of(found, desk.say))


async def _answer(
    desk: Desk,
    job_id: JobId,
    receipt: SerialReceipt | None = None,
    *,
    wrong: str = "",
    choices: tuple[Choice, ...] = (),
) -> Response[str]:
    view = await load_job(desk, job_id)
    warnings = () if receipt is None else tuple(each.detail for each in receipt.warnings)
    result = serial_result(view, desk.say, warnings=warnings, choices=choices, wrong=wrong)
    return answer_part(desk, view, Step.SCAN, "_serial.html", result)


def choices_of(found: ScanResult, say: Language) -> tuple[Choice, ...]:
    """List every code of a photo, so that a person can choose or see why none fits."""
    return tuple(
        Choice(
            text=each.text,
            note=each.symbology if each.serial else say("not an ONT serial"),
            serial=each.serial or "",
        )
        for each in found.candidates
    )


class FrameRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was read on one frame of the live camera; nothing is recorded."""

    serials: tuple[str, ...]


@post("/jobs/{job_id:uuid}/serial-frame", status_code=200)
async def read_frame(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> FrameRead:
    """Read one frame of the live camera; a frame that shows nothing is an answer."""
    await load_job(desk, job_id)
    try:
        found = await desk.agent.read_codes(await request.body())
    except NotAnImage:
        return FrameRead(serials=())
    return FrameRead(serials=found.serials)
