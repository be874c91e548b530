"""A finished job on a tablet that has not been sent yet, and a server to send it to."""

from pathlib import Path
from typing import Any, Final, cast

import httpx
import msgspec

from server.acts import utc_now
from server.app import build_app
from server.database import Store, schema_versions
from server.orders.records import PlacedOrder
from server.routes import api_routes
from server.settings import Settings
from server.sync.blob_store import FolderBlobStore
from sync_protocol import wire
from sync_protocol.messages import SyncResponse
from tests.server.factories import Town, assigned_job, found_town
from tests.server.operator import add_endpoint
from tests.server.tablets import Tablet, enrolled

URL: Final = "http://operator.test"


class Scene:
    """One job, done offline; ``prepare`` makes the database in which it is still assigned."""

    def __init__(self) -> None:
        self.town: Town | None = None
        self.placed: PlacedOrder | None = None
        self.tablet = Tablet()

    def prepare(self, url: str) -> None:
        schema_versions.upgrade(url)
        store = Store(url)
        self.town = found_town(store)
        add_endpoint(store)
        self.placed = assigned_job(store, self.town.ada)
        self.tablet = enrolled(store, self.town.ada, now=utc_now())
        store.close()
        self.tablet.complete(self.placed.job_id)


async def send(store: Store, tablet: Tablet, folder: Path) -> SyncResponse | None:
    """Send everything that the tablet has said; None where no answer came."""
    app = build_app(Settings(), store, routes=(api_routes(FolderBlobStore(folder), Settings()),))
    # httpx types an ASGI application by plain dicts, Litestar by what stands in them.
    transport = httpx.ASGITransport(app=cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        answer = await client.post(
            "/sync/v1",
            content=wire.compress(wire.encode(tablet.request())),
            headers={"authorization": f"Bearer {tablet.token}", "content-encoding": "gzip"},
        )
    if not answer.is_success:
        return None
    return msgspec.json.decode(answer.content, type=SyncResponse)
