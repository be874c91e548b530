"""Who may speak to the local agent: this machine, under its own name, with a token or a cookie.

The address alone does not protect: any page in a browser can reach 127.0.0.1, and a DNS name can be
made to point there. So the Host is checked, a program shows the token of this launch, the browser
the cookie that it got for a launch code, and what changes something must come from our own pages.
"""

import hmac
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Final, NamedTuple

import msgspec
from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from field_client.browser_door import COOKIE, BrowserDoor
from field_client.problems import PROBLEM_TYPE, Problem

_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})
_OPEN: Final = ("/launch", "/static/")
"""For everybody on this machine: the way in, and what the page needs that says where it is."""
_SAFE: Final = frozenset({"GET", "HEAD"})
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Referrer-Policy": "same-origin",  # without one a form would not say where it comes from
    "X-Content-Type-Options": "nosniff",
}
_CLOSED: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Firstlight</title>
<link rel="icon" href="data:,"><main><h1>Open Firstlight from its icon</h1>
<p>This window is no longer connected to the program on this tablet. Nothing that was saved is lost.
</p><h1 lang="de">Bitte Firstlight neu öffnen</h1><p lang="de">Dieses Fenster ist nicht mehr mit dem
Programm auf diesem Tablet verbunden. Nichts Gespeichertes ist verloren.</p></main></html>"""


class _Asked(NamedTuple):
    path: str
    method: str
    headers: Mapping[str, str]


class Gate:
    """Answers what is not to come in; everything else goes through, with headers that protect."""

    def __init__(self, app: ASGIApp, *, token: str, door: BrowserDoor) -> None:
        self._app = app
        self._expected = f"Bearer {token}"
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = _Asked(
            scope["path"],
            scope["method"],
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        )
        problem = self._problem(asked)
        if problem is None:
            await self._app(scope, receive, _completing(send))
        else:
            await _answer(asked, problem, _completing(send))

    def _problem(self, asked: _Asked) -> Problem | None:
        host = asked.headers.get("host", "")
        if host.partition(":")[0] not in _HOSTS:
            detail = f"{host.partition(':')[0]!r} is not this tablet; call it 127.0.0.1"
            return Problem(status=400, code="foreign_host", detail=detail)
        if asked.path.startswith(_OPEN):
            return None
        shown = asked.headers.get("authorization", "")
        if shown:
            if hmac.compare_digest(shown.encode(), self._expected.encode()):
                return None
            detail = "Authorization must be 'Bearer ' and the token printed at the start"
            return Problem(status=401, code="no_launch_token", detail=detail)
        if not self._door.admits(_cookie(asked.headers.get("cookie", ""))):
            detail = "show the token printed at the start, or open the pages by a launch address"
            return Problem(status=401, code="no_launch_token", detail=detail)
        return None if asked.method in _SAFE else _foreign_page(asked.headers, host)


def _foreign_page(headers: Mapping[str, str], host: str) -> Problem | None:
    """Refuse a change that another page in the same browser asks for."""
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "same-origin")
    if origin == f"http://{host}" and site == "same-origin":
        return None
    detail = f"a page of {origin or 'nowhere'!r} may change nothing here; only http://{host} may"
    return Problem(status=403, code="foreign_page", detail=detail)


def _cookie(header: str) -> str:
    cookies = SimpleCookie()
    try:
        cookies.load(header)
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def _completing(send: Send) -> Send:
    async def complete(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders(message)
            # An answer may be stricter, as a picture is.
            for name, value in _HEADERS.items():
                if name not in headers:
                    headers[name] = value
        await send(message)

    return complete


async def _answer(asked: _Asked, problem: Problem, send: Send) -> None:
    body, kind = msgspec.json.encode(problem), PROBLEM_TYPE
    if problem.status == HTTPStatus.UNAUTHORIZED and "text/html" in asked.headers.get("accept", ""):
        body, kind = _CLOSED.encode(), "text/html; charset=utf-8"
    await send(
        {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [(b"content-type", kind.encode())],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
