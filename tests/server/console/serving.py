"""The application on a real socket, with everything the console brings."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import uvicorn
from litestar import Litestar

from server.app import build_app
from server.console.live import PING_S, LiveStreams
from server.console.routes import console_routes
from server.console.stopping import StoppingServer
from server.database import Store
from server.fulfilment.network import Network
from server.routes import api_routes
from server.settings import Settings
from server.sync.blob_store import FolderBlobStore

SETTINGS = Settings(secure_cookies=False, operator_name="Stadtnetz Neustadt")


class Served(msgspec.Struct, frozen=True):
    """Where the application answers, and what stops it."""

    url: str
    server: StoppingServer
    streams: LiveStreams
    running: asyncio.Task[None]


def console_app(
    store: Store,
    streams: LiveStreams,
    folder: Path,
    settings: Settings = SETTINGS,
    *,
    network: Network | None = None,
) -> Litestar:
    """Build the application as ``firstlight serve`` does, without its background."""
    blob_store = FolderBlobStore(folder)
    return build_app(
        settings,
        store,
        routes=(
            api_routes(blob_store, settings),
            *console_routes(settings, store, streams, blob_store, network=network),
        ),
    )


@contextlib.asynccontextmanager
async def serving(
    store: Store,
    folder: Path,
    *,
    ping_s: float = PING_S,
    settings: Settings = SETTINGS,
    network: Network | None = None,
) -> AsyncGenerator[Served]:
    """Serve on 127.0.0.1 until the context ends."""
    streams = LiveStreams(store.signals, ping_s=ping_s)
    app = console_app(store, streams, folder, settings, network=network)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=5
    )
    server = StoppingServer(config, streams)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await _until_started(server, running)
        yield Served(f"http://127.0.0.1:{port}", server, streams, running)
    finally:
        streams.end()
        server.should_exit = True
        await running
        listening.close()


async def _until_started(server: StoppingServer, running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(20):
        while not server.started:
            if running.done():
                running.result()
            await asyncio.sleep(0.01)
