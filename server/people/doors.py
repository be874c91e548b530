"""The front doors: who a request comes from, and whether they may come in here.

A route is opened by exactly one guard: ``require_role`` for pages, ``require_scope`` for
integrations, ``require_access`` for what both use. A route without a guard is public; a test lists
those. Whoever was let in is then ``signed_in`` or ``actor`` to the handler.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler

from server.acts import Actor, utc_now
from server.database import Store
from server.people import queries
from server.people.records import ApiToken, Role, Scope, SignedIn, Visitor
from server.people.secrets import hash_secret
from server.problems import Forbidden
from server.settings import Settings

Connection = ASGIConnection[Any, Any, Any, State]
HttpRequest = Request[Any, Any, State]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

CSRF_HEADER: Final = "X-CSRF-Token"
CSRF_FIELD: Final = "csrf_token"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def require_role(*roles: Role) -> Guard:
    """Open a page to people with one of these roles."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        visitor = await _find_signed_in(connection)
        if visitor is None:
            raise _sign_in_needed()
        await _admit_person(connection, visitor, roles)

    return guard


def require_scope(scope: Scope) -> Guard:
    """Open a route to integrations whose token has this scope."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        secret = bearer_secret(connection)
        if secret is None:
            raise _token_needed("this needs 'Authorization: Bearer' with an API token")
        await _admit_token(connection, secret, scope)

    return guard


def require_access(scope: Scope, *roles: Role) -> Guard:
    """Open a route to integrations with a scope and to people with one of these roles.

    A request that carries a token is judged by its token alone, whatever cookie comes with it.
    """

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        secret = bearer_secret(connection)
        if secret is not None:
            await _admit_token(connection, secret, scope)
            return
        visitor = await _find_signed_in(connection)
        if visitor is None:
            raise _token_needed(f"this needs a session, or an API token with the scope {scope}")
        await _admit_person(connection, visitor, roles)

    return guard


async def require_same_origin(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Refuse a form that another site sent: there is no session yet whose token could be asked.

    Every browser of today names the sender; a program that names none is no browser.
    """
    if connection.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise Forbidden("this form was sent from another site; open the sign-in page itself")


def bearer_secret(connection: Connection) -> str | None:
    """Read the secret of an ``Authorization: Bearer`` header; None without one.

    Raises:
        NotAuthorizedException: an ``Authorization`` header of another form; nothing was looked up.
    """
    header = connection.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _token_needed("the Authorization header is not 'Bearer' with a token")
    return secret.strip()


def session_cookie(settings: Settings) -> str:
    """Name the cookie of a session.

    Under ``__Host-`` a browser takes it over HTTPS only, from this host only, for every path.
    """
    return "__Host-firstlight" if settings.secure_cookies else "firstlight"


async def is_still_in(store: Store, visitor: SignedIn) -> bool:
    """Say whether a session that was let in earlier has neither ended nor expired since."""
    found = await store.read(queries.find_signed_in, visitor.secret_hash, now=utc_now())
    return found is not None


async def provide_actor(request: HttpRequest) -> Actor:
    """Give a handler whoever acts."""
    return _admitted(request).actor


async def provide_signed_in(request: HttpRequest) -> SignedIn:
    """Give a page the person who looks at it."""
    visitor = _admitted(request)
    if not isinstance(visitor, SignedIn):
        raise TypeError(f"{request.url.path} is a page, but its guard lets integrations in")
    return visitor


def _admitted(request: HttpRequest) -> Visitor:
    visitor = request.scope["auth"]
    if not isinstance(visitor, SignedIn | ApiToken):
        raise TypeError(f"{request.url.path} asks who acts, but no guard let anybody in")
    return visitor


async def _find_signed_in(connection: Connection) -> SignedIn | None:
    store: Store = connection.app.state.store
    secret = connection.cookies.get(session_cookie(connection.app.state.settings))
    if not secret:
        return None
    return await store.read(queries.find_signed_in, hash_secret(secret), now=utc_now())


async def _admit_person(connection: Connection, visitor: SignedIn, roles: tuple[Role, ...]) -> None:
    if visitor.user.role not in roles:
        raise Forbidden(
            f"the role {visitor.user.role} does not open this; it needs {' or '.join(roles)}"
        )
    if not (isinstance(connection, Request) and connection.method in _SAFE_METHODS):
        await _require_csrf_token(connection, visitor.csrf_token)
    connection.scope["auth"] = visitor


async def _admit_token(connection: Connection, secret: str, scope: Scope) -> None:
    store: Store = connection.app.state.store
    token = await store.read(queries.find_api_token, hash_secret(secret))
    if token is None:
        raise _token_needed("no such API token; it may have been removed")
    if scope not in token.scopes:
        raise Forbidden(f"the token {token.name!r} lacks the scope {scope}")
    connection.scope["auth"] = token


async def _require_csrf_token(connection: Connection, expected: str) -> None:
    """Ask for the token that only our own pages know: a header of htmx, or a field of a form."""
    given = connection.headers.get(CSRF_HEADER)
    kind = connection.headers.get("Content-Type", "")
    if given is None and kind.startswith("application/x-www-form-urlencoded"):
        form = await HttpRequest(connection.scope, connection.receive, connection.send).form()
        field = form.get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    if given is None or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden(
            f"the {CSRF_HEADER} header or {CSRF_FIELD} field is missing or out of date; "
            "load the page again"
        )


def _sign_in_needed() -> NotAuthorizedException:
    return NotAuthorizedException(detail="sign in first")


def _token_needed(detail: str) -> NotAuthorizedException:
    return NotAuthorizedException(
        detail=detail, headers={"WWW-Authenticate": 'Bearer realm="firstlight"'}
    )
