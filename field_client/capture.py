"""What a technician enters: each function checks offline, records one operation, and answers.

Nothing here is refused because the office might see it differently: a doubt asks for a reason,
which travels with the entry. Refused is only what is no such value, or a job that is no longer ours
to change.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from field_client.entries import record_capture, writable
from field_client.photos import PhotoFacts
from field_client.position import Position
from field_client.replica.outbox import Pen, expect_blob, record_operation, stamp
from field_client.replica.views import JobView, find_serial_elsewhere
from field_client.serial_checks import (
    NO_STOCK,
    Expected,
    Stock,
    Warned,
    check_serial,
    check_taken_down,
)
from field_client.storage import Connection, StoredBlob
from sync_protocol import evidence, visits
from sync_protocol.documents import ShortText, VersionedValue
from sync_protocol.ids import CaptureId, CompletionId, JobId
from sync_protocol.jobs import JobEvent, JobState, next_state
from sync_protocol.merge import FIELD_EVENTS, FIELD_OWNERS, Owner
from sync_protocol.operations import (
    Capture,
    CompleteJob,
    GiveUpJob,
    LightReading,
    Manifest,
    MoveJob,
    Photo,
    Place,
    SerialScan,
    SetField,
    Signature,
)
from sync_protocol.optics import OPTIC_CLASSES, Judgement, LightPath, judge
from sync_protocol.quoting import quoted
from sync_protocol.serials import OntSerial, parse_serial
from sync_protocol.units import RxPowerCdbm, read_dbm
from sync_protocol.visit_codes import check_done, check_not_done

Wavelength = Literal[1310, 1490, 1550, 1577]
"""In nanometres: what meters can be set to."""
Sign = Callable[[bytes], str]
"""Signs with the device's key; the signature in base64."""


class NotAFieldEvent(ValueError):
    """The event is not the tablet's to make, or has an entry of its own; nothing was recorded."""


class NotAField(ValueError):
    """No field that a tablet sets; nothing was recorded."""


class SerialEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A serial and how it came here; ``raw_text`` is the whole code that it was found in.

    ``override_reason`` says why it is right whatever is strange about it; a blank one is none.
    """

    text: str
    method: str
    raw_text: str | None = None
    override_reason: str | None = None


class SerialReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded serial, and the doubts that the technician gave a reason for."""

    capture_id: CaptureId
    serial: OntSerial
    warnings: tuple[Warned, ...]


class Doubtful(msgspec.Struct, frozen=True, kw_only=True):
    """A serial about which something is strange; nothing was recorded: enter it with a reason."""

    serial: OntSerial
    warnings: tuple[Warned, ...]


class LightSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How a light level was measured; what is None nobody said."""

    meter: ShortText | None = None
    wavelength_nm: Wavelength | None = None
    place: Place | None = None


class LightReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded reading and what it means; without a judgement, ``unjudged`` says why."""

    capture_id: CaptureId
    rx_power_cdbm: RxPowerCdbm
    judgement: Judgement | None
    unjudged: str | None = None
    sign_added: bool = False
    """True: a minus was added, for the level was typed without a sign."""


class FileReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded photo or signature."""

    capture_id: CaptureId
    sha256: str
    size_bytes: int


class Completed(msgspec.Struct, frozen=True, kw_only=True, tag="completed"):
    """The job is finished on this tablet; the office hears of it at the next sync."""

    completion_id: CompletionId
    captures: int


class Incomplete(msgspec.Struct, frozen=True, kw_only=True, tag="incomplete"):
    """Something is missing; nothing was recorded."""

    missing: tuple[str, ...]


def move_job(db: Connection, pen: Pen, job_id: JobId, event: str) -> JobState:
    """Move a job along; the state it is in now.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to move.
        NotAFieldEvent, MoveNotAllowed: not this event, or not now.
    """
    if event not in FIELD_EVENTS:
        possible = ", ".join(sorted(FIELD_EVENTS))
        raise NotAFieldEvent(f"{quoted(event)} is no move of the tablet; possible: {possible}")
    view, moved = writable(db, job_id), JobEvent(event)
    state = next_state(view.card.state, moved)
    body = MoveJob(job_id=job_id, event=moved, base_state_version=view.state_version)
    record_operation(db, pen, body)
    return state


def record_serial(
    db: Connection, pen: Pen, job_id: JobId, entry: SerialEntry, stock: Stock = NO_STOCK
) -> SerialReceipt | Doubtful:
    """Record an ONT serial as read or typed; one with doubts only together with a reason.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
        NotAnOntSerial: names the text and what would be right.
    """
    view, serial = writable(db, job_id), parse_serial(entry.text)
    document, kind = view.document, visits.KINDS[view.document.kind]
    expected = Expected(
        reserved=document.reserved_serial,
        running=document.current_serial if kind.takes_down else None,
        elsewhere=find_serial_elsewhere(db, serial, job_id),
    )
    doubts = (
        check_serial(serial, expected, stock)
        if kind.puts_up
        else check_taken_down(serial, expected)
    )
    reason = (entry.override_reason or "").strip() or None
    if doubts and reason is None:
        return Doubtful(serial=serial, warnings=doubts)
    body = SerialScan(
        serial=serial,
        raw_text=entry.raw_text or entry.text,
        method=entry.method,
        override_reason=reason,
        overridden=tuple(warned.doubt.value for warned in doubts),
    )
    capture = record_capture(db, pen, job_id, body)
    return SerialReceipt(capture_id=capture.capture.id, serial=serial, warnings=doubts)


def record_light(
    db: Connection, pen: Pen, job_id: JobId, text: str, setup: LightSetup | None = None
) -> LightReceipt:
    """Record a light level as typed, judged against the path that this tablet knows.

    Over a path that cannot be predicted, or with another wavelength or from another place than the
    prediction is for, it is recorded without a verdict: that keeps nobody from finishing a job.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
        NotALightLevel: names the text and what would be right.
    """
    view, typed, how = writable(db, job_id), read_dbm(text), setup or LightSetup()
    plant = view.document.plant
    unjudged = view.plant_problem or _unlike_prediction(plant.light_path, how)
    judgement = None if unjudged else judge(typed.power_cdbm, plant.light_path)
    body = LightReading(
        rx_power_cdbm=typed.power_cdbm,
        plant_snapshot=plant.snapshot,
        wavelength_nm=how.wavelength_nm,
        meter=how.meter,
        place=how.place,
    )
    if judgement is not None:
        body = msgspec.structs.replace(
            body,
            wavelength_nm=OPTIC_CLASSES[plant.light_path.optic_class].wavelength_nm,
            predicted_cdbm=judgement.predicted_cdbm,
            verdict=judgement.verdict,
        )
    capture = record_capture(db, pen, job_id, body)
    return LightReceipt(
        capture_id=capture.capture.id,
        rx_power_cdbm=typed.power_cdbm,
        judgement=judgement,
        unjudged=unjudged,
        sign_added=typed.sign_added,
    )


def _unlike_prediction(path: LightPath, how: LightSetup) -> str | None:
    """Say why a prediction over a known path is not for what was measured; None: it is."""
    if how.place is Place.TERMINAL:
        return "measured at the terminal, where the drop is not in the path"
    predicted_nm = OPTIC_CLASSES[path.optic_class].wavelength_nm
    if how.wavelength_nm not in (None, predicted_nm):
        return (
            f"the meter was set to {how.wavelength_nm} nm, "
            f"the light of this path has {predicted_nm} nm"
        )
    return None


def record_photo(
    db: Connection,
    pen: Pen,
    job_id: JobId,
    *,
    subject: str,
    stored: StoredBlob,
    facts: PhotoFacts | None = None,
) -> FileReceipt:
    """Record a photo whose file is already safe (``BlobFolder.put``), and what is known of it.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
    """
    known = facts or PhotoFacts()
    body = Photo(
        subject=subject,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
        width=known.width,
        height=known.height,
        taken_at=known.taken_at,
    )
    return _record_file(db, pen, job_id, (body, known.position), stored)


def record_signature(
    db: Connection,
    pen: Pen,
    job_id: JobId,
    *,
    signer_name: str,
    statement: str,
    stored: StoredBlob,
) -> FileReceipt:
    """Record who signed what; the drawing's file is already safe.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
    """
    body = Signature(
        signer_name=signer_name,
        statement=statement,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
    )
    return _record_file(db, pen, job_id, (body, None), stored)


def set_field(db: Connection, pen: Pen, job_id: JobId, *, field: str, value: str) -> VersionedValue:
    """Set a shared field, remembering the value that it had here.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to change.
        NotAField: names the field and those that can be set.
    """
    if FIELD_OWNERS.get(field) is not Owner.SHARED:
        shared = sorted(name for name, owner in FIELD_OWNERS.items() if owner is Owner.SHARED)
        raise NotAField(f"{quoted(field)} is not set on a tablet; these are: {', '.join(shared)}")
    base = writable(db, job_id).fields.get(field, VersionedValue(value="", version=0))
    body = SetField(
        job_id=job_id,
        field=field,
        value=value,
        base_version=base.version,
        base_value=base.value,
    )
    record_operation(db, pen, body)
    return VersionedValue(value=value, version=base.version + 1)


def complete_job(
    db: Connection, pen: Pen, job_id: JobId, *, code: str, sign: Sign
) -> Completed | Incomplete:
    """Finish a job with a signed manifest of its captures, or say what is missing.

    Raises:
        JobUnknown, JobReadOnly, MoveNotAllowed: this job cannot be finished here and now.
        NotAVisitCode: names the text and the codes of a job that was done.
    """
    view = writable(db, job_id)
    next_state(view.card.state, JobEvent.COMPLETE)
    checked = check_done(code)
    captured = [each.capture.body for each in view.captures]
    document = view.document
    missing = visits.missing(document.kind, document.required_photos, captured, checked)
    if missing:
        return Incomplete(missing=missing)
    manifest = Manifest(
        completion_id=CompletionId(pen.new_id()),
        job_id=job_id,
        captures=evidence.digests_of(_vouched_for(view)),
        completed_at=stamp(db, pen),
    )
    body = CompleteJob(
        job_id=job_id,
        code=checked,
        base_state_version=view.state_version,
        manifest=manifest,
        signature=sign(evidence.bytes_to_sign(manifest)),
    )
    record_operation(db, pen, body)
    return Completed(completion_id=manifest.completion_id, captures=len(manifest.captures))


def give_up_job(db: Connection, pen: Pen, job_id: JobId, *, code: str, remark: str) -> JobState:
    """Leave without finishing, with a reason.

    Raises:
        JobUnknown, JobReadOnly, MoveNotAllowed: this job cannot be given up here and now.
        NotAVisitCode: names the text and the codes of a job that was not done.
    """
    view = writable(db, job_id)
    state = next_state(view.card.state, JobEvent.GIVE_UP)
    body = GiveUpJob(
        job_id=job_id,
        code=check_not_done(code),
        base_state_version=view.state_version,
        remark=remark,
    )
    record_operation(db, pen, body)
    return state


def _record_file(
    db: Connection,
    pen: Pen,
    job_id: JobId,
    said: tuple[Photo | Signature, Position | None],
    stored: StoredBlob,
) -> FileReceipt:
    writable(db, job_id)
    recorded = record_capture(db, pen, job_id, *said)
    expect_blob(db, pen, recorded, stored)
    return FileReceipt(
        capture_id=recorded.capture.id, sha256=stored.sha256, size_bytes=stored.size_bytes
    )


def _vouched_for(view: JobView) -> tuple[Capture, ...]:
    """Take all captures of the job: superseded ones are evidence too."""
    return tuple(item.capture for item in view.captures)
