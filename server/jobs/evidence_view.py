"""The evidence of a job so far, against what it must show. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from server.console import wording
from server.console.wording import phrase
from server.jobs.board import Story
from server.jobs.findings_view import found_items
from server.jobs.photos import DRAWN
from server.jobs.plant_view import gauge_view
from server.jobs.records import StoredCapture
from server.jobs.views import EvidenceItem, EvidenceView, PhotoView
from server.jobs.words import Tone
from sync_protocol.documents import JobDocument
from sync_protocol.operations import Capture, LightReading, Photo, SerialScan, Signature
from sync_protocol.optics import Verdict

_VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.OK: "within tolerance",
    Verdict.MARGINAL: "marginal: works, worth a clean connector",
    Verdict.FAIL: "fails",
    Verdict.TOO_GOOD: "too good: the splitter is not in this path",
}


class _Shown(msgspec.Struct, frozen=True):
    """A capture with whom it came from."""

    capture: Capture
    note: str
    photo: PhotoView | None = None


def evidence_view(story: Story) -> EvidenceView:
    """Say what is there and what is missing, in the order in which it is taken."""
    document = story.document
    shown = [_read(capture, story) for capture in story.captures]
    items = (
        *_serials(document, shown),
        *_lights(shown),
        *_terminal_lights(shown),
        *(item for subject in document.required_photos for item in _photos(subject, shown)),
        *_other_photos(document.required_photos, shown),
        *_signatures(shown),
        *found_items([(s.capture, s.note) for s in shown], story.proposals),
    )
    readings = [
        body for s in shown if isinstance(body := s.capture.body, LightReading) and body.is_at_house
    ]
    needed = 3 + len(document.required_photos)
    missing = sum(1 for item in items if not item.is_there)
    return EvidenceView(
        items=items,
        there=needed - missing,
        required=needed,
        gauge=gauge_view(
            document.plant.light_path, readings[-1].rx_power_cdbm if readings else None
        ),
        bundle_url=_bundle_url(story),
    )


def _bundle_url(story: Story) -> str | None:
    job_id = story.document.id
    signed = (c for c in story.completions if c.job_id == job_id and c.signature is not None)
    return f"/api/jobs/{job_id}/evidence-bundle" if any(signed) else None


def _read(stored: StoredCapture, story: Story) -> _Shown:
    capture = msgspec.convert(stored.capture, Capture)
    taken = wording.clock(capture.at.wall, story.document.premise.zone)
    late = "after the job had left this tablet" if stored.late else ""
    who = story.names.get(stored.technician_id, "")
    note = ", ".join(part for part in (who, taken, late) if part)
    body = capture.body
    if not isinstance(body, Photo):
        return _Shown(capture, note)
    if body.sha256 not in story.blobs_here:
        return _Shown(capture, f"{note}. The photo itself has not arrived yet")
    url = f"/jobs/{stored.job_id}/photos/{stored.id}"
    return _Shown(capture, note, _photo_view(url, body))


def _photo_view(url: str, photo: Photo) -> PhotoView:
    label = f"Open the photo: {_subject(photo.subject)}"
    return PhotoView(url=url, label=label, is_drawn=photo.media_type in DRAWN)


def _serials(document: JobDocument, shown: Sequence[_Shown]) -> Iterable[EvidenceItem]:
    expected = document.reserved_serial
    items = [
        _item("ONT serial", body.serial, _serial_note(body, s.note), _serial_tone(body, expected))
        for s in shown
        if isinstance(body := s.capture.body, SerialScan)
    ]
    return items or [_missing("ONT serial", f"expected {expected}" if expected else "")]


def _serial_tone(scan: SerialScan, expected: str | None) -> Tone:
    is_expected = expected in {None, scan.serial}
    return Tone.GOOD if is_expected and not scan.overridden else Tone.ATTENTION


def _serial_note(scan: SerialScan, note: str) -> str:
    """Add what the tablet doubted and what the technician answered."""
    doubts = ", ".join(doubt.replace("_", " ") for doubt in scan.overridden)
    told = [f"The tablet warned: {doubts}"] if doubts else []
    reason = [f"Reason given: {scan.override_reason}"] if scan.override_reason else []
    return ". ".join([note, *told, *reason])


def _lights(shown: Sequence[_Shown]) -> Iterable[EvidenceItem]:
    items = [
        _item(
            "Light level",
            f"{wording.dbm(body.rx_power_cdbm)}, {_verdict(body)}",
            ", ".join(part for part in (body.meter, s.note) if part),
            Tone.GOOD if body.verdict is Verdict.OK else Tone.ATTENTION,
        )
        for s in shown
        if isinstance(body := s.capture.body, LightReading) and body.is_at_house
    ]
    return items or [_missing("Light level", "")]


def _terminal_lights(shown: Sequence[_Shown]) -> Iterable[EvidenceItem]:
    return [
        _item("Light level at the terminal", wording.dbm(body.rx_power_cdbm), s.note, Tone.QUIET)
        for s in shown
        if isinstance(body := s.capture.body, LightReading) and not body.is_at_house
    ]


def _verdict(reading: LightReading) -> str:
    if reading.verdict is not None:
        return _VERDICTS[reading.verdict]
    if reading.wavelength_nm is not None:
        return f"not judged, measured at {reading.wavelength_nm} nm"
    return "not judged: its path was unknown"


def _photos(subject: str, shown: Sequence[_Shown]) -> Iterable[EvidenceItem]:
    items = [
        _photo_item(s, body, Tone.GOOD)
        for s in shown
        if isinstance(body := s.capture.body, Photo) and body.subject == subject
    ]
    return items or [_missing(f"Photo: {_subject(subject)}", "")]


def _other_photos(required: Sequence[str], shown: Sequence[_Shown]) -> Iterable[EvidenceItem]:
    return [
        _photo_item(s, body, Tone.QUIET)
        for s in shown
        if isinstance(body := s.capture.body, Photo) and body.subject not in required
    ]


def _photo_item(shown: _Shown, body: Photo, tone: Tone) -> EvidenceItem:
    item = _item(f"Photo: {_subject(body.subject)}", _size(body.size_bytes), shown.note, tone)
    return msgspec.structs.replace(item, photo=shown.photo)


def _signatures(shown: Sequence[_Shown]) -> Iterable[EvidenceItem]:
    items = [
        _item("Signature", body.signer_name, s.note, Tone.GOOD)
        for s in shown
        if isinstance(body := s.capture.body, Signature)
    ]
    return items or [_missing("Signature", "")]


def _item(name: str, value: str, note: str, tone: Tone) -> EvidenceItem:
    return EvidenceItem(name=name, value=value, note=note, is_there=True, tone=tone)


def _missing(name: str, note: str) -> EvidenceItem:
    return EvidenceItem(name=name, value="", note=note, is_there=False, tone=Tone.WAITING)


def _subject(code: str) -> str:
    """Word a photo's subject; the trade's abbreviation keeps its capitals."""
    return phrase(code).replace("Ont ", "ONT ").removeprefix(" ")


def _size(size_bytes: int) -> str:
    return f"{max(1, round(size_bytes / 1000))} kB"
