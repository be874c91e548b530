"""The jobs of a tablet as a list shows them: each a card, its state with what waits here."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from field_client.replica.captures import Receipt
from field_client.replica.held import Held, get_technician_id, list_held
from field_client.replica.overlay import Overlaid, overlay
from field_client.replica.said import Unsettled, list_said, list_unsettled, unsettled_of
from field_client.replica.state import get_state
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, fetch_row
from sync_protocol.documents import Appointment, JobDocument, JobKind
from sync_protocol.effects import Effect, effect_of
from sync_protocol.field_jobs import is_field_job
from sync_protocol.ids import JobId, TechnicianId
from sync_protocol.jobs import JobState
from sync_protocol.visits import usual_code


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a person who looked at a job has seen of it, as far as the office may change it.

    The state is not in it: the technician moves it, and an end by the office is told by itself.
    """

    appointment: Appointment
    address: str
    customer: str
    phone: str
    product: str
    terminal: str
    expected_ont: str
    fields: Mapping[str, str]


class JobCard(msgspec.Struct, frozen=True, kw_only=True):
    """A job in the list of the day."""

    id: JobId
    number: str
    state: JobState
    address: str
    appointment: Appointment
    lingering: bool
    receipt: Receipt
    pending_operations: int
    pending_blobs: int
    kind: JobKind
    shown: Shown
    customer_name: str
    latitude: float
    longitude: float
    zone: str
    is_only_here: bool = False
    """True: it began on this tablet, and the office has not taken it up yet."""


class Pending(NamedTuple):
    """How much of each job waits, by the job's id."""

    operations: Mapping[str, int]
    blobs: Mapping[str, int]


def list_jobs(db: Connection) -> tuple[JobCard, ...]:
    """List the jobs of this tablet in the order of their appointments.

    Raises:
        NotEnrolled: there is nobody whose jobs they could be.
    """
    technician_id, pending, waiting = get_technician_id(db), _pending(db), list_unsettled(db)

    def unsettled(held: Held) -> Unsettled:
        if held.is_only_here:
            return unsettled_of(list_said(db, held))
        return waiting.get(str(held.document.id), Unsettled([], {}))

    cards = (
        card_of(held, overlaid_with(held.document, technician_id, unsettled(held)), pending)
        for held in list_held(db, technician_id)
    )
    return tuple(sorted(cards, key=lambda card: (card.appointment.starts_at, card.number)))


def overlaid_with(
    document: JobDocument, technician_id: TechnicianId, unsettled: Unsettled
) -> Overlaid:
    """Put what waits here on top of a document."""
    return overlay(document, technician_id, captures=unsettled.captures, pending=unsettled.pending)


def card_of(held: Held, overlaid: Overlaid, pending: Pending) -> JobCard:
    """Make the card of a job."""
    document = held.document
    operations = pending.operations.get(str(document.id), 0)
    blobs = pending.blobs.get(str(document.id), 0)
    return JobCard(
        id=document.id,
        number=document.number,
        state=overlaid.state,
        address=document.premise.address,
        appointment=document.appointment,
        lingering=held.left_reason is not None,
        receipt=_receipt(document, operations + blobs),
        pending_operations=operations,
        pending_blobs=blobs,
        kind=document.kind,
        shown=_shown(document, overlaid),
        customer_name=document.customer.name,
        latitude=document.premise.latitude,
        longitude=document.premise.longitude,
        zone=document.premise.zone,
        is_only_here=held.is_only_here,
    )


def pending_of_job(db: Connection, job_id: JobId) -> Pending:
    """Count what waits of one job: every entry asks, and most wait for another job."""
    job, acked_dseq = str(job_id), get_state(db).acked_dseq
    operations = fetch_row(db, "operations_pending_of_job", job_id=job, acked_dseq=acked_dseq)
    blobs = fetch_row(db, "blobs_pending_of_job", job_id=job)
    return Pending({job: operations["count"]}, {job: blobs["count"]})


def _pending(db: Connection) -> Pending:
    acked_dseq = get_state(db).acked_dseq
    operations = fetch_all(db, "operations_pending_by_job", acked_dseq=acked_dseq)
    blobs = fetch_all(db, "blobs_pending_by_job")
    return Pending(
        {row["job_id"]: row["count"] for row in operations},
        {row["job_id"]: row["count"] for row in blobs},
    )


def _shown(document: JobDocument, overlaid: Overlaid) -> Shown:
    plant = document.plant
    return Shown(
        appointment=document.appointment,
        address=document.premise.address,
        customer=document.customer.name,
        phone=document.customer.phone or "",
        product=document.product.name,
        terminal=f"{plant.terminal} / {plant.terminal_port}",
        expected_ont=document.reserved_serial or "",
        fields={name: field.value for name, field in overlaid.fields.items()},
    )


def effect_on(document: JobDocument, code: str) -> Effect:
    """Say what a completion of this job causes."""
    changes_service = not is_field_job(document.id, document.number)
    return effect_of(document.kind, code, changes_service=changes_service)


def _receipt(document: JobDocument, pending: int) -> Receipt:
    """Say how far the work has got; that a service ran before says nothing of it."""
    is_to_go_live = effect_on(document, usual_code(document.kind, ())) is Effect.ACTIVATE
    if document.live_at is not None and is_to_go_live:
        return Receipt.LIVE
    return Receipt.SAVED if pending else Receipt.SENT
