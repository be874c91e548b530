"""Notifications as a person sees them: what could not be told, and why."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.rows import to_records
from server.database.tables.billing import notifications
from server.database.tables.offers import accounts

SHOWN_MAX: Final = 100


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was given up."""

    id: UUID
    account: str
    """The id of the account in the operator's other systems."""
    template: str
    attempt: int
    recorded_at: datetime
    last_status: str | None


def list_failed(db: sa.Connection) -> tuple[Failed, ...]:
    """List the messages that were given up, oldest first, at most ``SHOWN_MAX``."""
    rows = db.execute(
        sa.select(
            notifications.c.id,
            accounts.c.external_id.label("account"),
            notifications.c.template,
            notifications.c.attempt,
            notifications.c.recorded_at,
            notifications.c.last_status,
        )
        .join(accounts, accounts.c.id == notifications.c.account_id)
        .where(notifications.c.state == "failed")
        .order_by(notifications.c.recorded_at, notifications.c.id)
        .limit(SHOWN_MAX)
    )
    return to_records(rows, Failed)
