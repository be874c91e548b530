"""Problems: what a caller is told when something cannot be done, in one shape for every route.

Answers are ``application/problem+json`` with a slug that programs may rely on and a sentence for
people. An exception class that is not in the table is our mistake: 500, without details.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from server.database.full_disk import RETRY_AFTER_S, StorageFull
from server.database.writer import WriterStopped
from server.input_words import SECRET_NAMES, explain, fields_of, shown
from sync_protocol.jobs import MoveNotAllowed

HttpRequest = Request[Any, Any, State]
MEDIA_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every answer that is not a success."""

    type: str
    status: int
    detail: str
    retry_after_ms: int | None = None


class NotFound(LookupError):
    """There is no such thing, or it is not for this caller to see; nothing was changed."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"no {what} {shown(str(key))}")


class Conflicting(ValueError):
    """The request contradicts what is stored; nothing was changed. Read again before retrying."""


class WrongInput(ValueError):
    """A value cannot be used; nothing was changed. The text names it and what would be right."""


class Damaged(ValueError):
    """What is stored cannot be read; nothing was changed. A person has to mend it."""


class Forbidden(PermissionError):
    """This caller may not do that; nothing was changed."""


KNOWN: Final[Mapping[type[Exception], tuple[int, str]]] = {
    NotFound: (404, "not-found"),
    Conflicting: (409, "conflict"),
    MoveNotAllowed: (409, "move-not-allowed"),
    WrongInput: (400, "wrong-input"),
    Forbidden: (403, "forbidden"),
    Damaged: (500, "damaged"),
    # msgspec lets these two escape from a malformed body instead of a decode error.
    RecursionError: (400, "wrong-input"),
    UnicodeDecodeError: (400, "wrong-input"),
}
_GONE: Final = "client disconnected prematurely"
"""The framework's words for a caller whose network is gone: a tablet in the field, every day. It
makes a 500 of it, which would be logged as a mistake of ours."""
_FIXED_TEXT: Final[Mapping[type[Exception], str]] = {
    RecursionError: "the body is nested too deep; nothing that is read here has many levels",
    UnicodeDecodeError: "the body is not UTF-8; JSON is written in UTF-8",
}


_SLUGS: Final[Mapping[int, str]] = {
    400: "wrong-input",
    401: "not-signed-in",
    413: "too-large",
    429: "too-often",
    503: "busy",
}
"""Where the words of HTTP are not ours; what a slug names, it names for every route."""


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
    status = error.status_code
    if error.detail == _GONE:
        return answer(400, "cut-short", "the body ended before it was whole; nothing was taken")
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:  # the framework met a mistake of ours
        return _unknown(request, error)
    if isinstance(error, ValidationException):
        detail = _invalid(request, error)
    elif error.detail == HTTPStatus(status).phrase:  # the framework's own words name nothing
        detail = _refused(request, status)
    else:
        detail = error.detail
    response = answer(status, _slug(status), detail)
    for name, value in (error.headers or {}).items():
        response.set_header(name, value)
    return response


def _slug(status: int) -> str:
    return _SLUGS.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "-")


def _refused(request: HttpRequest, status: int) -> str:
    """Say what the framework refused before a handler saw it."""
    path = shown(request.url.path)
    match status:
        case HTTPStatus.NOT_FOUND:
            return f"there is nothing at {path}"
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return f"{request.method} is not possible at {path}"
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return f"the body for {path} has more bytes than are taken there"
        case _:
            return f"{request.method} {path}: {HTTPStatus(status).phrase.lower()}"


def _invalid(request: HttpRequest, error: ValidationException) -> str:
    """Word what the framework found wrong with a query, a path, a form, or a body not sent.

    JSON bodies are read by ``server.inputs``, which says it itself.
    """
    faults = error.extra if isinstance(error.extra, list) else []
    first: Mapping[str, str] = next(iter(faults), {"message": error.detail})
    key, message = first.get("key", ""), first["message"]
    parameters = request.route_handler.parsed_fn_signature.parameters
    if first.get("source") == "body":
        return _invalid_body(key, message, parameters["data"].annotation)
    parameter = parameters.get(key)
    if parameter is None:
        return f"{key}: {message}" if key else message
    definition = parameter.kwarg_definition
    name = (isinstance(definition, ParameterKwarg) and definition.name) or key
    wanted = msgspec.defstruct("Given", [(name, parameter.annotation)])
    given = {**request.query_params, **request.path_params}
    return explain(f"{message} - at `$.{name}`", given, wanted)


def _invalid_body(key: str, message: str, wanted: Any) -> str:  # noqa: ANN401  the record of a handler
    if key != "data":
        # Of a form the framework keeps no value beside its complaint.
        return explain(f"{message} - at `$.{key}`", {}, wanted, hidden={*SECRET_NAMES, key})
    if message == "'data'":
        return f"the body is empty; it must hold {', '.join(fields_of(wanted))}"
    return explain(message, None, wanted)


def answer_full(_request: HttpRequest, error: StorageFull) -> Response[bytes]:
    """Answer that the disk takes nothing more; who met it first has said so in the log."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem = Problem(
        type="storage-full",
        status=status,
        detail=str(error),
        retry_after_ms=RETRY_AFTER_S * 1000,
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _busy(_request: HttpRequest, error: OperationalError) -> Response[bytes]:
    """Answer a locked or unreachable database: not the caller's fault, and worth another try."""
    structlog.get_logger().warning("database.unavailable", error=repr(error.orig))
    response = answer(503, "busy", "the database is busy; nothing was changed, try again")
    response.set_header("Retry-After", "2")
    return response


def _stopping(_request: HttpRequest, error: WriterStopped) -> Response[bytes]:
    """Answer while the server ends: its next start, or another process, will take the request."""
    response = answer(503, "stopping", str(error))
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
    WriterStopped: _stopping,
    StorageFull: answer_full,
    OperationalError: _busy,
    IntegrityError: _crossed,
    DataError: _unstorable,
    Exception: _unknown,
}
