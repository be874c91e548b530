"""The page about the network, for everybody in the office."""

from typing import Final

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template

from server.alarms import storage
from server.alarms.list_view import PATH, network_view
from server.console import templates
from server.database import Store
from server.people import doors
from server.people.records import OFFICE, SignedIn

PAST_SHOWN: Final = 20


class NetworkPages(Controller):
    """Faults of the plant in the console."""

    path = PATH

    @get("/", guards=[doors.require_role(*OFFICE)])
    async def show_list(
        self, *, store: NamedDependency[Store], signed_in: NamedDependency[SignedIn]
    ) -> Template:
        """Show the faults that are open, and the latest that are over."""
        dark = await store.read(storage.list_named, is_open=True, limit=storage.FAULTS_MAX)
        over = await store.read(storage.list_named, is_open=False, limit=PAST_SHOWN)
        return templates.page("network/list.html", network_view(dark, over, signed_in))
