"""The way in: a launch address, printed at the start, becomes the cookie of this browser."""

from typing import Annotated

from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from field_client.browser_door import COOKIE, BrowserDoor

_KEPT_S = 400 * 24 * 3600
"""As long as browsers keep a cookie at most: a tablet is not asked to open its own program anew."""


@get("/launch", sync_to_thread=True)
def launch(
    door: NamedDependency[BrowserDoor],
    code: Annotated[str, QueryParameter(max_length=200)] = "",
) -> Response[None]:
    """Take a launch code; one that is not good leads to the page that says how to come in."""
    secret = door.let_in(code)
    answer: Response[None] = Redirect("/", status_code=303)
    if secret is not None:
        answer.cookies.append(
            Cookie(
                key=COOKIE,
                value=secret,
                httponly=True,
                samesite="strict",
                max_age=_KEPT_S,
                path="/",
            )
        )
    return answer
