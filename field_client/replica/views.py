"""What pages ask the replica: jobs with their overlay, counts, issues, receipts."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from field_client.replica.overlay import Overlaid, overlay, split_captures
from field_client.replica.state import find_enrolment, get_state
from field_client.storage import Connection
from field_client.storage.driver import Row
from field_client.storage.statements import fetch_all, find_row
from sync_protocol import visits, wire
from sync_protocol.briefing import Briefing
from sync_protocol.documents import Appointment, IssueDocument, JobDocument, VersionedValue
from sync_protocol.ids import JobId, TechnicianId
from sync_protocol.jobs import JobState
from sync_protocol.operations import (
    Capture,
    Operation,
    OperationBody,
    RecordCapture,
)
from sync_protocol.optics import PathUnknown, predict
from sync_protocol.units import Counter, RxPowerCdbm, Sha256Hex


class JobUnknown(LookupError):
    """No such job on this tablet; it may have left it. Nothing was changed."""


class NotEnrolled(RuntimeError):
    """The tablet belongs to nobody yet; enrol it with a code from the office."""


class Receipt(enum.StrEnum):
    """How far what was entered has got."""

    SAVED = "saved_on_tablet"
    SENT = "sent"
    LIVE = "service_live"


class JobCard(msgspec.Struct, frozen=True, kw_only=True):
    """A job in the list of the day."""

    id: JobId
    number: str
    state: JobState
    address: str
    appointment: Appointment
    lingering: bool
    receipt: Receipt
    pending_operations: int
    pending_blobs: int


class CaptureView(msgspec.Struct, frozen=True, kw_only=True):
    """A capture and whether the server has it."""

    capture: Capture
    receipt: Receipt


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """One job whole. ``document`` is the server's; state and fields include what waits here."""

    card: JobCard
    document: JobDocument
    state_version: Counter
    fields: Mapping[str, VersionedValue]
    captures: tuple[CaptureView, ...]
    missing: tuple[str, ...]
    """What a completion still needs, whatever its code; some codes need more or less."""
    predicted_cdbm: RxPowerCdbm | None
    plant_problem: str | None
    """Why nothing can be predicted: what the plant data lack."""
    left_reason: str | None


class OperationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An operation and its verdict, for the queue page; ``verdict`` is None while it waits."""

    dseq: Counter
    tx: str
    job_id: JobId
    kind: str
    recorded_at: datetime
    verdict: str | None
    code: str | None


class BlobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits for its upload."""

    sha256: Sha256Hex
    size_bytes: int
    media_type: str
    tries: int


class BlobFault(msgspec.Struct, frozen=True, kw_only=True):
    """A file that could not be uploaded, and why."""

    sha256: Sha256Hex
    job_id: JobId
    tries: int
    last_error: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the sync chip. ``captured`` counts every operation ever made here."""

    captured: int
    pending_operations: int
    pending_blobs: int
    by_verdict: Mapping[str, int]


class _Kept(NamedTuple):
    body: OperationBody
    is_acked: bool
    is_settled: bool


class _Pending(NamedTuple):
    operations: Mapping[str, int]
    blobs: Mapping[str, int]


def list_jobs(db: Connection) -> tuple[JobCard, ...]:
    """List the jobs of this tablet in the order of their appointments.

    Raises:
        NotEnrolled: there is nobody whose jobs they could be.
    """
    technician_id, pending = _technician_id(db), _pending(db)
    cards = (
        _card(document, _overlaid(document, technician_id, kept), row, pending)
        for row in fetch_all(db, "jobs")
        for document, kept in ((_document(row), _kept(db, row["id"])),)
    )
    return tuple(sorted(cards, key=lambda card: (card.appointment.starts_at, card.number)))


def get_job(db: Connection, job_id: JobId) -> JobView:
    """Show one job.

    Raises:
        JobUnknown: not on this tablet.
        NotEnrolled: as ``list_jobs``.
    """
    row = find_row(db, "job", id=str(job_id))
    if row is None:
        raise JobUnknown(f"job {job_id} is not on this tablet")
    document, kept = _document(row), _kept(db, str(job_id))
    overlaid = _overlaid(document, _technician_id(db), kept)
    predicted_cdbm, plant_problem = _predicted(document)
    captures = tuple(
        CaptureView(
            capture=item.body.capture, receipt=Receipt.SENT if item.is_acked else Receipt.SAVED
        )
        for item in kept
        if isinstance(item.body, RecordCapture)
    )
    return JobView(
        card=_card(document, overlaid, row, _pending(db)),
        document=document,
        state_version=overlaid.state_version,
        fields=overlaid.fields,
        captures=captures,
        missing=visits.missing(
            document.kind, document.required_photos, [view.capture.body for view in captures]
        ),
        predicted_cdbm=predicted_cdbm,
        plant_problem=plant_problem,
        left_reason=row["left_reason"],
    )


def count_all(db: Connection) -> Counts:
    """Count for the sync chip."""
    state = get_state(db)
    rows = fetch_all(db, "operations_by_verdict")
    return Counts(
        captured=state.acked_before + state.head_dseq,
        pending_operations=state.head_dseq - state.acked_dseq,
        pending_blobs=sum(_pending(db).blobs.values()),
        by_verdict={str(row["verdict"]): int(row["count"]) for row in rows},
    )


def list_issues(db: Connection) -> tuple[IssueDocument, ...]:
    """List what was changed, withheld or refused, oldest first."""
    return tuple(wire.decode(row["document"], IssueDocument) for row in fetch_all(db, "issues"))


def get_briefing(db: Connection) -> Briefing | None:
    """Get what the technician is told that is of no single job; None: nothing was told yet."""
    row = find_row(db, "briefings")
    return None if row is None else wire.decode(row["document"], Briefing)


def list_operations(db: Connection, *, after: Counter, count_max: int) -> tuple[OperationRow, ...]:
    """List operations after a number, oldest first."""
    rows = fetch_all(db, "operations_page", after=after, count_max=count_max)
    return tuple(msgspec.convert(dict(row), OperationRow, strict=False) for row in rows)


def list_pending_blobs(db: Connection, count_max: int) -> tuple[BlobRow, ...]:
    """List files to upload, least tried first."""
    rows = fetch_all(db, "blobs_pending", count_max=count_max)
    return tuple(msgspec.convert(dict(row), BlobRow) for row in rows)


def list_blob_faults(db: Connection) -> tuple[BlobFault, ...]:
    """List files whose upload failed."""
    return tuple(
        msgspec.convert(dict(row), BlobFault, strict=False) for row in fetch_all(db, "blob_errors")
    )


def find_serial_elsewhere(db: Connection, serial: str, job_id: JobId) -> JobId | None:
    """Find another job in whose captures this serial stands."""
    row = find_row(db, "serial_elsewhere", serial=serial, job_id=str(job_id))
    return None if row is None else msgspec.convert(row["job_id"], JobId, strict=False)


def _technician_id(db: Connection) -> TechnicianId:
    enrolment = find_enrolment(db)
    if enrolment is None:
        raise NotEnrolled("this tablet is not enrolled; enrol it with a code from the office")
    return enrolment.technician_id


def _document(row: Row) -> JobDocument:
    return wire.decode(row["document"], JobDocument)


def _kept(db: Connection, job_id: str) -> list[_Kept]:
    return [
        _Kept(
            wire.decode(row["raw"], Operation).body,
            bool(row["is_acked"]),
            bool(row["is_settled"]),
        )
        for row in fetch_all(db, "operations_of_job", job_id=job_id)
    ]


def _overlaid(document: JobDocument, technician_id: TechnicianId, kept: list[_Kept]) -> Overlaid:
    return overlay(
        document,
        technician_id,
        captures=split_captures([item.body for item in kept if item.is_settled]),
        pending=[item.body for item in kept if not item.is_settled],
    )


def _pending(db: Connection) -> _Pending:
    state = get_state(db)
    operations = fetch_all(db, "operations_pending_by_job", acked_dseq=state.acked_dseq)
    blobs = fetch_all(db, "blobs_pending_by_job")
    return _Pending(
        {row["job_id"]: row["count"] for row in operations},
        {row["job_id"]: row["count"] for row in blobs},
    )


def _card(document: JobDocument, overlaid: Overlaid, row: Row, pending: _Pending) -> JobCard:
    operations = pending.operations.get(row["id"], 0)
    blobs = pending.blobs.get(row["id"], 0)
    return JobCard(
        id=document.id,
        number=document.number,
        state=overlaid.state,
        address=document.premise.address,
        appointment=document.appointment,
        lingering=row["left_reason"] is not None,
        receipt=_receipt(document, operations + blobs),
        pending_operations=operations,
        pending_blobs=blobs,
    )


def _receipt(document: JobDocument, pending: int) -> Receipt:
    if document.live_at is not None:
        return Receipt.LIVE
    return Receipt.SAVED if pending else Receipt.SENT


def _predicted(document: JobDocument) -> tuple[RxPowerCdbm | None, str | None]:
    """Predict the light, or say why that cannot be done."""
    try:
        return predict(document.plant.light_path).rx_power_cdbm, None
    except PathUnknown as error:
        return None, str(error)
