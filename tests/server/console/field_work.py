"""What a tablet's push leaves behind, for tests that are not about pushing."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from server import audit
from server.acts import Actor, ActorKind
from server.database import Connection, Store, Written
from server.jobs import queries, storage
from server.jobs.records import StoredCapture
from server.sync import blobs
from server.sync.blob_store import FolderBlobStore
from sync_protocol import evidence
from sync_protocol.ids import CaptureId
from sync_protocol.jobs import JobState
from sync_protocol.operations import (
    Capture,
    CaptureBody,
    LightReading,
    Moment,
    Photo,
    SerialScan,
    Signature,
)
from sync_protocol.optics import Verdict
from tests.server.console.town import NOON, act

FIELD = Actor(ActorKind.DEVICE, UUID(int=7))
BODIES: Sequence[CaptureBody] = (
    SerialScan(serial="HWTC1A2B3C4D", raw_text="S/N HWTC1A2B3C4D", method="scan"),
    LightReading(
        rx_power_cdbm=-1660,
        wavelength_nm=1490,
        predicted_cdbm=-1627,
        verdict=Verdict.OK,
        plant_snapshot="p1",
    ),
    Photo(subject="ont_mounted", sha256="a" * 64, size_bytes=284_000),
    Photo(subject="ont_label", sha256="b" * 64, size_bytes=191_000),
    Signature(signer_name="Erika Muster", statement="Works.", sha256="c" * 64, size_bytes=4_000),
)


def capture(body: CaptureBody, at: datetime = NOON) -> Capture:
    moment = Moment(wall=at, monotonic_ms=1, boot_id="boot")
    return Capture(id=CaptureId(uuid7()), at=moment, body=body)


def stored(
    body: CaptureBody, job_id: UUID, technician_id: UUID, *, at: datetime = NOON, late: bool = False
) -> StoredCapture:
    fact = capture(body, at)
    return StoredCapture(
        id=fact.id,
        job_id=job_id,
        technician_id=technician_id,
        kind=str(type(body).__struct_config__.tag),
        digest=evidence.capture_digest(fact),
        capture=msgspec.to_builtins(fact),
        late=late,
        received_at=at,
    )


def tell(
    store: Store, job_id: UUID, action: str, detail: Mapping[str, str | None], *, at: datetime
) -> None:
    """Write one line of the timeline and wake whoever looks at the job."""
    store.write_now(_tell, job_id, action, detail, at)


def capture_everything(
    store: Store, job_id: UUID, technician_id: UUID, *, since: datetime = NOON
) -> None:
    """Work on a job until it is completed, an hour later, as a tablet tells it."""
    store.write_now(_capture_everything, job_id, technician_id, since)


def photograph(
    store: Store, job_id: UUID, technician_id: UUID, data: bytes, *, media_type: str = "image/jpeg"
) -> Photo:
    """Record a photo of a job's ONT; its bytes are still on the tablet."""
    photo = Photo(
        subject="ont_mounted",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        media_type=media_type,
    )
    fact = stored(photo, job_id, technician_id)
    insert_capture(store, fact)
    return photo


def insert_capture(store: Store, fact: StoredCapture) -> None:
    """Let one capture arrive and wake whoever looks at the job."""
    store.write_now(_insert, fact)


def send(store: Store, folder: Path, data: bytes) -> None:
    """Let the bytes of a photo arrive."""
    sha256 = hashlib.sha256(data).hexdigest()
    blob_store = FolderBlobStore(folder)
    blob_store.begin(sha256, len(data))
    blob_store.append(sha256, 0, data)
    store.write_now(blobs.mark_present, sha256, len(data), NOON)


def _insert(db: Connection, fact: StoredCapture) -> Written[None]:
    storage.insert_capture(db, fact)
    return Written(None, topics=frozenset({f"job:{fact.job_id}"}))


def _tell(
    db: Connection, job_id: UUID, action: str, detail: Mapping[str, str | None], at: datetime
) -> Written[None]:
    by = Actor(ActorKind.SYSTEM) if action.startswith("process") else FIELD
    audit.record(db, act(at, by), action, job_id=job_id, detail=detail)
    return Written(None, topics=frozenset({f"job:{job_id}"}))


def _capture_everything(
    db: Connection, job_id: UUID, technician_id: UUID, since: datetime
) -> Written[None]:
    for minute, event in ((1, "accept"), (12, "depart"), (31, "arrive"), (33, "start")):
        _tell(db, job_id, "job.moved", _said(event), since + timedelta(minutes=minute))
    for minute, body in enumerate(BODIES, 41):
        at = since + timedelta(minutes=minute)
        fact = stored(body, job_id, technician_id, at=at)
        storage.insert_capture(db, fact)
        _tell(db, job_id, "capture.received", _said(fact.kind), at)
    _tell(db, job_id, "job.completed", _said("done"), since + timedelta(minutes=52))
    job = queries.get(db, job_id)
    storage.update(db, msgspec.structs.replace(job, state=JobState.COMPLETED))
    return Written(None, topics=frozenset({f"job:{job_id}"}))


def _said(what: str) -> Mapping[str, str | None]:
    return {"what": what, "verdict": "applied", "code": None}
