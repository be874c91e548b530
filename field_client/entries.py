"""What every entry begins and ends with: a job that may be added to, and a capture that is kept."""

from field_client.position import Position
from field_client.replica.outbox import Pen, record_operation, stamp
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection
from sync_protocol.ids import CaptureId, JobId
from sync_protocol.operations import Capture, CaptureBody, RecordCapture


class JobReadOnly(RuntimeError):
    """The job has left this tablet and waits only for its work to be sent; nothing was recorded."""


def writable(db: Connection, job_id: JobId) -> JobView:
    """Get a job that may be added to.

    Raises:
        JobUnknown, NotEnrolled, JobReadOnly: there is no such job to add to.
    """
    view = get_job(db, job_id)
    if view.card.lingering:
        raise JobReadOnly(
            f"job {view.card.number} has left this tablet ({view.left_reason}); "
            "what was recorded is being sent, nothing can be added"
        )
    return view


def record_capture(
    db: Connection, pen: Pen, job_id: JobId, body: CaptureBody, position: Position | None = None
) -> RecordCapture:
    """Record a fact about a job as one operation.

    What it brings of a position itself, as a photo does, goes before what the tablet was told.
    """
    position = position or pen.positions.get(job_id)
    capture = Capture(
        id=CaptureId(pen.new_id()),
        at=stamp(db, pen),
        body=body,
        latitude=position.latitude if position else None,
        longitude=position.longitude if position else None,
        salt=pen.new_salt(),
        accuracy_m=position.accuracy_m if position else None,
    )
    recorded = RecordCapture(job_id=job_id, capture=capture)
    record_operation(db, pen, recorded)
    return recorded
