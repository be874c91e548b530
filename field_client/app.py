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
from field_client.api import JobController, TabletController
from field_client.browser_door import BrowserDoor
from field_client.field_jobs import create
from field_client.findings_api import ROUTES as FINDINGS
from field_client.gate import Gate
from field_client.pages.routes import page_routes
from field_client.problems import HANDLERS

_BODY_BYTES_MAX: Final = 50_000_000
"""The largest photo that the protocol takes."""


def build_app(agent: Agent, token: str, door: BrowserDoor) -> ASGIApp:
    """Build the application: pages, and the local API below ``/api``.

    Its sync loop runs as long as it does.
    """

    def provide_agent() -> Agent:
        return agent

    def provide_door() -> BrowserDoor:
        return door

    api = Router(
        path="/api",
        route_handlers=[TabletController, JobController, create, *FINDINGS],
        dependencies={
            "agent": Provide(provide_agent, sync_to_thread=False),
            "door": Provide(provide_door, sync_to_thread=False),
        },
    )
    inside = Litestar(
        route_handlers=[api, *page_routes(agent, door)],
        exception_handlers=dict(HANDLERS),
        lifespan=[partial(_syncing, agent)],
        request_max_body_size=_BODY_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
    # Around the whole application: an unknown path is nobody's business either.
    return Gate(inside, token=token, door=door)


@asynccontextmanager
async def _syncing(agent: Agent, _app: Litestar) -> AsyncGenerator[None, None]:
    loop = asyncio.create_task(agent.loop.run())
    try:
        yield
    finally:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop
