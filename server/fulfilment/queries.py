"""How the fulfilment of a job stands, for pages, the API and the demo."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from billing_bridge.ledger import InvoiceLine
from server.database.rows import to_record, to_records
from server.database.tables.billing import notifications
from server.database.tables.fulfilment import inbox_items, process_attempts
from server.fulfilment import fallout, ownership, storage
from server.fulfilment.fallout import FalloutLine
from server.fulfilment.ownership import WaitingFor
from server.fulfilment.records import Attempt, InboxItem, Process
from server.invoices import charging, feed
from server.jobs import queries as jobs
from server.problems import NotFound
from server.services import storage as services
from server.services.records import Service

INBOX_MAX = 100
ATTEMPTS_MAX = 50


class NotificationState(msgspec.Struct, frozen=True, kw_only=True):
    """One message to the subscriber, without its text."""

    id: UUID
    template: str
    state: str
    attempt: int
    recorded_at: datetime
    sent_at: datetime | None
    last_status: str | None


class Fulfilment(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a completion caused."""

    service: Service
    processes: tuple[Process, ...]
    waiting_for: tuple[WaitingFor, ...]
    attempts: tuple[Attempt, ...]
    inbox: tuple[InboxItem, ...]
    charges: tuple[InvoiceLine, ...]
    event_ids: tuple[str, ...]
    notifications: tuple[NotificationState, ...]


class ProcessStory(msgspec.Struct, frozen=True, kw_only=True):
    """One process, what it is about, and what was tried."""

    line: FalloutLine
    attempts: tuple[Attempt, ...]
    """The newest ones, the oldest of them first."""
    is_cut: bool


def of_job(db: sa.Connection, job_id: UUID) -> Fulfilment:
    """Get everything that the completion of a job caused.

    Raises:
        NotFound: no such job.
    """
    job = jobs.get(db, job_id)
    processes = storage.list_of_job(db, job_id)
    return Fulfilment(
        service=services.get(db, job.service_id),
        processes=processes,
        waiting_for=ownership.waiting_for(processes),
        attempts=storage.list_attempts(db, [process.id for process in processes]),
        inbox=list_inbox(db, job_id),
        charges=charging.list_lines(db, job.service_id),
        event_ids=tuple(event.id for event in feed.find_of_service(db, job.service_id)),
        notifications=_notifications(db, job.service_id),
    )


def of_process(db: sa.Connection, process_id: UUID) -> ProcessStory:
    """Get one process with its newest attempts.

    Raises:
        NotFound: no such process.
    """
    line = fallout.get_line(db, process_id)
    attempts = storage.list_attempts(db, [process_id], limit=ATTEMPTS_MAX + 1)
    return ProcessStory(
        line=line, attempts=attempts[-ATTEMPTS_MAX:], is_cut=len(attempts) > ATTEMPTS_MAX
    )


def get_attempt(db: sa.Connection, process_id: UUID, attempt_id: UUID) -> Attempt:
    """Get one attempt of a process.

    Raises:
        NotFound: the process has no such attempt.
    """
    found = sa.select(process_attempts).where(
        process_attempts.c.id == attempt_id, process_attempts.c.process_id == process_id
    )
    row = db.execute(found).one_or_none()
    if row is None:
        raise NotFound("attempt of this process", attempt_id)
    return to_record(row, Attempt)


def list_inbox(db: sa.Connection, job_id: UUID | None = None) -> tuple[InboxItem, ...]:
    """List what waits for a person, oldest first: of one job, or of all."""
    statement = sa.select(inbox_items).order_by(inbox_items.c.raised_at).limit(INBOX_MAX)
    if job_id is not None:
        statement = statement.where(inbox_items.c.job_id == job_id)
    return to_records(db.execute(statement), InboxItem)


def _notifications(db: sa.Connection, service_id: UUID) -> tuple[NotificationState, ...]:
    columns = [notifications.c[name] for name in NotificationState.__struct_fields__]
    rows = db.execute(
        sa.select(*columns)
        .where(notifications.c.service_id == service_id)
        .order_by(notifications.c.recorded_at)
    )
    return to_records(rows, NotificationState)
