"""Jobs that began on this tablet, as long as the server has given no document of them.

The document is made of the operation each time it is looked at, so nothing has to be kept in step:
the real one takes its place as soon as the feed brings it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from field_client.storage import Connection
from field_client.storage.statements import fetch_all
from sync_protocol import wire
from sync_protocol.documents import (
    UNKNOWN_PLANT,
    Appointment,
    CustomerCard,
    JobDocument,
    JobKind,
    PremiseCard,
    ProductCard,
)
from sync_protocol.field_jobs import number_of
from sync_protocol.ids import JobId, TechnicianId
from sync_protocol.jobs import JobState
from sync_protocol.operations import CreateJob, Operation

VISIT: Final = timedelta(hours=2)
_NO_PRODUCT: Final = ProductCard(name="not known", down_mbps=0, up_mbps=0)


def list_created(db: Connection) -> list[Operation]:
    """List the operations that began such jobs, in the order in which they were said."""
    return [wire.decode(row["raw"], Operation) for row in fetch_all(db, "jobs_created")]


def document_of(
    said: Operation, technician_id: TechnicianId, documents: Mapping[JobId, JobDocument]
) -> JobDocument:
    """Make the document that the server will make, as far as this tablet can know it. Pure.

    ``documents`` are those that the tablet has; the one that the job is beside lends its premise,
    customer, product and plant. Without it, only what the technician wrote is known.
    """
    body = said.body
    if not isinstance(body, CreateJob):
        raise TypeError(f"operation {said.dseq} begins no job: {type(body).__name__}")
    beside = None if body.premise_of is None else documents.get(body.premise_of)
    return JobDocument(
        id=body.job_id,
        kind=JobKind(body.kind),
        number=number_of(body.job_id),
        state=JobState.ASSIGNED,
        state_version=1,
        assignee_id=technician_id,
        customer=beside.customer if beside else CustomerCard(name=body.customer_name),
        premise=beside.premise if beside else _premise_told(body),
        product=beside.product if beside else _NO_PRODUCT,
        plant=beside.plant if beside else UNKNOWN_PLANT,
        appointment=Appointment(starts_at=said.at.wall, ends_at=said.at.wall + VISIT),
        required_photos=(),
        fields={},
        service_state=beside.service_state if beside else "not_known",
    )


def _premise_told(body: CreateJob) -> PremiseCard:
    """Make a card of an address in words; nobody knows yet where that is."""
    return PremiseCard(address=body.address, latitude=0.0, longitude=0.0, zone="UTC")
