"""Composition of the local agent as an ASGI application."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.types import ASGIApp

from field_client.agent import Agent
from field_client.answers import answer
from field_client.api import JobController, TabletController
from field_client.browser_door import BrowserDoor
from field_client.field_jobs import create
from field_client.findings_api import ROUTES as FINDINGS
from field_client.gate import Gate
from field_client.lock_api import LockController
from field_client.pages.routes import page_routes
from field_client.problems import HANDLERS
from field_client.safety.vault import Vault

_BODY_BYTES_MAX: Final = 50_000_000
"""The largest photo that the protocol takes."""


def build_app(tablet: Agent | Vault, token: str, door: BrowserDoor) -> ASGIApp:
    """Build the application: pages, and the local API below ``/api``.

    Its sync loop runs as long as it does. Of a vault nothing but its lock is served while it is
    locked.
    """

    def provide_agent() -> Agent:
        return tablet.agent() if isinstance(tablet, Vault) else tablet

    def provide_vault() -> Agent | Vault:
        return tablet

    def provide_door() -> BrowserDoor:
        return door

    api = Router(
        path="/api",
        route_handlers=[
            TabletController,
            JobController,
            create,
            answer,
            *FINDINGS,
            *([LockController] if isinstance(tablet, Vault) else []),
        ],
        dependencies={
            "agent": Provide(provide_agent, sync_to_thread=False),
            "door": Provide(provide_door, sync_to_thread=False),
            "vault": Provide(provide_vault, sync_to_thread=False),
        },
    )
    inside = Litestar(
        route_handlers=[api, *page_routes(tablet, door)],
        exception_handlers=dict(HANDLERS),
        lifespan=[partial(_syncing, tablet)],
        request_max_body_size=_BODY_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
    # Around the whole application: an unknown path is nobody's business either.
    return Gate(inside, token=token, door=door)


@asynccontextmanager
async def _syncing(tablet: Agent | Vault, _app: Litestar) -> AsyncGenerator[None, None]:
    loop = asyncio.create_task(tablet.run() if isinstance(tablet, Vault) else tablet.loop.run())
    try:
        yield
    finally:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop
