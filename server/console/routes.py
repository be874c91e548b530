"""The console as a whole: its pages behind one set of problem pages, and its static files."""

from datetime import timedelta

from litestar import Router, get
from litestar.di import Provide
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from server.adoption.pages import DriftPages
from server.alarms.pages import NetworkPages
from server.console.assets import asset_routes
from server.console.live import LiveStreams
from server.console.problem_pages import PAGE_HANDLERS
from server.database import Store
from server.fulfilment.network import Network, network_of
from server.fulfilment.pages import FalloutPages, ProcessPages
from server.issues.pages import IssuePages
from server.jobs.pages import JobPages
from server.people.pages import HOME, SignInPages
from server.people.sign_in import SignInDesk
from server.settings import Settings
from server.support.pages import ServicePages
from server.sync.blob_store import BlobStore


def console_routes(
    settings: Settings,
    store: Store,
    streams: LiveStreams,
    blob_store: BlobStore,
    *,
    network: Network | None = None,
) -> tuple[ControllerRouterHandler, ...]:
    """Make the routes of the console; ``streams`` is ended by whoever stops the server.

    ``network`` is the way to the OLTs; by default the one that the settings give. Pages only look:
    they hold no lease, so no write of theirs would leave.
    """
    looking = network or network_of(settings)
    desk = SignInDesk(store, session_lifetime=timedelta(hours=settings.session_hours))

    def provide_desk() -> SignInDesk:
        return desk

    def provide_streams() -> LiveStreams:
        return streams

    def provide_blob_store() -> BlobStore:
        return blob_store

    def provide_network() -> Network:
        return looking

    pages = Router(
        path="/",
        route_handlers=[
            show_first_page,
            SignInPages,
            JobPages,
            IssuePages,
            FalloutPages,
            ProcessPages,
            NetworkPages,
            ServicePages,
            DriftPages,
        ],
        dependencies={
            "desk": Provide(provide_desk, sync_to_thread=False),
            "streams": Provide(provide_streams, sync_to_thread=False),
            "blob_store": Provide(provide_blob_store, sync_to_thread=False),
            "network": Provide(provide_network, sync_to_thread=False),
        },
        exception_handlers=dict(PAGE_HANDLERS),
    )
    return (pages, asset_routes())


@get("/", sync_to_thread=False)
def show_first_page() -> Redirect:
    """Lead to the first page; it asks for a sign-in itself."""
    return Redirect(HOME, status_code=303)
