"""Sending a picture to the browser so that nothing in it can run."""

from typing import Final

from litestar import Response

_HEADERS: Final = {
    # Named by its content, so it never changes.
    "Cache-Control": "private, max-age=31536000, immutable",
    # A drawing may hold no script of its own.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}


def picture(data: bytes, media_type: str) -> Response[bytes]:
    """Answer with a photo or drawing, which an address that holds its hash has asked for."""
    return Response(data, media_type=media_type, headers=_HEADERS)
