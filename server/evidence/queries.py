"""What a job's bundle holds, read in one snapshot."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.rows import to_records
from server.database.tables.people import devices
from server.database.tables.work import completions
from server.jobs import queries as jobs
from server.jobs.records import Completion
from server.problems import NotFound
from sync_protocol.bundles import FORMAT, Bundle, SignedCompletion
from sync_protocol.ids import CaptureId, DeviceId, JobId
from sync_protocol.operations import Capture, Manifest


def bundle_of(db: sa.Connection, job_id: UUID, *, exported_at: datetime) -> Bundle:
    """Collect what the completions of a job vouched for, first received first.

    An unsigned completion proves nothing and is left out.

    Raises:
        NotFound: no such job, or nothing signed has come of it yet.
    """
    job = jobs.get(db, job_id)
    captures = {
        CaptureId(stored.id): msgspec.convert(stored.capture, Capture)
        for stored in jobs.list_captures(db, job_id)
    }
    signed = [each for each in _completions(db, job_id) if each.signature is not None]
    if not signed:
        raise NotFound("signed completion of job", job.number)
    keys = _public_keys(db, {each.device_id for each in signed})
    return Bundle(
        format=FORMAT,
        job_id=JobId(job.id),
        job_number=job.number,
        exported_at=exported_at,
        completions=tuple(_signed(each, captures, keys[each.device_id]) for each in signed),
    )


def _signed(
    completion: Completion, captures: dict[CaptureId, Capture], public_key: str
) -> SignedCompletion:
    manifest = msgspec.convert(completion.manifest, Manifest)
    return SignedCompletion(
        manifest=manifest,
        device_id=DeviceId(completion.device_id),
        public_key=public_key,
        signature=completion.signature or "",
        captures=tuple(
            captures[entry.capture_id]
            for entry in manifest.captures
            if entry.capture_id in captures
        ),
    )


def _completions(db: sa.Connection, job_id: UUID) -> tuple[Completion, ...]:
    rows = db.execute(
        sa.select(completions)
        .where(completions.c.job_id == job_id)
        .order_by(completions.c.received_at, completions.c.id)
    )
    return to_records(rows, Completion)


def _public_keys(db: sa.Connection, device_ids: set[UUID]) -> dict[UUID, str]:
    rows = db.execute(
        sa.select(devices.c.id, devices.c.public_key).where(devices.c.id.in_(device_ids))
    )
    return {row.id: row.public_key for row in rows}
