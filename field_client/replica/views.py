"""What pages ask the replica: jobs with their overlay, counts, issues, receipts."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from field_client.replica.captures import CaptureView, Latest, Receipt, latest
from field_client.replica.cards import JobCard, card_of, overlaid_with, pending_of_job
from field_client.replica.held import get_held, get_technician_id
from field_client.replica.memory import CODE_DRAFT, get_drafts
from field_client.replica.said import list_said, unsettled_of
from field_client.replica.state import get_state
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, fetch_row, find_row
from sync_protocol import visits, wire
from sync_protocol.briefing import Briefing
from sync_protocol.documents import IssueDocument, JobDocument, VersionedValue
from sync_protocol.ids import JobId
from sync_protocol.operations import CompleteJob, GiveUpJob, RecordCapture
from sync_protocol.optics import PathUnknown, predict
from sync_protocol.units import Counter, RxPowerCdbm, Sha256Hex


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """One job whole. ``document`` is the server's; state and fields include what waits here."""

    card: JobCard
    document: JobDocument
    state_version: Counter
    fields: Mapping[str, VersionedValue]
    captures: tuple[CaptureView, ...]
    latest: Latest
    """Of each thing what stands, out of the captures."""
    ended_code: str | None
    """The visit code with which the visit was ended on this tablet; None: it was not."""
    code: str
    """With which a completion ended or would end: the chosen one, else what was captured says."""
    missing: tuple[str, ...]
    """What a completion with this code still needs."""
    predicted_cdbm: RxPowerCdbm | None
    plant_problem: str | None
    """Why nothing can be predicted: what the plant data lack."""
    left_reason: str | None


class OperationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An operation and its verdict, for the queue page; ``verdict`` is None while it waits."""

    dseq: Counter
    tx: str
    job_id: JobId | None
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


def get_job(db: Connection, job_id: JobId) -> JobView:
    """Show one job.

    Raises:
        JobUnknown: not on this tablet.
        NotEnrolled: as ``list_jobs``.
    """
    technician_id = get_technician_id(db)
    held = get_held(db, job_id, technician_id)
    document, said = held.document, list_said(db, held)
    overlaid = overlaid_with(document, technician_id, unsettled_of(said))
    predicted_cdbm, plant_problem = _predicted(document)
    ended_code = next(
        (
            item.body.code
            for item in reversed(said)
            if isinstance(item.body, CompleteJob | GiveUpJob)
        ),
        None,
    )
    captures = tuple(
        CaptureView(
            capture=item.body.capture, receipt=Receipt.SENT if item.is_acked else Receipt.SAVED
        )
        for item in said
        if isinstance(item.body, RecordCapture)
    )
    bodies = [view.capture.body for view in captures]
    chosen = (ended_code, get_drafts(db, job_id).get(CODE_DRAFT))
    code = visits.code_of(document.kind, bodies, chosen)
    return JobView(
        card=card_of(held, overlaid, pending_of_job(db, job_id)),
        document=document,
        state_version=overlaid.state_version,
        fields=overlaid.fields,
        captures=captures,
        latest=latest(captures),
        ended_code=ended_code,
        code=code,
        missing=visits.missing(document.kind, document.required_photos, bodies, code),
        predicted_cdbm=predicted_cdbm,
        plant_problem=plant_problem,
        left_reason=held.left_reason,
    )


def count_all(db: Connection) -> Counts:
    """Count for the sync chip."""
    state = get_state(db)
    rows = fetch_all(db, "operations_by_verdict")
    return Counts(
        captured=state.acked_before + state.head_dseq,
        pending_operations=state.head_dseq - state.acked_dseq,
        pending_blobs=fetch_row(db, "blobs_pending_count")["count"],
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


def _predicted(document: JobDocument) -> tuple[RxPowerCdbm | None, str | None]:
    """Predict the light, or say why that cannot be done."""
    try:
        return predict(document.plant.light_path).rx_power_cdbm, None
    except PathUnknown as error:
        return None, str(error)
