"""A job that begins in the field: what a technician enters, and its place in the local API."""

from typing import Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency

from field_client.agent import Agent
from field_client.replica.held import get_technician_id
from field_client.replica.outbox import Pen, record_operation
from field_client.replica.views import get_job
from field_client.storage import Connection
from sync_protocol import wire
from sync_protocol.documents import AddressText, JobKind, LongText, ShortText
from sync_protocol.field_jobs import number_of
from sync_protocol.ids import JobId
from sync_protocol.operations import CreateJob


class JobEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the job is for and where: beside a job of this tablet, or at an address in words."""

    kind: JobKind
    reason: LongText
    premise_of: JobId | None = None
    address: AddressText = ""
    customer_name: ShortText = ""


class JobBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The new job, which is on this tablet at once."""

    job_id: JobId
    number: str


class NoPlace(ValueError):
    """Neither another job nor an address says where the job is; nothing was recorded."""


class NoReason(ValueError):
    """Nobody says what the job is for; nothing was recorded."""


def create_job(db: Connection, pen: Pen, entry: JobEntry) -> JobBegun:
    """Begin a job; work on it can be recorded at once, whatever the server makes of it.

    Beside another job, its address and customer are written into the operation as well: they are
    all that the office has where it cannot take the job up by itself.

    Raises:
        JobUnknown, NotEnrolled: there is no such job to be beside.
        NoPlace, NoReason: names what is missing.
    """
    get_technician_id(db)  # nobody's tablet has nobody's jobs
    reason, address, customer_name = (
        entry.reason.strip(),
        entry.address.strip(),
        entry.customer_name,
    )
    if not reason:
        raise NoReason("a job that the office did not plan needs a reason; say what it is for")
    if entry.premise_of is not None:
        beside = get_job(db, entry.premise_of).document
        address = address or beside.premise.address
        customer_name = customer_name or beside.customer.name
    if not address:
        raise NoPlace("a job needs a place; name an address, or another job at the same premise")
    body = CreateJob(
        job_id=JobId(pen.new_id()),
        kind=entry.kind,
        reason=reason,
        premise_of=entry.premise_of,
        address=address,
        customer_name=customer_name,
    )
    record_operation(db, pen, body)
    return JobBegun(job_id=body.job_id, number=number_of(body.job_id))


@post("/jobs", status_code=201)
async def create(agent: NamedDependency[Agent], request: Request[None, None, Any]) -> JobBegun:
    """Begin a job."""
    entry = wire.decode(await request.body(), JobEntry)
    return await agent.enter(create_job, entry)
