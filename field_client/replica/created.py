"""Jobs that began on this tablet, as long as the server has given no document of them.

The document is made of the operation each time it is looked at, so nothing has to be kept in step:
the real one takes its place as soon as the feed brings it.
"""

import enum
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from field_client.storage import Connection
from field_client.storage.statements import fetch_all, find_row
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
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import CreateJob, Operation

VISIT: Final = timedelta(hours=2)
NOWHERE: Final = (0.0, 0.0)
"""The latitude and longitude of a premise that nobody has placed; no premise lies at sea."""
_NO_PRODUCT: Final = ProductCard(name="not known", down_mbps=0, up_mbps=0)


class Standing(enum.StrEnum):
    """How far the office has got with a job that began here."""

    UNSEEN = "unseen"
    TAKEN = "taken"
    """It is a job like any other, or is about to come as one."""
    ASKED = "asked"
    """A person has to find out which premise is meant."""
    REFUSED = "refused"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """That a job began here, why, and what the office makes of it."""

    reason: str
    standing: Standing


_STANDINGS: Final[Mapping[str | None, Standing]] = {
    None: Standing.UNSEEN,
    VerdictKind.PARKED: Standing.ASKED,
    VerdictKind.REJECTED: Standing.REFUSED,
}


def find_begun(db: Connection, job_id: JobId, *, is_only_here: bool) -> Begun | None:
    """Read how a job began here; None: it did not, or that was long ago."""
    row = find_row(db, "job_begun", job_id=str(job_id))
    if row is None:
        return None
    body = wire.decode(row["raw"], Operation).body
    reason = body.reason if isinstance(body, CreateJob) else ""
    if not is_only_here:
        return Begun(reason=reason, standing=Standing.TAKEN)
    kind = VerdictKind.PARKED if row["was_parked"] else row["verdict_kind"]
    return Begun(reason=reason, standing=_STANDINGS.get(kind, Standing.TAKEN))


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
    zone = next((each.premise.zone for each in documents.values()), "UTC")
    return JobDocument(
        id=body.job_id,
        kind=JobKind(body.kind),
        number=number_of(body.job_id),
        state=JobState.ASSIGNED,
        state_version=1,
        assignee_id=technician_id,
        customer=beside.customer if beside else CustomerCard(name=body.customer_name),
        premise=beside.premise if beside else _premise_told(body, zone),
        product=beside.product if beside else _NO_PRODUCT,
        plant=beside.plant if beside else UNKNOWN_PLANT,
        appointment=Appointment(starts_at=said.at.wall, ends_at=said.at.wall + VISIT),
        required_photos=(),
        fields={},
        service_state=beside.service_state if beside else "not_known",
    )


def _premise_told(body: CreateJob, zone: str) -> PremiseCard:
    """Make a card of an address in words; nobody knows yet where that is.

    It is told in the zone of the other jobs here, for nobody drives into another one.
    """
    latitude, longitude = NOWHERE
    return PremiseCard(address=body.address, latitude=latitude, longitude=longitude, zone=zone)
