"""The pages about one subscriber's service: search, the service, orders without a visit."""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, ServerSentEvent, Template
from msgspec import Meta

from server.acts import Actor, act_of, utc_now
from server.console import templates
from server.console.live import REST_S, Fragments, LiveStreams
from server.database import Store
from server.fulfilment import service_orders
from server.fulfilment.network import Network
from server.fulfilment.records import Intent
from server.fulfilment.service_orders import Wanted
from server.people import doors
from server.people.commands import session_topic
from server.people.doors import HttpRequest
from server.people.records import OFFICE, SignedIn
from server.services import storage as services
from server.services.records import SuspensionReason
from server.support import search, story
from server.support.doing_view import MAY_ORDER, doing_view, order_number
from server.support.line_view import MAY_LOOK, line_view, look_view
from server.support.looking import look
from server.support.service_view import (
    PATH,
    orders_view,
    search_view,
    service_view,
    standing_view,
)

StoreDependency = NamedDependency[Store]
SignedInDependency = NamedDependency[SignedIn]
TOPICS: Final = ("processes", "alarms", "plant_faults")
"""Polls alone move nothing but ages, and those are told with the next ping."""
Ending = Literal["moved_out", "other_provider", "non_payment", "other"]
SeenOrders = Annotated[int, Meta(ge=0, le=1_000_000)]


class ReasonForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the forms for suspending and resuming send."""

    reason: SuspensionReason
    seen_orders: SeenOrders


class ChangeForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the form for another product sends."""

    product: Annotated[str, Meta(min_length=1, max_length=40)]
    seen_orders: SeenOrders


class BareForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a form without a choice sends."""

    seen_orders: SeenOrders


class DisconnectForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the form for the end of a service sends."""

    reason: Ending
    seen_orders: SeenOrders


class ServicePages(Controller):
    """Services in the console."""

    path = PATH

    @get("/", guards=[doors.require_role(*OFFICE)])
    async def show_search(
        self, *, store: StoreDependency, signed_in: SignedInDependency, q: FromQuery[str] = ""
    ) -> Template | Redirect:
        """Show what was found; where it is one, go there."""
        text = q.strip()[:200]
        found = await store.read(search.find, text, limit=search.FOUND_MAX + 1)
        if len(found) == 1:
            return Redirect(f"{PATH}/{found[0].id}", status_code=303)
        return templates.page("services/search.html", search_view(found, text, signed_in=signed_in))

    @get("/{service_id:uuid}", guards=[doors.require_role(*OFFICE)])
    async def show(
        self, store: StoreDependency, signed_in: SignedInDependency, service_id: FromPath[UUID]
    ) -> Template:
        """Show one service. The OLT is not asked."""
        found = await store.read(story.load, service_id)
        view = service_view(found, utc_now(), signed_in=signed_in)
        return templates.page("services/service.html", view)

    @post("/{service_id:uuid}/look", guards=[doors.require_role(*MAY_LOOK)], status_code=200)
    async def look_now(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        signed_in: SignedInDependency,
        network: NamedDependency[Network],
        service_id: FromPath[UUID],
    ) -> Template:
        """Ask the OLT about this one ONT, once; answer what it said."""
        await store.read(services.get, service_id)
        looked = await look(store, network, service_id, clock=utc_now)
        found = await store.read(story.load, service_id)
        view = look_view(looked, found.subscriber.zone, utc_now())
        if request.headers.get("HX-Request"):
            return templates.page("services/_look.html", view)
        page = service_view(found, utc_now(), signed_in=signed_in, look=view)
        return templates.page("services/service.html", page)

    @post("/{service_id:uuid}/suspend", guards=[doors.require_role(*MAY_ORDER)], status_code=303)
    async def suspend(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[None]:
        """Suspend it for a reason."""
        wanted = _wanted(service_id, Intent.SUSPEND, data.seen_orders, reason=data.reason)
        return await _place(request, store, actor, wanted)

    @post("/{service_id:uuid}/resume", guards=[doors.require_role(*MAY_ORDER)], status_code=303)
    async def resume(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[None]:
        """Lift a reason."""
        wanted = _wanted(service_id, Intent.RESUME, data.seen_orders, reason=data.reason)
        return await _place(request, store, actor, wanted)

    @post("/{service_id:uuid}/change", guards=[doors.require_role(*MAY_ORDER)], status_code=303)
    async def change(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: URLEncodedBody[ChangeForm],
    ) -> Response[None]:
        """Give it another product."""
        wanted = _wanted(service_id, Intent.CHANGE, data.seen_orders, product=data.product)
        return await _place(request, store, actor, wanted)

    @post(
        "/{service_id:uuid}/reprovision", guards=[doors.require_role(*MAY_ORDER)], status_code=303
    )
    async def reprovision(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: URLEncodedBody[BareForm],
    ) -> Response[None]:
        """Bring its OLT back to what the records say."""
        wanted = _wanted(service_id, Intent.REPROVISION, data.seen_orders)
        return await _place(request, store, actor, wanted)

    @post("/{service_id:uuid}/disconnect", guards=[doors.require_role(*MAY_ORDER)], status_code=303)
    async def disconnect(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: URLEncodedBody[DisconnectForm],
    ) -> Response[None]:
        """End it."""
        wanted = _wanted(service_id, Intent.DISCONNECT, data.seen_orders, reason=data.reason)
        return await _place(request, store, actor, wanted)

    @get("/{service_id:uuid}/live", guards=[doors.require_role(*OFFICE)])
    async def follow(
        self,
        store: StoreDependency,
        signed_in: SignedInDependency,
        streams: NamedDependency[LiveStreams],
        service_id: FromPath[UUID],
    ) -> ServerSentEvent:
        """Send what moves on the page of a service, for as long as it is open."""
        await store.read(services.get, service_id)
        streams.require_room()

        async def render() -> Fragments | None:
            if not await doors.is_still_in(store, signed_in):
                return None
            found = await store.read(story.load, service_id)
            doing = doing_view(found, signed_in=signed_in)
            return {
                "state": templates.render("services/_state.html", standing_view(found)),
                "line": templates.render("services/_line.html", line_view(found, utc_now())),
                "orders": templates.render("services/_orders.html", orders_view(found)),
                "doing": templates.render("services/_doing.html", doing),
            }

        topics = (*TOPICS, session_topic(signed_in.secret_hash))
        return ServerSentEvent(streams.follow(*topics, render=render, rest_s=REST_S))


def _wanted(
    service_id: UUID,
    intent: Intent,
    seen_orders: int,
    *,
    reason: str | None = None,
    product: str | None = None,
) -> Wanted:
    return Wanted(
        number=order_number(service_id, intent, seen_orders),
        service_id=service_id,
        intent=intent,
        reason=reason,
        product=product,
    )


async def _place(
    request: HttpRequest, store: Store, actor: Actor, wanted: Wanted
) -> Response[None]:
    """Place an order and show the service again; what refuses it is told in place."""
    await store.write(service_orders.place, wanted, act=act_of(actor))
    url = f"{PATH}/{wanted.service_id}"
    if request.headers.get("HX-Request"):
        return Response(None, status_code=204, headers={"HX-Refresh": "true"})
    return Response(None, status_code=303, headers={"Location": url})
