"""Static files of the pages, under addresses that name their content: kept, and never stale."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import (
    create_static_files_router,  # pyright: ignore[reportUnknownVariableType]  Litestar's signature
)

FOLDER: Final = Path(__file__).parent.parent / "static"
PATH: Final = "/static"
_KEPT_S: Final = 365 * 24 * 3600


class AssetMissing(RuntimeError):
    """A page names a static file that is not there; ``python3 dev.py setup`` fetches those."""


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
    """Make the routes of the static files."""
    return create_static_files_router(
        path=PATH,
        directories=[FOLDER],
        cache_control=CacheControlHeader(max_age=_KEPT_S, public=True, immutable=True),
    )
