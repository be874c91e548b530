"""The lock page, which is all there is while the tablet is locked or wiped, and the PIN itself."""

from http import HTTPStatus

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from field_client.agent import Agent
from field_client.pages.forms import read_form
from field_client.pages.frame import Looks, PageRequest, Theme, looks_found
from field_client.pages.languages import Language
from field_client.pages.templates import html, render
from field_client.pages.wording import moment
from field_client.safety.pins import PinTooWeak, TooSoon, WrongPin
from field_client.safety.vault import Locked, NoPin, PinNeedsEncryption, Vault
from field_client.safety.wiping import Wiped, WipeReason


class LockView(msgspec.Struct, frozen=True, kw_only=True):
    """``lock.html``; on a wiped tablet there is no PIN to ask for."""

    theme: Theme
    heading: str
    lines: tuple[str, ...]
    asks_pin: bool
    complaint: str


@get("/lock", sync_to_thread=False)
def show_lock(vault: NamedDependency[Vault], request: PageRequest) -> Response[str]:
    """Ask for the PIN, or tell of the wipe; an open tablet needs neither."""
    looks, state = looks_found(request), vault.state
    if isinstance(state, Wiped):
        return _page(wiped_view(state, looks), looks, HTTPStatus.GONE)
    if isinstance(state, Locked):
        return _page(locked_view(state, looks), looks, HTTPStatus.OK)
    return Redirect("/", status_code=303)


@post("/lock", status_code=303)
async def unlock(vault: NamedDependency[Vault], request: PageRequest) -> Response[str]:
    """Open with the PIN; a wrong one is told with how many tries are left."""
    looks = looks_found(request)
    ended = await vault.unlock((await read_form(request)).get("pin", "")[:200])
    if isinstance(ended, Agent):
        return Redirect("/", status_code=303)
    if isinstance(ended, Wiped):
        return _page(wiped_view(ended, looks), looks, HTTPStatus.GONE)
    state = vault.state
    if not isinstance(state, Locked):
        return Redirect("/lock", status_code=303)
    return _page(locked_view(state, looks, refusal(ended, looks.say)), looks, HTTPStatus.FORBIDDEN)


@post("/lock/now", status_code=303)
async def lock_now(vault: NamedDependency[Vault]) -> Redirect:
    """Lock at once.

    Raises:
        NoPin: set one first.
    """
    vault.lock()
    return Redirect("/lock", status_code=303)


@post("/lock/start-over", status_code=303)
async def start_over(vault: NamedDependency[Vault]) -> Redirect:
    """Begin as a new tablet after a wipe; does nothing where none was."""
    await vault.start_over()
    return Redirect("/enrol", status_code=303)


@post("/lock/pin", status_code=303)
async def change_pin(vault: NamedDependency[Vault], request: PageRequest) -> Response[str]:
    """Set, change or, with an empty new one, remove the PIN."""
    form, looks = await read_form(request), looks_found(request)
    current, new = form.get("current", "")[:200], form.get("pin", "")[:200]
    try:
        ended = await (vault.set_pin(new, current) if new else vault.remove_pin(current))
    except (PinTooWeak, PinNeedsEncryption, NoPin) as error:
        return Redirect(f"/settings?pin={type(error).__name__}", status_code=303)
    if isinstance(ended, WrongPin | TooSoon):
        return Redirect("/settings?pin=WrongPin", status_code=303)
    if isinstance(ended, Wiped):
        return _page(wiped_view(ended, looks), looks, HTTPStatus.GONE)
    return Redirect("/settings?pin=saved", status_code=303)


def locked_view(state: Locked, looks: Looks, wrong: str = "") -> LockView:
    """Make the view of a locked tablet."""
    say = looks.say
    tries = say.count(
        "After %(num)s more wrong PIN everything on this tablet is erased.",
        "After %(num)s more wrong PINs everything on this tablet is erased.",
        state.tries_left,
    )
    goes_on = say("What you saved is being sent all the same.")
    rests = say("Nothing is sent before the PIN was given once.")
    return LockView(
        theme=looks.theme,
        heading=say("This tablet is locked"),
        lines=(goes_on if state.is_started else rests, tries),
        asks_pin=True,
        complaint=wrong,
    )


def wiped_view(wiped: Wiped, looks: Looks) -> LockView:
    """Make the view of a tablet that was erased: by whom, when, and what was handed over."""
    say = looks.say
    why = (
        say("Too many wrong PINs were given.")
        if wiped.reason is WipeReason.WRONG_PINS
        else say("The office has withdrawn this tablet.")
    )
    return LockView(
        theme=looks.theme,
        heading=say("This tablet was erased"),
        lines=(why, moment(wiped.at, "UTC", say) + " UTC", *_handed_over(wiped, say)),
        asks_pin=False,
        complaint="",
    )


def _handed_over(wiped: Wiped, say: Language) -> tuple[str, ...]:
    if wiped.reason is WipeReason.WRONG_PINS:
        return (say("What had not been sent is lost."),)
    told = say(
        "%(entries)s entries and %(photos)s photos were handed over before.",
        entries=wiped.operations_handed_over,
        photos=wiped.photos_handed_over,
    )
    return (told,)


def refusal(ended: WrongPin | TooSoon, say: Language) -> str:
    """Say why the PIN did not open."""
    seconds = -(-ended.wait_ms // 1000)
    if isinstance(ended, TooSoon):
        return say.count(
            "Wait %(num)s more second, then try again.",
            "Wait %(num)s more seconds, then try again.",
            seconds,
        )
    return say("That is not the PIN.")


def _page(view: LockView, looks: Looks, status: HTTPStatus) -> Response[str]:
    return html(render(looks.say.code, "lock.html", view=view), status=status)
