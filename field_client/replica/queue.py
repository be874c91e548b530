"""What waits to be sent, item by item, and the figures of the chip on every page."""

from datetime import datetime
from uuid import UUID

import msgspec

from field_client.replica.state import find_enrolment, get_state
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, fetch_row
from sync_protocol import wire
from sync_protocol.ids import JobId
from sync_protocol.operations import Operation, OperationBody
from sync_protocol.units import Sha256Hex


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """How much waits here, in few and cheap queries: a page asks every few seconds."""

    operations: int
    blobs: int
    blob_bytes: int
    issues: int
    flight_mode: bool
    is_enrolled: bool
    last_synced_at: datetime | None


class QueuedOperation(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that waits for its verdict; ``size_bytes`` before compression."""

    job_id: JobId | None
    body: OperationBody
    recorded_at: datetime
    size_bytes: int


class QueuedBlob(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits for its upload, how often it was tried and what went wrong last."""

    sha256: Sha256Hex
    job_id: JobId
    size_bytes: int
    media_type: str
    recorded_at: datetime
    tries: int
    last_error: str | None


def count_waiting(db: Connection) -> Waiting:
    """Count what waits."""
    state, blobs = get_state(db), fetch_row(db, "blobs_pending_count")
    return Waiting(
        operations=state.head_dseq - state.acked_dseq,
        blobs=blobs["count"],
        blob_bytes=blobs["size_bytes"],
        issues=fetch_row(db, "issues_count")["count"],
        flight_mode=state.flight_mode,
        is_enrolled=find_enrolment(db) is not None,
        last_synced_at=state.last_synced_at,
    )


def list_queued_operations(db: Connection, count_max: int) -> tuple[QueuedOperation, ...]:
    """List entries without a verdict, oldest first."""
    return tuple(
        QueuedOperation(
            job_id=None if row["job_id"] is None else JobId(UUID(row["job_id"])),
            body=wire.decode(row["raw"], Operation).body,
            recorded_at=datetime.fromisoformat(row["recorded_at"]),
            size_bytes=len(row["raw"]),
        )
        for row in fetch_all(db, "queue_operations", count_max=count_max)
    )


def list_queued_blobs(db: Connection, count_max: int) -> tuple[QueuedBlob, ...]:
    """List files that are not uploaded, least tried first."""
    rows = fetch_all(db, "queue_blobs", count_max=count_max)
    return tuple(msgspec.convert(dict(row), QueuedBlob, strict=False) for row in rows)
