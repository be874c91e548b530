"""Endpoints as a person sees them: what waits, what was given up and why, and trying it again."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.database.rows import to_records
from server.database.tables.billing import (
    completion_events,
    webhook_deliveries,
    webhook_endpoints,
)
from server.problems import Conflicting, NotFound

SHOWN_MAX: Final = 100


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that was given up; the event itself is still in the feed."""

    position: int
    event_id: str
    service_id: UUID
    attempt: int
    last_status: str | None


class EndpointStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one endpoint."""

    id: UUID
    url: str
    secret_name: str
    state: str
    waiting: int
    dead_lettered: int
    dead_letters: tuple[DeadLetter, ...] = ()
    """The oldest, at most ``SHOWN_MAX``."""


def list_endpoints(db: sa.Connection) -> tuple[EndpointStanding, ...]:
    """List the endpoints, each with what was given up."""
    rows = db.execute(
        sa.select(
            webhook_endpoints.c.id,
            webhook_endpoints.c.url,
            webhook_endpoints.c.secret_name,
            webhook_endpoints.c.state,
            _count("waiting"),
            _count("dead_lettered"),
        )
        .outerjoin(webhook_deliveries, webhook_deliveries.c.endpoint_id == webhook_endpoints.c.id)
        .group_by(webhook_endpoints.c.id)
        .order_by(webhook_endpoints.c.url)
    )
    return tuple(
        msgspec.structs.replace(standing, dead_letters=_list_dead(db, standing.id))
        for standing in to_records(rows, EndpointStanding)
    )


def find_without_secret(db: sa.Connection, known: Collection[str]) -> Mapping[UUID, str]:
    """Find the endpoints whose secret is not among the known names: id → the name they need."""
    rows = db.execute(
        sa.select(webhook_endpoints.c.id, webhook_endpoints.c.secret_name).where(
            webhook_endpoints.c.secret_name.not_in(list(known))
        )
    )
    return {row.id: row.secret_name for row in rows}


def find_endpoint(db: sa.Connection, url: str) -> UUID:
    """Find an endpoint by its URL.

    Raises:
        NotFound: nothing is pushed there.
    """
    found = db.execute(
        sa.select(webhook_endpoints.c.id).where(webhook_endpoints.c.url == url)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("webhook endpoint", url)
    return found


def retry(db: Connection, endpoint_id: UUID, *, act: Act) -> Written[int]:
    """Let everything that was given up for an endpoint be tried again, from the first attempt on.

    Answers how many deliveries that are.

    Raises:
        NotFound: no such endpoint.
        Conflicting: its receiver was gone; add the endpoint again first.
    """
    state = db.execute(
        sa.select(webhook_endpoints.c.state).where(webhook_endpoints.c.id == endpoint_id)
    ).scalar_one_or_none()
    if state is None:
        raise NotFound("webhook endpoint", endpoint_id)
    if state != "enabled":
        raise Conflicting(f"the endpoint is {state}; add it again to enable it, then retry")
    revived = db.execute(
        sa.update(webhook_deliveries)
        .where(
            webhook_deliveries.c.endpoint_id == endpoint_id,
            webhook_deliveries.c.state == "dead_lettered",
        )
        .values(state="waiting", attempt=0, next_at=act.now)
    ).rowcount
    detail = {"endpoint_id": str(endpoint_id), "deliveries": revived}
    audit.record(db, act, "webhook.retried", detail=detail)
    return Written(revived, topics=frozenset({"webhook_deliveries"}))


def _count(state: str) -> sa.Label[int]:
    is_so = sa.case((webhook_deliveries.c.state == state, webhook_deliveries.c.id))
    return sa.func.count(is_so).label(state)


def _list_dead(db: sa.Connection, endpoint_id: UUID) -> tuple[DeadLetter, ...]:
    rows = db.execute(
        sa.select(
            webhook_deliveries.c.position,
            completion_events.c.event_id,
            completion_events.c.service_id,
            webhook_deliveries.c.attempt,
            webhook_deliveries.c.last_status,
        )
        .join(completion_events, completion_events.c.position == webhook_deliveries.c.position)
        .where(
            webhook_deliveries.c.endpoint_id == endpoint_id,
            webhook_deliveries.c.state == "dead_lettered",
        )
        .order_by(webhook_deliveries.c.position)
        .limit(SHOWN_MAX)
    )
    return to_records(rows, DeadLetter)
