"""A technician's visit on the tablet: arrive, scan, measure, photograph, sign, complete."""

from uuid import UUID

import msgspec

from server.demo import label
from server.demo.narration import Voice
from server.demo.olt import Olt
from server.demo.tablet import LightReceipt, Tablet
from server.demo.watching import NotSeen
from sync_protocol.jobs import JobEvent
from sync_protocol.units import format_dbm

OFF_BY_CDB = -30
"""How far a level lies from its prediction: nobody's connectors are perfect."""
_SIGNATURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 60">'
    '<path d="M10 40 C 40 5, 55 60, 80 30 S 130 10, 150 35 S 180 45, 190 25" '
    'fill="none" stroke="black" stroke-width="3"/></svg>'
)
_STATEMENT = "The service was installed and explained to me."


class Fiber(msgspec.Struct, frozen=True, kw_only=True):
    """What the technician screws on, and where its light goes; dark: the OLT never sees it."""

    serial: str
    olt: Olt
    port: str
    come_up_s: float
    dark: bool = False


async def visit(voice: Voice, tablet: Tablet, job_id: UUID, fiber: Fiber) -> None:
    """Do the whole job on the tablet.

    Raises:
        NotSeen: the tablet read another serial off the label than stands on it.
    """
    for event in (JobEvent.ACCEPT, JobEvent.DEPART, JobEvent.ARRIVE, JobEvent.START):
        await tablet.move(job_id, event)
    picture = label.draw_label(fiber.serial, mac="48:57:54:" + _as_mac(fiber.serial))
    await _scan(voice, tablet, job_id, fiber.serial, picture)
    light = await _measure(tablet, job_id)
    voice.detail(
        "tablet",
        f"light {format_dbm(light.rx_power_cdbm)} dBm, predicted "
        f"{format_dbm(light.judgement.predicted_cdbm)}: verdict {light.judgement.verdict}, "
        "judged on the tablet",
    )
    if not fiber.dark:
        await fiber.olt.plug(
            fiber.serial,
            fiber.port,
            rx_power_cdbm=light.rx_power_cdbm,
            come_up_s=fiber.come_up_s,
        )
    await _document(tablet, job_id)
    await tablet.complete(job_id, "D02")
    voice.detail("tablet", "photos and signature taken")
    voice.say("tablet", f"{tablet.owner} COMPLETED the job with {fiber.serial}", style="bold")


async def _scan(voice: Voice, tablet: Tablet, job_id: UUID, serial: str, picture: bytes) -> None:
    scanned = await tablet.scan(job_id, picture)
    recorded = scanned.recorded
    if recorded is None and scanned.warnings:
        for warning in scanned.warnings:
            voice.detail("tablet", f"asks for a reason: {warning.detail}")
        recorded = await tablet.insist(job_id, serial, "brought from the warehouse this morning")
    read = None if recorded is None else recorded.serial
    if read != serial:
        raise NotSeen(f"the label says {serial}, the tablet read {read}")
    codes = ", ".join(code.text for code in scanned.result.candidates)
    voice.detail("tablet", f"scans the ONT's label: {codes}; the serial is {read}")


async def _measure(tablet: Tablet, job_id: UUID) -> LightReceipt:
    predicted_cdbm = (await tablet.job(job_id)).predicted_cdbm
    # As people type it there: with a comma, and without trailing zeros.
    reading = format_dbm(predicted_cdbm + OFF_BY_CDB).replace(".", ",")
    return await tablet.light(job_id, reading)


async def _document(tablet: Tablet, job_id: UUID) -> None:
    job = await tablet.job(job_id)
    for subject in job.document.required_photos:
        await tablet.photo(job_id, subject, label.draw_photo(f"{subject} {job.card.number}"))
    await tablet.sign(job_id, signer="The subscriber", statement=_STATEMENT, svg=_SIGNATURE)


def _as_mac(serial: str) -> str:
    """Make the end of a MAC address from the end of a serial.

    >>> _as_mac("HWTC5A111600")
    '11:16:00'
    """
    tail = serial[-6:]
    return ":".join(tail[at : at + 2] for at in range(0, 6, 2))
