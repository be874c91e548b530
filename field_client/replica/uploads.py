"""What has become of the files: uploaded, failed, and no longer needed here."""

from datetime import datetime, timedelta
from typing import Final

from field_client.replica.state import server_time
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, find_row, run
from sync_protocol.units import Sha256Hex

KEPT_FOR: Final = timedelta(days=7)
"""How long an uploaded file is kept: a server that is put back may have lost it again."""


def note_uploaded(db: Connection, sha256: Sha256Hex, at: datetime) -> None:
    """The server has the whole file; a job that only waited for it may go."""
    run(db, "blob_uploaded", sha256=sha256, at=server_time(db, at).isoformat())
    run(db, "jobs_purge")


def note_failed(db: Connection, sha256: Sha256Hex, error: str) -> None:
    """Remember why an upload failed; the others go first next time."""
    run(db, "blob_failed", sha256=sha256, error=error[:500])


def is_spoken_of(db: Connection, sha256: Sha256Hex) -> bool:
    """Say whether a capture needs this file, or a job shows it as a photo of an earlier visit."""
    return find_row(db, "file_spoken_of", sha256=sha256) is not None


def forget_uploaded(db: Connection, now: datetime) -> tuple[Sha256Hex, ...]:
    """Drop the rows of files that nobody needs any more; the caller then removes the files.

    Their jobs are gone, and they were uploaded ``KEPT_FOR`` ago.
    """
    before = (server_time(db, now) - KEPT_FOR).isoformat()
    gone = fetch_all(db, "blobs_of_gone_jobs", before=before)
    for row in gone:
        run(db, "blob_forget", sha256=row["sha256"])
    return tuple(str(row["sha256"]) for row in gone if not row["is_shown"])
