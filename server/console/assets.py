"""Static files: our style sheet and the vendored scripts, under addresses that name their content.

A page asks for ``asset_url("console.css")`` and gets an address with a fingerprint of the file, so
a browser may keep it for ever and still sees the next version at once.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from litestar import Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import InternalServerException  # Litestar's for any other OSError
from litestar.static_files import (
    create_static_files_router,  # pyright: ignore[reportUnknownVariableType]  Litestar's signature
)

from server import problems
from server.problems import HttpRequest

FOLDER: Final = Path(__file__).parent.parent / "static"
PATH: Final = "/static"
_KEPT_S: Final = 365 * 24 * 3600


class AssetMissing(RuntimeError):
    """A page names a static file that is not there; `python3 dev.py setup` fetches the vendored."""


@cache
def asset_url(name: str) -> str:
    """Give the address of a static file.

    Raises:
        AssetMissing: no such file in the folder of static files.
    """
    file = FOLDER / name
    if not file.is_file():
        raise AssetMissing(f"no static file {name!r}; run: python3 dev.py setup")
    return f"{PATH}/{name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"


def asset_routes() -> Router:
    """Make the routes of the static files, open to everybody: sign-in needs them."""
    return create_static_files_router(
        path=PATH,
        directories=[FOLDER],
        cache_control=CacheControlHeader(max_age=_KEPT_S, public=True, immutable=True),
        exception_handlers={ValueError: _no_file_name, InternalServerException: _no_file_name},
    )


def _no_file_name(_request: HttpRequest, _error: Exception) -> Response[bytes]:
    """Answer a path that no file system takes: one with a NUL, or a name that is too long."""
    return problems.answer(404, "not-found", "there is no static file of this name")
