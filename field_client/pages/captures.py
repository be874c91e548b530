"""What was captured for a job, each with how far it has got."""

from typing import assert_never

import msgspec

from field_client.pages import words
from field_client.pages.languages import Language
from field_client.pages.wording import clock, dbm
from field_client.replica.views import CaptureView, JobView
from sync_protocol.operations import CaptureBody, LightReading, Photo, SerialScan, Signature


class CaptureLine(msgspec.Struct, frozen=True, kw_only=True):
    """A captured fact in a list. ``_captures.html``."""

    name: str
    value: str
    at: str
    receipt: str
    receipt_tone: str


def capture_lines(view: JobView, say: Language) -> tuple[CaptureLine, ...]:
    """List what was captured, in its order."""
    return tuple(_line(item, view.card.zone, say) for item in view.captures)


def _line(item: CaptureView, zone: str, say: Language) -> CaptureLine:
    name, value = _words(item.capture.body, say)
    return CaptureLine(
        name=name,
        value=value,
        at=clock(item.capture.at.wall, zone, say),
        receipt=say(words.RECEIPTS[item.receipt]),
        receipt_tone=words.RECEIPT_TONES[item.receipt],
    )


def _words(body: CaptureBody, say: Language) -> tuple[str, str]:
    match body:
        case SerialScan():
            return say("ONT serial"), body.serial
        case LightReading():
            return say("Light"), dbm(body.rx_power_cdbm, say)
        case Photo():
            return say("Photo"), words.photo_name(body.subject, say)
        case Signature():
            return say("Signature"), body.signer_name
        case _:
            assert_never(body)
