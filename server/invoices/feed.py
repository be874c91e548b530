"""The completion feed: events with gapless positions, written with what they tell of."""

from typing import Final
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa

from billing_bridge.feed import (
    CompletionEvent,
    Cursor,
    FeedPage,
    InstallCompleted,
    completion_event,
    encode_cursor,
)
from server.acts import Act
from server.database.tables.billing import (
    completion_events,
    completion_feed_head,
    webhook_deliveries,
    webhook_endpoints,
)
from server.database.tables.sync import sync_head
from server.problems import Conflicting, Damaged, WrongInput

PAGE_EVENTS_MAX: Final = 500
_EVENTS: Final = UUID("019a0000-0000-7000-8000-66656564696e")


def append(
    db: sa.Connection, data: InstallCompleted, *, operator_slug: str, act: Act
) -> CompletionEvent:
    """Write an event under the next position, with a delivery for every endpoint.

    The counter row is taken last of what its unit locks, and it is held until the commit: the order
    of positions is the order in which they can be read.
    """
    position = db.execute(
        sa.update(completion_feed_head)
        .values(position=completion_feed_head.c.position + 1)
        .returning(completion_feed_head.c.position)
    ).scalar_one()
    # From the effect, not drawn: after a restore the same effect is told under the same id.
    event_id = uuid5(_EVENTS, f"{data.service_id}:{data.order_item_id}")
    event = completion_event(
        data, event_id=event_id, operator_slug=operator_slug, sequence=position
    )
    db.execute(
        sa.insert(completion_events).values(
            position=position,
            event_id=event.id,
            service_id=data.service_id,
            event=msgspec.to_builtins(event),
            recorded_at=act.now,
        )
    )
    endpoints = db.execute(
        sa.select(webhook_endpoints.c.id).where(webhook_endpoints.c.state == "enabled")
    ).scalars()
    for endpoint_id in endpoints:
        db.execute(
            sa.insert(webhook_deliveries).values(
                id=act.new_id(),
                endpoint_id=endpoint_id,
                position=position,
                state="waiting",
                attempt=0,
                next_at=act.now,
            )
        )
    return event


def page(db: sa.Connection, after: Cursor | None, *, limit: int = PAGE_EVENTS_MAX) -> FeedPage:
    """Read the events after a cursor; None begins with the first.

    Raises:
        WrongInput: the limit is not 1 to ``PAGE_EVENTS_MAX``.
        Conflicting: the cursor is of another life of the server, where positions meant other
            events; read from the beginning, event ids tell what is known.
        Damaged: the very next event cannot be read. A page ends before such an event.
    """
    if not 1 <= limit <= PAGE_EVENTS_MAX:
        raise WrongInput(f"limit={limit} is out of range; ask for 1 to {PAGE_EVENTS_MAX} events")
    epoch = str(db.execute(sa.select(sync_head.c.epoch)).scalar_one())
    if after is not None:
        _require_ours(db, after, epoch)
    reached = after.sequence if after else 0
    rows = db.execute(
        sa.select(completion_events.c.position, completion_events.c.event)
        .where(completion_events.c.position > reached)
        .order_by(completion_events.c.position)
        .limit(limit)
    ).all()
    events: list[CompletionEvent] = []
    for row in rows:
        try:
            events.append(_decode(row.event, row.position))
        except Damaged:
            if not events:
                raise
            break
        reached = row.position
    return FeedPage(
        events=tuple(events), next_cursor=encode_cursor(Cursor(epoch=epoch, sequence=reached))
    )


def _require_ours(db: sa.Connection, cursor: Cursor, epoch: str) -> None:
    if cursor.epoch != epoch:
        raise Conflicting(
            f"this cursor is of epoch {cursor.epoch}, the feed is in {epoch}: a backup was "
            "restored; read again without 'after', event ids tell what you have"
        )
    end = db.execute(sa.select(completion_feed_head.c.position)).scalar_one()
    if cursor.sequence > end:
        raise Conflicting(
            f"this cursor is at position {cursor.sequence}, the feed ends at {end}: an older "
            "database was put back; read again without 'after', event ids tell what you have"
        )


def get_event(db: sa.Connection, position: int) -> CompletionEvent:
    """Get one event by its position.

    Raises:
        Damaged: the event cannot be read.
    """
    stored = db.execute(
        sa.select(completion_events.c.event).where(completion_events.c.position == position)
    ).scalar_one()
    return _decode(stored, position)


def find_of_service(db: sa.Connection, service_id: UUID) -> tuple[CompletionEvent, ...]:
    """List the events of a service, oldest first.

    Raises:
        Damaged: one of them cannot be read.
    """
    rows = db.execute(
        sa.select(completion_events.c.position, completion_events.c.event)
        .where(completion_events.c.service_id == service_id)
        .order_by(completion_events.c.position)
    )
    return tuple(_decode(row.event, row.position) for row in rows)


def _decode(stored: object, position: int) -> CompletionEvent:
    try:
        return msgspec.convert(stored, CompletionEvent)
    except msgspec.ValidationError as error:
        raise Damaged(f"feed event {position} is damaged: {error}") from error
