"""Which jobs a tablet holds: the server's documents, and those of jobs that began here."""

from typing import NamedTuple

from field_client.replica.created import document_of, list_created
from field_client.replica.state import find_enrolment
from field_client.storage import Connection
from field_client.storage.driver import Row
from field_client.storage.statements import fetch_all, find_row
from sync_protocol import wire
from sync_protocol.documents import JobDocument
from sync_protocol.ids import JobId, TechnicianId


class JobUnknown(LookupError):
    """No such job on this tablet; it may have left it. Nothing was changed."""


class NotEnrolled(RuntimeError):
    """The tablet belongs to nobody yet; enrol it with a code from the office."""


class Held(NamedTuple):
    """A job that is here. ``is_only_here``: the office has not taken it up yet."""

    document: JobDocument
    left_reason: str | None
    is_only_here: bool


def get_technician_id(db: Connection) -> TechnicianId:
    """Say whose tablet this is.

    Raises:
        NotEnrolled: nobody's.
    """
    enrolment = find_enrolment(db)
    if enrolment is None:
        raise NotEnrolled("this tablet is not enrolled; enrol it with a code from the office")
    return enrolment.technician_id


def list_held(db: Connection, technician_id: TechnicianId) -> list[Held]:
    """Read the server's documents, and those of jobs that began here and have none."""
    held = [_from_row(row) for row in fetch_all(db, "jobs")]
    documents = {each.document.id: each.document for each in held}
    for said in list_created(db):
        document = document_of(said, technician_id, documents)
        documents[document.id] = document  # the next one may be beside it
        held.append(Held(document, None, is_only_here=True))
    return held


def get_held(db: Connection, job_id: JobId, technician_id: TechnicianId) -> Held:
    """Read one job.

    Raises:
        JobUnknown: not on this tablet.
    """
    row = find_row(db, "job", id=str(job_id))
    if row is not None:
        return _from_row(row)
    # Rare, and there are few of them.
    began_here = (held for held in list_held(db, technician_id) if held.document.id == job_id)
    found = next(began_here, None)
    if found is None:
        raise JobUnknown(f"job {job_id} is not on this tablet")
    return found


def _from_row(row: Row) -> Held:
    return Held(wire.decode(row["document"], JobDocument), row["left_reason"], is_only_here=False)
