"""What was captured for a job, each with how far it has got."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from field_client.pages import words
from field_client.pages.languages import Language
from field_client.pages.wording import clock, dbm
from field_client.replica.captures import CaptureView
from field_client.replica.views import JobView
from sync_protocol.operations import (
    CaptureBody,
    Check,
    Correction,
    LightReading,
    Note,
    OntMoved,
    Photo,
    SerialScan,
    Signature,
)


class CaptureLine(msgspec.Struct, frozen=True, kw_only=True):
    """A captured fact in a list. ``_captures.html``."""

    name: str
    value: str
    at: str
    receipt: str
    receipt_tone: str


def capture_lines(view: JobView, say: Language) -> tuple[CaptureLine, ...]:
    """List what was captured, in its order."""
    return tuple(capture_line(item, view.card.zone, say) for item in view.captures)


def capture_line(item: CaptureView, zone: str, say: Language) -> CaptureLine:
    """Write one capture."""
    name, value = capture_words(item.capture.body, say)
    return CaptureLine(
        name=name,
        value=value,
        at=clock(item.capture.at.wall, zone, say),
        receipt=say(words.RECEIPTS[item.receipt]),
        receipt_tone=words.RECEIPT_TONES[item.receipt],
    )


def capture_words(body: CaptureBody, say: Language) -> tuple[str, str]:
    """Name what was captured, and write its value."""
    return _OF_KIND[type(body)](body, say)


_OF_KIND: Final[Mapping[type[CaptureBody], Callable[[Any, Language], tuple[str, str]]]] = {
    SerialScan: lambda body, say: (say("ONT serial"), body.serial),
    LightReading: lambda body, say: (say("Light"), dbm(body.rx_power_cdbm, say)),
    Photo: lambda body, say: (say("Photo"), words.photo_name(body.subject, say)),
    Signature: lambda body, say: (say("Signature"), body.signer_name),
    Check: lambda body, say: (words.check_name(body.name, say), say(words.ANSWERS[body.answer])),
    Note: lambda body, say: (say("Note"), body.text),
    Correction: lambda body, say: (
        say("Correction"),
        f"{words.field_name(body.field, say)}: {body.proposed_value}",
    ),
    OntMoved: lambda body, say: (say(words.CUSTODY[body.move]), body.serial),
}
KINDS: Final = frozenset(_OF_KIND)
"""Every kind of capture has its words here, as a test sees to."""
