"""The captures of a job as a page shows them: all of them, and of each thing the last.

A later capture of the same thing takes the place of the one before on the page alone; both stay,
and both are in the manifest.
"""

import enum
from collections.abc import Iterable, Mapping

import msgspec

from sync_protocol.operations import (
    Capture,
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


class Receipt(enum.StrEnum):
    """How far what was entered has got."""

    SAVED = "saved_on_tablet"
    SENT = "sent"
    LIVE = "service_live"


class CaptureView(msgspec.Struct, frozen=True, kw_only=True):
    """A capture and whether the server has it."""

    capture: Capture
    receipt: Receipt


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of each thing. Notes, corrections and moved ONTs all stand, oldest first."""

    serial: CaptureView | None = None
    light: CaptureView | None = None
    """At the house, over the whole path."""
    terminal_light: CaptureView | None = None
    signature: CaptureView | None = None
    photos: Mapping[str, CaptureView] = {}
    """By subject, in the order in which the subjects came up."""
    checks: Mapping[str, CaptureView] = {}
    """By name, in the order in which they were first answered."""
    notes: tuple[CaptureView, ...] = ()
    corrections: tuple[CaptureView, ...] = ()
    onts: tuple[CaptureView, ...] = ()


def latest(captures: Iterable[CaptureView]) -> Latest:
    """Find what stands of each thing among captures in the order of the work."""
    views = tuple(captures)
    lights = [
        (body.is_at_house, view)
        for view in views
        if isinstance(body := view.capture.body, LightReading)
    ]
    return Latest(
        serial=_last(_of(views, SerialScan)),
        light=_last(view for at_house, view in lights if at_house),
        terminal_light=_last(view for at_house, view in lights if not at_house),
        signature=_last(_of(views, Signature)),
        photos={
            body.subject: view for view in views if isinstance(body := view.capture.body, Photo)
        },
        checks={body.name: view for view in views if isinstance(body := view.capture.body, Check)},
        notes=tuple(_of(views, Note)),
        corrections=tuple(_of(views, Correction)),
        onts=tuple(_of(views, OntMoved)),
    )


def _of(views: Iterable[CaptureView], kind: type[CaptureBody]) -> Iterable[CaptureView]:
    return (view for view in views if isinstance(view.capture.body, kind))


def _last(views: Iterable[CaptureView]) -> CaptureView | None:
    return next(reversed(tuple(views)), None)
