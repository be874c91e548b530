"""What a technician enters: each function checks offline, records one operation, and answers.

Nothing here is refused because the office might see it differently; doubts are warnings that travel
with the answer. Refused is only what is no such value, or a job that is no longer ours to change.
"""

import enum
from collections.abc import Callable

import msgspec

from field_client.replica.outbox import Pen, expect_blob, record_operation, stamp
from field_client.replica.views import JobView, find_serial_elsewhere, get_job
from field_client.storage import Connection, StoredBlob
from sync_protocol import evidence, visits
from sync_protocol.documents import VersionedValue
from sync_protocol.ids import CaptureId, CompletionId, JobId
from sync_protocol.jobs import JobEvent, JobState, next_state
from sync_protocol.merge import FIELD_EVENTS, FIELD_OWNERS, Owner
from sync_protocol.operations import (
    Capture,
    CaptureBody,
    CompleteJob,
    GiveUpJob,
    LightReading,
    Manifest,
    MoveJob,
    Photo,
    RecordCapture,
    SerialScan,
    SetField,
    Signature,
)
from sync_protocol.optics import OPTIC_CLASSES, Judgement, judge
from sync_protocol.quoting import quoted
from sync_protocol.serials import OntSerial, parse_serial
from sync_protocol.units import RxPowerCdbm, parse_dbm
from sync_protocol.visit_codes import check_done, check_not_done

Sign = Callable[[bytes], str]
"""Signs with the device's key; the signature in base64."""


class JobReadOnly(RuntimeError):
    """The job has left this tablet and waits only for its work to be sent; nothing was recorded."""


class NotAFieldEvent(ValueError):
    """The event is not the tablet's to make, or has an entry of its own; nothing was recorded."""


class NotAField(ValueError):
    """No field that a tablet sets; nothing was recorded."""


class Doubt(enum.StrEnum):
    """What is strange about a serial."""

    NOT_THE_RESERVED_ONE = "not_the_reserved_one"
    USED_IN_ANOTHER_JOB = "used_in_another_job"


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """A doubt in words, with both values; the entry was recorded all the same."""

    doubt: Doubt
    detail: str


class SerialEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A serial and how it came here; ``raw_text`` is the whole code that it was found in."""

    text: str
    method: str
    raw_text: str | None = None
    override_reason: str | None = None


class SerialReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded serial."""

    capture_id: CaptureId
    serial: OntSerial
    warnings: tuple[Warned, ...]


class LightReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded reading and what it means; without a judgement, ``unjudged`` says why."""

    capture_id: CaptureId
    rx_power_cdbm: RxPowerCdbm
    judgement: Judgement | None
    unjudged: str | None = None


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
    view, moved = _writable(db, job_id), JobEvent(event)
    state = next_state(view.card.state, moved)
    body = MoveJob(job_id=job_id, event=moved, base_state_version=view.state_version)
    record_operation(db, pen, body)
    return state


def record_serial(
    db: Connection,
    pen: Pen,
    job_id: JobId,
    entry: SerialEntry,
) -> SerialReceipt:
    """Record an ONT serial as read or typed.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
        NotAnOntSerial: names the text and what would be right.
    """
    view, serial = _writable(db, job_id), parse_serial(entry.text)
    warnings = (*_against_reserved(view, serial), *_against_others(db, job_id, serial))
    body = SerialScan(
        serial=serial,
        raw_text=entry.raw_text or entry.text,
        method=entry.method,
        override_reason=entry.override_reason,
    )
    capture = _record_capture(db, pen, job_id, body)
    return SerialReceipt(capture_id=capture.capture.id, serial=serial, warnings=warnings)


def record_light(db: Connection, pen: Pen, job_id: JobId, text: str) -> LightReceipt:
    """Record a light level as typed, judged against the path that this tablet knows.

    Over a path that cannot be predicted it is recorded without a verdict: what only the office can
    correct keeps nobody from finishing a job.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
        NotALightLevel: names the text and what would be right.
    """
    view, power_cdbm = _writable(db, job_id), parse_dbm(text)
    plant = view.document.plant
    judgement = None if view.plant_problem else judge(power_cdbm, plant.light_path)
    body = LightReading(rx_power_cdbm=power_cdbm, plant_snapshot=plant.snapshot)
    if judgement is not None:
        body = msgspec.structs.replace(
            body,
            wavelength_nm=OPTIC_CLASSES[plant.light_path.optic_class].wavelength_nm,
            predicted_cdbm=judgement.predicted_cdbm,
            verdict=judgement.verdict,
        )
    capture = _record_capture(db, pen, job_id, body)
    return LightReceipt(
        capture_id=capture.capture.id,
        rx_power_cdbm=power_cdbm,
        judgement=judgement,
        unjudged=view.plant_problem,
    )


def record_photo(
    db: Connection, pen: Pen, job_id: JobId, *, subject: str, stored: StoredBlob
) -> FileReceipt:
    """Record a photo whose file is already safe (``BlobFolder.put``).

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
    """
    body = Photo(
        subject=subject,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
    )
    return _record_file(db, pen, job_id, body, stored)


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
    return _record_file(db, pen, job_id, body, stored)


def set_field(db: Connection, pen: Pen, job_id: JobId, *, field: str, value: str) -> VersionedValue:
    """Set a shared field, remembering the value that it had here.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to change.
        NotAField: names the field and those that can be set.
    """
    if FIELD_OWNERS.get(field) is not Owner.SHARED:
        shared = sorted(name for name, owner in FIELD_OWNERS.items() if owner is Owner.SHARED)
        raise NotAField(f"{quoted(field)} is not set on a tablet; these are: {', '.join(shared)}")
    base = _writable(db, job_id).fields.get(field, VersionedValue(value="", version=0))
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
    view = _writable(db, job_id)
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
    view = _writable(db, job_id)
    state = next_state(view.card.state, JobEvent.GIVE_UP)
    body = GiveUpJob(
        job_id=job_id,
        code=check_not_done(code),
        base_state_version=view.state_version,
        remark=remark,
    )
    record_operation(db, pen, body)
    return state


def _writable(db: Connection, job_id: JobId) -> JobView:
    view = get_job(db, job_id)
    if view.card.lingering:
        raise JobReadOnly(
            f"job {view.card.number} has left this tablet ({view.left_reason}); "
            "what was recorded is being sent, nothing can be added"
        )
    return view


def _record_capture(db: Connection, pen: Pen, job_id: JobId, body: CaptureBody) -> RecordCapture:
    capture = Capture(id=CaptureId(pen.new_id()), at=stamp(db, pen), body=body, salt=pen.new_salt())
    recorded = RecordCapture(job_id=job_id, capture=capture)
    record_operation(db, pen, recorded)
    return recorded


def _record_file(
    db: Connection, pen: Pen, job_id: JobId, body: Photo | Signature, stored: StoredBlob
) -> FileReceipt:
    _writable(db, job_id)
    recorded = _record_capture(db, pen, job_id, body)
    expect_blob(db, pen, recorded, stored)
    return FileReceipt(
        capture_id=recorded.capture.id, sha256=stored.sha256, size_bytes=stored.size_bytes
    )


def _against_reserved(view: JobView, serial: OntSerial) -> tuple[Warned, ...]:
    reserved = view.document.reserved_serial
    if reserved is None or reserved == serial:
        return ()
    detail = f"{serial} was scanned, {reserved} is reserved for this job"
    return (Warned(doubt=Doubt.NOT_THE_RESERVED_ONE, detail=detail),)


def _against_others(db: Connection, job_id: JobId, serial: OntSerial) -> tuple[Warned, ...]:
    other = find_serial_elsewhere(db, serial, job_id)
    if other is None:
        return ()
    detail = f"{serial} was also recorded for job {other} on this tablet"
    return (Warned(doubt=Doubt.USED_IN_ANOTHER_JOB, detail=detail),)


def _vouched_for(view: JobView) -> tuple[Capture, ...]:
    """Take all captures of the job: superseded ones are evidence too."""
    return tuple(item.capture for item in view.captures)
