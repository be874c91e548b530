"""What has become of the files: uploaded, failed, and no longer needed here."""

from datetime import datetime

from field_client.storage import Connection
from field_client.storage.statements import fetch_all, find_row, run
from sync_protocol.units import Sha256Hex


def note_uploaded(db: Connection, sha256: Sha256Hex, at: datetime) -> None:
    """The server has the whole file; a job that only waited for it may go."""
    run(db, "blob_uploaded", sha256=sha256, at=at.isoformat())
    run(db, "jobs_purge")


def note_failed(db: Connection, sha256: Sha256Hex, error: str) -> None:
    """Remember why an upload failed; the others go first next time."""
    run(db, "blob_failed", sha256=sha256, error=error[:500])


def is_spoken_of(db: Connection, sha256: Sha256Hex) -> bool:
    """Say whether some capture needs this file."""
    return find_row(db, "blob_by_sha256", sha256=sha256) is not None


def forget_uploaded(db: Connection) -> tuple[Sha256Hex, ...]:
    """Drop the rows of uploaded files whose jobs are gone; the caller then removes the files."""
    gone = tuple(str(row["sha256"]) for row in fetch_all(db, "blobs_of_gone_jobs"))
    for sha256 in gone:
        run(db, "blob_forget", sha256=sha256)
    return gone
