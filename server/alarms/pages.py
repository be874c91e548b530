"""The page about the network, for everybody in the office."""

from typing import Final
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent, Template

from server.alarms import list_view, storage
from server.alarms.commands import ALARMS, PLANT_FAULTS
from server.alarms.list_view import PATH, network_view, state_view, title_of
from server.console import templates
from server.console.live import REST_S, Fragments, LiveStreams
from server.database import Store
from server.people import doors
from server.people.commands import session_topic
from server.people.records import OFFICE, SignedIn
from server.support import search
from server.support.service_view import affected_view

AFFECTED_SHOWN: Final = 50


class NetworkPages(Controller):
    """Faults of the plant and alarms in the console."""

    path = PATH
    guards = (doors.require_role(*OFFICE),)

    @get("/")
    async def show_list(
        self,
        *,
        store: NamedDependency[Store],
        signed_in: NamedDependency[SignedIn],
        older_than: FromQuery[UUID | None] = None,
    ) -> Template:
        """Show the faults that are open, the latest that are over, and a page of alarms."""
        shown = await store.read(list_view.load, older_than)
        return templates.page("network/list.html", network_view(shown, older_than, signed_in))

    @get("/live")
    async def follow(
        self,
        *,
        store: NamedDependency[Store],
        signed_in: NamedDependency[SignedIn],
        streams: NamedDependency[LiveStreams],
        older_than: FromQuery[UUID | None] = None,
    ) -> ServerSentEvent:
        """Send faults and alarms as they begin and end, for as long as the page is open."""
        streams.require_room()

        async def render() -> Fragments | None:
            if not await doors.is_still_in(store, signed_in):
                return None
            shown = await store.read(list_view.load, older_than)
            view = state_view(shown, older_than)
            return {"network": templates.render("network/_state.html", view)}

        topics = (ALARMS, PLANT_FAULTS, session_topic(signed_in.secret_hash))
        return ServerSentEvent(streams.follow(*topics, render=render, rest_s=REST_S))

    @get("/faults/{fault_id:uuid}")
    async def show_affected(
        self,
        *,
        store: NamedDependency[Store],
        signed_in: NamedDependency[SignedIn],
        fault_id: FromPath[UUID],
        after: FromQuery[UUID | None] = None,
    ) -> Template:
        """Show whom a fault took off the network, a page at a time."""
        fault = await store.read(storage.get_named, fault_id)
        ids = await store.read(
            storage.list_affected, fault_id, after=after, limit=AFFECTED_SHOWN + 1
        )
        shown = ids[:AFFECTED_SHOWN]
        found = await store.read(search.list_by_id, shown)
        back = await store.read(storage.list_back, fault_id, shown)
        url = f"{PATH}/faults/{fault_id}"
        view = affected_view(
            f"{title_of(fault.fault)}: {fault.olt}",
            found,
            frozenset(back),
            is_over=fault.fault.cleared_at is not None,
            signed_in=signed_in,
            first_url=url if after else None,
            next_url=f"{url}?after={shown[-1]}" if len(ids) > len(shown) else None,
        )
        return templates.page("services/affected.html", view)
