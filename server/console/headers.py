"""Headers that every answer carries, pages and problems alike; a tablet's sync carries few.

Added where the answer leaves the application, so that no route, error or unknown path is without.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TRANSPORT_SECURITY: Final = "max-age=31536000"
"""Sent only where cookies are secure: on plain HTTP it would promise what is not there."""

SENT_AS_IT_IS: Final = "sent_as_it_is"
"""Option of a route whose answers are compressed already."""

FOR_TABLETS: Final = "for_tablets"
"""Option of a route that no browser shows: half of what a tablet's idle sync costs were rules for
pages, so its answers only say not to guess their type and not to keep them."""
_FOR_TABLETS: Final[Mapping[str, str]] = {"X-Content-Type-Options": "nosniff"}

Hook = Callable[[Message, Scope], Awaitable[None]]


def add_headers(*, secure: bool) -> Hook:
    """Make the hook that completes the headers of an answer.

    An answer says itself how long it may be kept; one that says nothing is kept by nobody.
    """
    added = {**HEADERS, **({"Strict-Transport-Security": TRANSPORT_SECURITY} if secure else {})}

    async def hook(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders(message)
        # An unknown path has no handler.
        is_for_tablets = "route_handler" in scope and FOR_TABLETS in scope["route_handler"].opt
        for name, value in (_FOR_TABLETS if is_for_tablets else added).items():
            headers[name] = value
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"

    return hook
