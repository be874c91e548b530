"""The outbox of notifications: recorded with what they tell of, sent afterwards.

A message is recorded exactly once. Sending repeats after a crash between the mail server's answer
and our commit; the Message-ID stays the same, so that a mail system recognises the repeat.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.database.rows import to_records
from server.database.tables.billing import notifications
from server.database.tables.offers import accounts, products, services
from server.database.tables.work import jobs
from server.database.types import UtcDateTime
from server.problems import Conflicting, NotFound

SENDS_AT_ONCE_MAX = 20
STATUS_CHARS_MAX = 200
_MAILS: Final = UUID("019a0000-0000-7000-8000-6d61696c7321")
TAKEN_FOR: Final = timedelta(seconds=60)
"""Longer than a send may take; after a crash the message becomes due again."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that is due, with what its text needs. Never logged."""

    id: UUID
    template: str
    attempt: int
    email: str | None
    name: str
    product: str
    service_id: UUID
    live_at: datetime | None
    zone: str
    taken_until: datetime
    """Until then it is nobody else's; no two sends share this instant, so it is their fence."""


def record(
    db: sa.Connection,
    template: str,
    *,
    account_id: UUID,
    service_id: UUID,
    order_item_id: UUID,
    act: Act,
) -> None:
    """Record that a subscriber shall be told; for the same thing a second time it does nothing."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    key = f"{service_id}:{order_item_id}:{template}"
    db.execute(
        insert(notifications)
        .values(
            # From the key, not drawn: after a restore the same mail has the same Message-ID.
            id=uuid5(_MAILS, key),
            notification_key=key,
            account_id=account_id,
            service_id=service_id,
            template=template,
            state="waiting",
            attempt=0,
            next_at=act.now,
            recorded_at=act.now,
        )
        .on_conflict_do_nothing(index_elements=["notification_key"])
    )


def take_due(db: Connection, *, limit: int, act: Act) -> Written[tuple[Message, ...]]:
    """Take what is due, ``limit`` at most, and keep others from it for a while."""
    taken_until = act.now + TAKEN_FOR
    rows = db.execute(
        sa.select(
            notifications.c.id,
            notifications.c.template,
            notifications.c.attempt,
            accounts.c.email,
            accounts.c.name,
            products.c.name.label("product"),
            notifications.c.service_id,
            services.c.live_at,
            accounts.c.zone,
            sa.literal(taken_until, UtcDateTime()).label("taken_until"),
        )
        .join(accounts, accounts.c.id == notifications.c.account_id)
        .join(services, services.c.id == notifications.c.service_id)
        .join(products, products.c.id == services.c.product_id)
        .where(notifications.c.state == "waiting", notifications.c.next_at <= act.now)
        .order_by(notifications.c.next_at)
        .limit(min(limit, SENDS_AT_ONCE_MAX))
        .with_for_update(key_share=True, skip_locked=True, of=notifications)
    )
    messages = to_records(rows, Message)
    if messages:
        db.execute(
            sa.update(notifications)
            .where(notifications.c.id.in_([message.id for message in messages]))
            .values(next_at=taken_until, attempt=notifications.c.attempt + 1)
        )
    return Written(messages)


def settle(
    db: Connection,
    message: Message,
    *,
    state: str,
    status: str,
    next_at: datetime | None,
    act: Act,
) -> Written[bool]:
    """Note how a message went: sent, failed for good, or waiting for another try.

    Answers False and notes nothing where this send was given up for lost and the message taken
    again: the later send speaks for it.
    """
    values: dict[str, object] = {"state": state, "last_status": status[:STATUS_CHARS_MAX]}
    if state == "sent":
        values["sent_at"] = act.now
    if next_at is not None:
        values["next_at"] = next_at
    stored = db.execute(
        sa.update(notifications)
        .where(
            notifications.c.id == message.id,
            notifications.c.state == "waiting",
            notifications.c.next_at == message.taken_until,
        )
        .values(**values)
    )
    if stored.rowcount == 0:
        return Written(value=False)
    concerned = db.execute(
        sa.select(jobs.c.id).where(jobs.c.service_id == message.service_id)
    ).scalars()
    return Written(value=True, topics=frozenset(f"job:{job_id}" for job_id in concerned))


def retry(db: Connection, notification_id: UUID, *, act: Act) -> Written[None]:
    """Let a message that was given up be sent after all, from the first attempt on.

    Raises:
        NotFound: no such notification.
        Conflicting: it was not given up.
    """
    state = db.execute(
        sa.select(notifications.c.state).where(notifications.c.id == notification_id)
    ).scalar_one_or_none()
    if state is None:
        raise NotFound("notification", notification_id)
    if state != "failed":
        raise Conflicting(f"the notification is {state}; only one that failed is tried again")
    db.execute(
        sa.update(notifications)
        .where(notifications.c.id == notification_id)
        .values(state="waiting", attempt=0, next_at=act.now)
    )
    detail = {"notification_id": str(notification_id)}
    audit.record(db, act, "notification.retried", detail=detail)
    return Written(None, topics=frozenset({"notifications"}))


def hurry(db: Connection, *, act: Act) -> Written[None]:
    """Make due what was in hand when the process ended: nobody is in the middle of sending.

    What waits for longer than a send is taken for waits on: a restart uses no attempt up.
    """
    db.execute(
        sa.update(notifications)
        .where(
            notifications.c.state == "waiting",
            notifications.c.next_at <= act.now + TAKEN_FOR,
        )
        .values(next_at=act.now)
    )
    return Written(None)


def next_due_at(db: sa.Connection) -> datetime | None:
    """Tell when the next message is due; None when none waits."""
    return db.execute(
        sa.select(sa.func.min(notifications.c.next_at).label("at")).where(
            notifications.c.state == "waiting"
        )
    ).scalar_one()
