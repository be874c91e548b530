"""Pushing the completion feed: one delivery per event and endpoint, retried for days.

In order per endpoint is not promised: an event carries the whole state and its sequence, and the
feed that is pulled is the authority.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final, assert_never
from uuid import UUID

import httpx
import msgspec
import sqlalchemy as sa
import structlog

from activation.snmp import Secret
from billing_bridge.adapter import Delivered, Outcome, Refused, TryLater
from billing_bridge.addresses import require_url
from billing_bridge.errors import SecretUnusable, UrlImpossible
from billing_bridge.feed import encode_event
from billing_bridge.schedule import (
    DeadLettered,
    EndpointDisabled,
    NextStep,
    Settled,
    TryAt,
    next_step,
)
from billing_bridge.webhooks import Endpoint, WebhookSecret, attempt
from server import audit
from server.acts import SYSTEM, Act, Clock, act_of
from server.database import Connection, Store, Written
from server.database.rows import to_records
from server.database.tables.billing import webhook_deliveries, webhook_endpoints
from server.database.types import UtcDateTime
from server.due_loop import TAKES_MAX, DueWork
from server.invoices import feed
from server.problems import Damaged, WrongInput
from server.settings import Settings

DELIVERIES_AT_ONCE_MAX: Final = 32
TAKEN_FOR: Final = timedelta(seconds=60)
"""Longer than an attempt may take; after a crash the delivery becomes due again."""
STATUS_CHARS_MAX: Final = 80


class DueDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt that is to be made now."""

    id: UUID
    position: int
    attempt: int
    """Attempts taken before this one."""
    url: str
    secret_name: str
    taken_until: datetime
    """Until then it is nobody else's; no two attempts share this instant, so it is their fence."""


def take_due(db: Connection, *, limit: int, act: Act) -> Written[tuple[DueDelivery, ...]]:
    """Take what is due, ``limit`` at most, and keep others from it for a while."""
    taken_until = act.now + TAKEN_FOR
    rows = db.execute(
        sa.select(
            webhook_deliveries.c.id,
            webhook_deliveries.c.position,
            webhook_deliveries.c.attempt,
            webhook_endpoints.c.url,
            webhook_endpoints.c.secret_name,
            sa.literal(taken_until, UtcDateTime()).label("taken_until"),
        )
        .join(webhook_endpoints, webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id)
        .where(
            webhook_deliveries.c.state == "waiting",
            webhook_deliveries.c.next_at <= act.now,
            webhook_endpoints.c.state == "enabled",
        )
        .order_by(webhook_deliveries.c.next_at, webhook_deliveries.c.position)
        .limit(min(limit, DELIVERIES_AT_ONCE_MAX))
        .with_for_update(key_share=True, skip_locked=True, of=webhook_deliveries)
    )
    due = to_records(rows, DueDelivery)
    if due:
        db.execute(
            sa.update(webhook_deliveries)
            .where(webhook_deliveries.c.id.in_([each.id for each in due]))
            .values(next_at=taken_until, attempt=webhook_deliveries.c.attempt + 1)
        )
    return Written(due)


def settle(
    db: Connection, delivery: DueDelivery, outcome: Outcome, *, jitter: float, act: Act
) -> Written[NextStep | None]:
    """Store what came of an attempt and what follows.

    Answers None and stores nothing where the attempt was given up for lost and the delivery taken
    again: the later attempt speaks for it.
    """
    after = next_step(outcome, delivery.attempt + 1, now=act.now, jitter=jitter)
    stored = db.execute(
        sa.update(webhook_deliveries)
        .where(
            webhook_deliveries.c.id == delivery.id,
            webhook_deliveries.c.state == "waiting",
            webhook_deliveries.c.next_at == delivery.taken_until,
        )
        .values(last_status=_status(outcome)[:STATUS_CHARS_MAX], **_standing(after))
    )
    if stored.rowcount == 0:
        return Written(None)
    if isinstance(after, EndpointDisabled):
        _disable(db, delivery)
    return Written(after, topics=frozenset({"webhook_deliveries"}))


def _standing(after: NextStep) -> Mapping[str, object]:
    match after:
        case Settled():
            return {"state": "delivered"}
        case TryAt(at=at):
            return {"next_at": at}
        case DeadLettered() | EndpointDisabled():
            return {"state": "dead_lettered"}
        case _:
            assert_never(after)


def hurry(db: Connection, *, act: Act) -> Written[None]:
    """Make due what was in hand when the process ended: nobody is in the middle of an attempt.

    What waits for longer than an attempt is taken for waits on: a restart neither presses a
    receiver that is down nor uses its attempts up.
    """
    db.execute(
        sa.update(webhook_deliveries)
        .where(
            webhook_deliveries.c.state == "waiting",
            webhook_deliveries.c.next_at <= act.now + TAKEN_FOR,
        )
        .values(next_at=act.now)
    )
    return Written(None)


def next_due_at(db: sa.Connection) -> datetime | None:
    """Tell when the next delivery is due; None when none waits."""
    return db.execute(
        sa.select(sa.func.min(webhook_deliveries.c.next_at).label("at"))
        .join(webhook_endpoints, webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id)
        .where(webhook_deliveries.c.state == "waiting", webhook_endpoints.c.state == "enabled")
    ).scalar_one()


def check_url(url: str, secret_name: str, settings: Settings) -> None:
    """Check that a URL can be an endpoint, before anything is stored.

    Whether it may be reached is asked at every attempt: names move.

    Raises:
        WrongInput: a URL that nothing can be sent to, no such secret, or one that cannot sign.
    """
    networks = [ip_network(text) for text in settings.webhook_networks_allowed]
    try:
        require_url(url, allowed_networks=networks)
    except UrlImpossible as error:
        raise WrongInput(str(error)) from error
    secret = settings.webhook_secrets.get(secret_name)
    if secret is None:
        known = ", ".join(sorted(settings.webhook_secrets)) or "none"
        raise WrongInput(f"no webhook secret {secret_name!r} in the settings; they hold: {known}")
    try:
        WebhookSecret(secret.reveal())
    except SecretUnusable as error:
        raise WrongInput(f"webhook secret {secret_name!r}: {error}") from error


def add_endpoint(db: Connection, url: str, secret_name: str, *, act: Act) -> Written[UUID]:
    """Push the feed to an endpoint from the next event on; who did so stands in the audit.

    Adding it again enables it, if its receiver was gone, and takes the secret named now.
    """
    existing = db.execute(
        sa.select(webhook_endpoints.c.id).where(webhook_endpoints.c.url == url)
    ).scalar_one_or_none()
    endpoint_id = act.new_id() if existing is None else existing
    values = {"secret_name": secret_name, "state": "enabled"}
    if existing is None:
        db.execute(sa.insert(webhook_endpoints).values(id=endpoint_id, url=url, **values))
    else:
        this = webhook_endpoints.c.id == existing
        db.execute(sa.update(webhook_endpoints).where(this).values(**values))
    detail = {"endpoint_id": str(endpoint_id), "secret_name": secret_name}
    audit.record(db, act, "webhook.added", detail=detail)
    return Written(endpoint_id, topics=frozenset({"webhook_deliveries"}))


def _disable(db: Connection, delivery: DueDelivery) -> None:
    db.execute(
        sa.update(webhook_endpoints)
        .where(webhook_endpoints.c.url == delivery.url)
        .values(state="disabled")
    )


def _status(outcome: Outcome) -> str:
    match outcome:
        case Delivered(status=status):
            return f"delivered: {status}"
        case TryLater(why=why) | Refused(why=why):
            return why
        case _:
            assert_never(outcome)


class Deliverer:
    """Makes attempts and stores what came of them."""

    def __init__(
        self,
        store: Store,
        client: httpx.AsyncClient,
        secrets: Mapping[str, Secret],
        *,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._store = store
        self._client = client
        self._secrets = secrets
        self._clock = clock
        self._random = random

    def work(self) -> DueWork[DueDelivery]:
        """Describe this deliverer for the loop."""
        return DueWork(
            name="webhook_deliveries",
            topic="webhook_deliveries",
            take=self.take,
            handle=self.handle,
            next_due_at=next_due_at,
            fail=self.fail,
        )

    async def take(self, limit: int) -> Sequence[DueDelivery]:
        """Take what is due, ``limit`` at most."""
        return await self._store.write(take_due, limit=limit, act=self._act())

    async def handle(self, delivery: DueDelivery) -> None:
        """Make one attempt."""
        await self._settle(delivery, await self._attempt(delivery))

    async def fail(self, delivery: DueDelivery, error: Exception) -> None:
        """Try again later, a limited number of times, what failed in an unforeseen way."""
        why = f"an error on our side, {type(error).__name__}: see the log"
        await self._settle(delivery, TryLater(why=why))

    async def _settle(self, delivery: DueDelivery, outcome: Outcome) -> None:
        after = await self._store.write(
            settle, delivery, outcome, jitter=self._random(), act=self._act()
        )
        structlog.get_logger().info(
            "webhook.attempted",
            position=delivery.position,
            attempt=delivery.attempt + 1,
            outcome=type(outcome).__name__.lower(),
            then="superseded" if after is None else type(after).__name__.lower(),
        )

    async def _attempt(self, delivery: DueDelivery) -> Outcome:
        if delivery.attempt >= TAKES_MAX:
            return Refused(why=f"taken {delivery.attempt} times and never ended", gone=False)
        secret = self._secrets.get(delivery.secret_name)
        if secret is None:
            return TryLater(
                why=f"the settings hold no webhook secret {delivery.secret_name!r}", after_s=None
            )
        try:
            event = await self._store.read(feed.get_event, delivery.position)
            endpoint = Endpoint(url=delivery.url, secrets=(WebhookSecret(secret.reveal()),))
        except (Damaged, SecretUnusable) as error:
            return Refused(why=str(error), gone=False)
        return await attempt(
            self._client,
            endpoint,
            event_id=event.id,
            body=encode_event(event),
            at=self._clock(),
        )

    def _act(self) -> Act:
        return act_of(SYSTEM, clock=self._clock)
