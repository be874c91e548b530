"""The page about the network, for everybody in the office."""

from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent, Template

from server.alarms import affected, list_view
from server.alarms.commands import ALARMS, PLANT_FAULTS
from server.alarms.list_view import PATH, network_view, state_view
from server.console import templates
from server.console.live import REST_S, Fragments, LiveStreams
from server.database import Store
from server.people import doors
from server.people.commands import session_topic
from server.people.records import OFFICE, SignedIn


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
        found = await store.read(affected.load, fault_id, after)
        view = affected.affected_view(found, signed_in=signed_in)
        return templates.page("services/affected.html", view)
