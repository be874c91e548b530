"""Composition of the local agent as an ASGI application."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp

from field_client.agent import Agent
from field_client.api import JobController, TabletController
from field_client.gate import Gate
from field_client.lock_api import LockController
from field_client.problems import HANDLERS
from field_client.safety.vault import Vault

_BODY_BYTES_MAX: Final = 50_000_000
"""The largest photo that the protocol takes."""


def build_app(tablet: Agent | Vault, token: str) -> ASGIApp:
    """Build the application; its sync loop runs as long as it does.

    Of a vault nothing but its lock is served while it is locked.
    """

    def provide_agent() -> Agent:
        return tablet.agent() if isinstance(tablet, Vault) else tablet

    def provide_vault() -> Agent | Vault:
        return tablet

    inside = Litestar(
        route_handlers=[
            TabletController,
            JobController,
            *([LockController] if isinstance(tablet, Vault) else []),
        ],
        dependencies={
            "agent": Provide(provide_agent, sync_to_thread=False),
            "vault": Provide(provide_vault, sync_to_thread=False),
        },
        exception_handlers=dict(HANDLERS),
        lifespan=[partial(_syncing, tablet)],
        request_max_body_size=_BODY_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
    # Around the whole application: an unknown path is nobody's business either.
    return Gate(inside, token=token)


@asynccontextmanager
async def _syncing(tablet: Agent | Vault, _app: Litestar) -> AsyncGenerator[None, None]:
    loop = asyncio.create_task(tablet.run() if isinstance(tablet, Vault) else tablet.loop.run())
    try:
        yield
    finally:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop
