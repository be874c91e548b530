"""Problems as pages: the same table as for programs (``server.problems``), in other clothes.

Whoever is not signed in is sent to sign in and back; an action of htmx gets a notice; everybody
else a page.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.response import Redirect, Template

from server import problems
from server.console.templates import page
from server.console.views import NoticeView, ProblemView
from server.problems import HttpRequest, Problem

HEADINGS: Final[Mapping[int, str]] = {
    400: "That could not be read",
    403: "Not for this account",
    404: "Not here",
    409: "That has changed meanwhile",
    413: "That is too large",
    429: "Too often",
    503: "Busy",
}
_NOT_SIGNED_IN: Final = 401
_CONFLICT: Final = 409

Handler = Callable[[HttpRequest, Any], Response[Any]]


def in_html(handler: Handler) -> Handler:
    """Dress the answer of a handler for a browser."""

    def dressed(request: HttpRequest, error: Exception) -> Response[Any]:
        plain = handler(request, error)
        problem = msgspec.json.decode(plain.content, type=Problem)
        if problem.status == _NOT_SIGNED_IN:
            return _to_sign_in(request)
        kept = {name: value for name, value in plain.headers.items() if name == "retry-after"}
        return _dressed(request, problem, kept)

    return dressed


def _dressed(request: HttpRequest, problem: Problem, headers: Mapping[str, str]) -> Template:
    heading = HEADINGS.get(problem.status, "Something went wrong on our side")
    detail = _sentence(problem)
    if request.headers.get("HX-Request"):
        return page(
            "console/_notice.html",
            NoticeView(heading=heading, detail=detail),
            status=problem.status,
            headers={**headers, "HX-Retarget": "#notice", "HX-Reswap": "innerHTML"},
        )
    view = ProblemView(status=problem.status, heading=heading, detail=detail)
    return page("console/problem.html", view, status=problem.status, headers=headers)


def _sentence(problem: Problem) -> str:
    """Make a sentence of what programs get as a phrase, and say what helps."""
    said = f"{problem.detail[:1].upper()}{problem.detail[1:]}".rstrip(".")
    hint = " Load the page again to see how it stands now." if problem.status == _CONFLICT else ""
    return f"{said}.{hint}"


def _to_sign_in(request: HttpRequest) -> Response[Any]:
    if request.headers.get("HX-Request"):
        return Response(b"", status_code=_NOT_SIGNED_IN, headers={"HX-Redirect": "/sign-in"})
    if request.method != "GET" or request.url.path == "/":
        return Redirect("/sign-in", status_code=303)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Redirect(f"/sign-in?then={quote(wanted, safe='')}", status_code=303)


PAGE_HANDLERS: Final[Mapping[Any, Handler]] = {
    error: in_html(handler) for error, handler in problems.HANDLERS.items()
}
