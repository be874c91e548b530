"""The pages at the door: signing in and out."""

from typing import Annotated, Final

from litestar import Controller, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from server.acts import act_of
from server.console.templates import page
from server.database import Store
from server.people import commands, doors
from server.people.doors import HttpRequest
from server.people.records import Role, SignedIn
from server.people.sign_in import Admitted, Attempt, Refused, SignInDesk
from server.people.views import SignInView
from server.settings import Settings

HOME: Final = "/jobs"
_TOO_OFTEN: Final = 429
_NOT_ADMITTED: Final = 401

SettingsDependency = NamedDependency[Settings]


class SignInForm(Struct, frozen=True, kw_only=True):
    """What the sign-in page sends; ``then`` is where the person wanted to go."""

    email: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=1000)]
    then: Annotated[str, Meta(max_length=500)] = HOME

    def __repr__(self) -> str:
        return "SignInForm(***)"


class SignInPages(Controller):
    """The door of the console."""

    @get("/sign-in", sync_to_thread=False)
    def show_form(self, settings: SettingsDependency, then: FromQuery[str] = HOME) -> Template:
        """Show the form."""
        return page("people/sign_in.html", _view(settings, then=then))

    @post("/sign-in", guards=[doors.require_same_origin])
    async def sign_in(
        self,
        request: HttpRequest,
        settings: SettingsDependency,
        desk: NamedDependency[SignInDesk],
        data: URLEncodedBody[SignInForm],
    ) -> Redirect | Template:
        """Let somebody in, or say why not."""
        attempt = Attempt(
            email=data.email,
            password=data.password,
            address=request.client.host if request.client else "",
            old_secret=request.cookies.get(doors.session_cookie(settings)),
        )
        match await desk.sign_in(attempt):
            case Admitted(secret=secret):
                return Redirect(
                    local_path(data.then), status_code=303, cookies=[_cookie(settings, secret)]
                )
            case Refused() as refused:
                return _refusal(settings, data, refused)

    @post("/sign-out", guards=[doors.require_role(*Role)])
    async def sign_out(
        self,
        settings: SettingsDependency,
        store: NamedDependency[Store],
        signed_in: NamedDependency[SignedIn],
    ) -> Redirect:
        """End this browser's session."""
        act = act_of(signed_in.actor)
        await store.write(commands.end_session, signed_in.secret_hash, act=act)
        return Redirect("/sign-in", status_code=303, cookies=[_cookie(settings, None)])


def local_path(wanted: str) -> str:
    """Keep a path of this console; anything that leads elsewhere becomes the first page.

    >>> local_path("/jobs?state=working"), local_path("//evil.example"), local_path("https://x.y/")
    ('/jobs?state=working', '/jobs', '/jobs')
    """
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_local and wanted.isprintable() else HOME


def _cookie(settings: Settings, secret: str | None) -> Cookie:
    """Make the cookie that holds a session's secret, or the one that removes it."""
    return Cookie(
        key=doors.session_cookie(settings),
        value=secret or "",
        max_age=settings.session_hours * 3600 if secret else 0,
        path="/",
        httponly=True,
        secure=settings.secure_cookies,
        samesite="strict",
    )


def _refusal(settings: Settings, form: SignInForm, refused: Refused) -> Template:
    view = _view(settings, then=form.then, email=form.email, problem=refused.sentence)
    if refused.wait_s:
        headers = {"Retry-After": str(refused.wait_s)}
        return page("people/sign_in.html", view, status=_TOO_OFTEN, headers=headers)
    return page("people/sign_in.html", view, status=_NOT_ADMITTED)


def _view(
    settings: Settings, *, then: str, email: str = "", problem: str | None = None
) -> SignInView:
    return SignInView(
        operator=settings.operator_name, email=email, then=local_path(then), problem=problem
    )
