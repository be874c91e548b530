"""The whole application in this process, and a tablet's way through its doors."""

from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import httpx
from litestar import Litestar

from server.acts import utc_now
from server.app import build_app
from server.console.live import LiveStreams
from server.console.routes import console_routes
from server.database import Store
from server.routes import api_routes
from server.settings import Settings
from server.sync.blob_store import FolderBlobStore
from sync_protocol import wire
from tests.server.tablets import Tablet, enrolled

URL: Final = "http://operator.test"


def whole_app(store: Store, folder: Path) -> Litestar:
    settings = Settings(secure_cookies=False)
    blob_store = FolderBlobStore(folder)
    return build_app(
        settings,
        store,
        routes=(
            api_routes(blob_store, settings),
            *console_routes(settings, store, LiveStreams(store.signals), blob_store),
        ),
    )


def client_of(app: Litestar) -> httpx.AsyncClient:
    # httpx types an ASGI application by plain dicts, Litestar by what stands in them.
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=URL)


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **more}


async def sync(client: httpx.AsyncClient, tablet: Tablet) -> httpx.Response:
    return await client.post(
        "/sync/v1",
        content=wire.compress(wire.encode(tablet.request(cursor=tablet.cursor))),
        headers=bearer(tablet.token, **{"content-encoding": "gzip"}),
    )


def enrolled_now(store: Store, technician_id: UUID) -> Tablet:
    """Give a technician a tablet whose token is good at the machine's time."""
    return enrolled(store, technician_id, now=utc_now())
