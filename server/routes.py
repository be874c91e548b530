"""The JSON side as a whole: the API, the sync of tablets, and blobs."""

from litestar import Router
from litestar.di import Provide

from server.adoption.api import AdoptionController, RepairController
from server.alarms.api import AlarmController
from server.database.full_disk import StorageFull
from server.evidence import api as evidence_api
from server.fulfilment.api import FulfilmentController
from server.fulfilment.service_api import ServiceController
from server.inputs import require_request_of_program
from server.invoices.api import BillingController
from server.jobs.api import JobController
from server.orders.api import OrderController
from server.proposals.api import ProposalController
from server.settings import Settings
from server.sync import api as sync_api
from server.sync import blob_api, earlier_photos, quarantine_api, refusals
from server.sync.blob_store import BlobStore
from server.sync.doorkeeping import Doors, make_doors
from server.sync.office_api import TechnicianController
from server.sync.refusals import SyncRefused
from server.tickets.api import TicketController
from sync_protocol.versions import SPOKEN, Spoken


def api_routes(blob_store: BlobStore, settings: Settings, spoken: Spoken = SPOKEN) -> Router:
    """Make the routes for integrations and tablets."""
    doors = make_doors(settings, spoken)

    def provide_blob_store() -> BlobStore:
        return blob_store

    def provide_doors() -> Doors:
        return doors

    # A tablet's requests stay as protocol.md has them: a newer one may say more.
    for_programs = Router(
        path="/",
        route_handlers=[
            OrderController,
            JobController,
            evidence_api.download,
            TechnicianController,
            BillingController,
            FulfilmentController,
            ServiceController,
            ProposalController,
            TicketController,
            AlarmController,
            AdoptionController,
            RepairController,
        ],
        before_request=require_request_of_program,
    )
    for_tablets = Router(
        path="/",
        route_handlers=[
            sync_api.enrol,
            sync_api.challenge,
            sync_api.renew_token,
            sync_api.begin_incarnation,
            sync_api.synchronise,
            quarantine_api.hand_over,
        ],
        exception_handlers={StorageFull: refusals.answer_full},
    )
    return Router(
        path="/",
        route_handlers=[
            for_programs,
            for_tablets,
            blob_api.describe,
            blob_api.begin,
            blob_api.progress,
            blob_api.receive_piece,
            earlier_photos.show,
        ],
        dependencies={
            "blob_store": Provide(provide_blob_store, sync_to_thread=False),
            "doors": Provide(provide_doors, sync_to_thread=False),
        },
        exception_handlers={SyncRefused: refusals.answer, **blob_api.HANDLERS},
    )
