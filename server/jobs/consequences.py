"""What a service's beginning caused outside the field, as lines beside the audit of its job.

Charges and messages are kept with the service and are not written into the audit a second time.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from server.acts import ActorKind
from server.audit import AuditEntry
from server.database.tables.billing import invoice_lines, notifications


def list_consequences(db: sa.Connection, service_id: UUID) -> tuple[AuditEntry, ...]:
    """List the charges posted for a service and the messages sent about it, oldest first."""
    charges = db.execute(
        sa.select(
            invoice_lines.c.id,
            invoice_lines.c.posted_at,
            invoice_lines.c.amount_minor,
            invoice_lines.c.currency,
        ).where(invoice_lines.c.service_id == service_id)
    )
    messages = db.execute(
        sa.select(notifications.c.id, notifications.c.sent_at, notifications.c.template).where(
            notifications.c.service_id == service_id, notifications.c.sent_at.is_not(None)
        )
    )
    entries = [
        *(
            _entry(
                row.id,
                row.posted_at,
                "invoice_line.posted",
                {"amount_minor": row.amount_minor, "currency": row.currency},
            )
            for row in charges
        ),
        *(
            _entry(row.id, row.sent_at, "notification.sent", {"template": row.template})
            for row in messages
        ),
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.id)))


def _entry(
    entry_id: UUID, at: datetime, action: str, detail: Mapping[str, str | int]
) -> AuditEntry:
    return AuditEntry(
        id=entry_id,
        at=at,
        actor_kind=ActorKind.SYSTEM,
        actor_id=None,
        action=action,
        job_id=None,
        order_id=None,
        process_id=None,
        detail=detail,
    )
