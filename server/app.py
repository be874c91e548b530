"""The composition root: settings and a store go in, the web application comes out.

The only file that builds things. Features bring their routes; nothing is registered by name.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from server import problems
from server.console.headers import SENT_AS_IT_IS, add_headers
from server.console.templates import template_config
from server.database import Store
from server.inputs import StrictRequest, require_printable_request
from server.people import doors
from server.settings import Settings

REQUEST_BYTES_MAX = 1_000_000
"""Of a JSON body; blobs state their own limit at their route."""

Background = Callable[[], AbstractAsyncContextManager[None]]


def build_app(
    settings: Settings,
    store: Store,
    *,
    routes: tuple[ControllerRouterHandler, ...],
    backgrounds: tuple[Background, ...] = (),
) -> Litestar:
    """Put the application together; ``backgrounds`` run from start to stop."""

    def provide_store() -> Store:
        return store

    def provide_settings() -> Settings:
        return settings

    return Litestar(
        route_handlers=[healthy, *routes],
        dependencies={
            "store": Provide(provide_store, sync_to_thread=False),
            "settings": Provide(provide_settings, sync_to_thread=False),
            "actor": Provide(doors.provide_actor),
            "signed_in": Provide(doors.provide_signed_in),
        },
        request_class=StrictRequest,
        before_request=require_printable_request,
        # Guards run before anything is injected, so they find both here.
        state=State({"store": store, "settings": settings}),
        before_send=[add_headers(secure=settings.secure_cookies)],
        template_config=template_config(),
        exception_handlers=dict(problems.HANDLERS),
        lifespan=[_as_lifespan(background) for background in backgrounds],
        request_max_body_size=REQUEST_BYTES_MAX,
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=500, exclude_opt_key=SENT_AS_IT_IS
        ),
        logging_config=None,
        openapi_config=None,
    )


@get("/healthy", sync_to_thread=False)
def healthy() -> dict[str, bool]:
    """Tell a supervisor that the process answers."""
    return {"healthy": True}


def _as_lifespan(background: Background) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncGenerator[None]:
        async with background():
            yield

    return lifespan
