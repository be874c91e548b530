"""Problems: what a caller is told when something cannot be done, in one shape for every route.

Answers are ``application/problem+json`` with a slug that programs may rely on and a sentence for
people. An exception class that is not in the table is our mistake: 500, without details.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from server.database.writer import WriterStopped
from sync_protocol.jobs import MoveNotAllowed

HttpRequest = Request[Any, Any, State]
MEDIA_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every answer that is not a success."""

    type: str
    status: int
    detail: str


class NotFound(LookupError):
    """There is no such thing, or it is not for this caller to see; nothing was changed."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"no {what} {str(key)!r}")


class Conflicting(ValueError):
    """The request contradicts what is stored; nothing was changed. Read again before retrying."""


class WrongInput(ValueError):
    """A value cannot be used; nothing was changed. The text names it and what would be right."""


class Forbidden(PermissionError):
    """This caller may not do that; nothing was changed."""


KNOWN: Final[Mapping[type[Exception], tuple[int, str]]] = {
    NotFound: (404, "not-found"),
    Conflicting: (409, "conflict"),
    MoveNotAllowed: (409, "move-not-allowed"),
    WrongInput: (400, "wrong-input"),
    Forbidden: (403, "forbidden"),
    WriterStopped: (503, "stopping"),
    # msgspec lets these two escape from a malformed body instead of a decode error.
    RecursionError: (400, "wrong-input"),
    UnicodeDecodeError: (400, "wrong-input"),
}
_FIXED_TEXT: Final[Mapping[type[Exception], str]] = {
    RecursionError: "the body is nested too deep",
    UnicodeDecodeError: "the body is not UTF-8",
}


def answer(status: int, slug: str, detail: str) -> Response[bytes]:
    """Make the answer for a problem."""
    body = msgspec.json.encode(Problem(type=slug, status=status, detail=detail))
    return Response(body, status_code=status, media_type=MEDIA_TYPE)


def _known(_request: HttpRequest, error: Exception) -> Response[bytes]:
    for known in type(error).__mro__:
        if known in KNOWN:
            status, slug = KNOWN[known]
            return answer(status, slug, _FIXED_TEXT.get(known, str(error)))
    raise error


def _http(request: HttpRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code == 500:  # noqa: PLR2004  the framework met a mistake of ours
        return _unknown(request, error)
    detail = error.detail
    if isinstance(error, ValidationException) and error.extra:
        detail = f"{detail}: {msgspec.json.encode(error.extra).decode()}"
    slug = error.__class__.__name__.removesuffix("Exception").lower() or "error"
    response = answer(error.status_code, slug, detail)
    for name, value in (error.headers or {}).items():
        response.set_header(name, value)
    return response


def _busy(_request: HttpRequest, error: OperationalError) -> Response[bytes]:
    """Answer a locked or unreachable database: not the caller's fault, and worth another try."""
    structlog.get_logger().warning("database.unavailable", error=repr(error.orig))
    response = answer(503, "busy", "the database is busy; nothing was changed, try again")
    response.set_header("Retry-After", "2")
    return response


def _crossed(_request: HttpRequest, error: IntegrityError) -> Response[bytes]:
    """Answer two requests that stored the same at one instant: the loser finds it when it retries.

    What a request alone can do wrong is checked before it is stored.
    """
    structlog.get_logger().warning("request.crossed", error=repr(error.orig))
    response = answer(503, "busy", "another request stored the same just now; try again")
    response.set_header("Retry-After", "1")
    return response


def _unstorable(_request: HttpRequest, _error: DataError) -> Response[bytes]:
    """Answer a value that the database cannot hold, like a text with a NUL on PostgreSQL."""
    return answer(400, "wrong-input", "a value cannot be stored; a text may not hold a NUL")


def _unknown(request: HttpRequest, error: Exception) -> Response[bytes]:
    structlog.get_logger().error(
        "request.failed", path=request.url.path, method=request.method, exc_info=error
    )
    return answer(500, "internal", "an error on our side; it has been logged")


Handler = Callable[[HttpRequest, Any], Response[bytes]]
HANDLERS: Final[Mapping[int | type[Exception], Handler]] = {
    **dict.fromkeys(KNOWN, _known),
    HTTPException: _http,
    OperationalError: _busy,
    IntegrityError: _crossed,
    DataError: _unstorable,
    Exception: _unknown,
}
