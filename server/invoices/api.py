"""Billing over HTTP: the completion feed, its webhook endpoints, and the charges of a service."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from billing_bridge.errors import CursorUnreadable
from billing_bridge.feed import FeedPage, decode_cursor
from billing_bridge.ledger import InvoiceLine
from server.acts import Actor, act_of
from server.database import Store
from server.invoices import charging, dead_letters, deliveries, feed
from server.invoices.dead_letters import EndpointStanding
from server.people.doors import require_access, require_scope
from server.people.records import Role, Scope
from server.problems import WrongInput
from server.settings import Settings


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the feed is pushed to, and the name under which the settings hold its secret."""

    url: Annotated[str, Meta(min_length=10, max_length=500)]
    secret_name: Annotated[str, Meta(min_length=1, max_length=80)]


class BillingController(Controller):
    """What billing systems read and are sent."""

    path = "/"

    @get("/feed/completions", guards=[require_scope(Scope.FEED_READ)])
    async def show_feed(
        self,
        store: NamedDependency[Store],
        after: FromQuery[str | None] = None,
        limit: FromQuery[int] = 100,
    ) -> FeedPage:
        """Answer the completions after a cursor, oldest first and without gaps."""
        try:
            cursor = None if after is None else decode_cursor(after)
        except CursorUnreadable as error:
            raise WrongInput(str(error)) from error
        return await store.read(feed.page, cursor, limit=limit)

    @post("/api/webhooks", guards=[require_access(Scope.WEBHOOKS_WRITE, Role.ADMIN)])
    async def add_endpoint(
        self,
        store: NamedDependency[Store],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        data: JSONBody[NewEndpoint],
    ) -> dict[str, UUID]:
        """Push the feed to an endpoint from the next event on."""
        deliveries.check_url(data.url, data.secret_name, settings)
        endpoint_id = await store.write(
            deliveries.add_endpoint, data.url, data.secret_name, act=act_of(actor)
        )
        return {"id": endpoint_id}

    @get("/api/webhooks", guards=[require_access(Scope.WEBHOOKS_WRITE, Role.BILLING, Role.ADMIN)])
    async def list_endpoints(self, store: NamedDependency[Store]) -> tuple[EndpointStanding, ...]:
        """List the endpoints: what waits, what was given up, and why."""
        return await store.read(dead_letters.list_endpoints)

    @post(
        "/api/webhooks/{endpoint_id:uuid}/retry",
        guards=[require_access(Scope.WEBHOOKS_WRITE, Role.BILLING, Role.ADMIN)],
    )
    async def retry(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        endpoint_id: FromPath[UUID],
    ) -> dict[str, int]:
        """Let what was given up for an endpoint be tried again."""
        deliveries_revived = await store.write(dead_letters.retry, endpoint_id, act=act_of(actor))
        return {"deliveries": deliveries_revived}

    @get(
        "/api/services/{service_id:uuid}/charges",
        guards=[require_access(Scope.FEED_READ, Role.BILLING, Role.SUPPORT, Role.ADMIN)],
    )
    async def list_charges(
        self, store: NamedDependency[Store], service_id: FromPath[UUID]
    ) -> tuple[InvoiceLine, ...]:
        """List the charges of a service, each with what its amount was worked out from."""
        return await store.read(charging.list_lines, service_id)
