"""What stands around every page: the sync chip, the way back, the looks the person chose."""

import enum
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from litestar import Request, Response
from litestar.datastructures import State

from field_client.agent import Agent
from field_client.engine import Busy, EngineState, NoRoom, Obstacle, Synced
from field_client.pages.languages import N_, Language, choose
from field_client.pages.templates import html, render
from field_client.replica.memory import get_preferences
from field_client.replica.queue import Waiting, count_waiting
from field_client.session import SessionReport

PageRequest = Request[None, None, State]


class Theme(enum.StrEnum):
    """How the pages look; ``auto`` does as the device does."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """What of this tablet's work is where, in a few words. ``_chip.html``."""

    tone: str
    icon: str
    text: str
    detail: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What a template needs beside its view."""

    title: str
    back: str | None
    """The address of the way back; None on the first page."""
    theme: Theme
    chip: Chip
    section: str
    issues: int


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """How this person wants the pages."""

    say: Language
    theme: Theme = Theme.AUTO
    notes_position: bool = False
    """Whether entries may say where the tablet is; off until the person switches it on."""


class Desk:
    """What the handlers of pages work with: the agent, and how this request is to be answered."""

    def __init__(self, agent: Agent, looks: Looks, *, is_htmx: bool) -> None:
        self.agent = agent
        self.say = looks.say
        self.looks = looks
        self.is_htmx = is_htmx

    async def page(
        self,
        name: str,
        view: msgspec.Struct,
        *,
        title: str,
        back: str | None = None,
        section: str = "",
        status: int = 200,
    ) -> Response[str]:
        """Answer with a whole page."""
        waiting = await self.agent.store.read(count_waiting)
        frame = Frame(
            title=title,
            back=back,
            theme=self.looks.theme,
            chip=self.chip(waiting),
            section=section,
            issues=waiting.issues,
        )
        return html(render(self.say.code, name, frame=frame, view=view), status=status)

    def fragment(self, name: str, view: msgspec.Struct, *, status: int = 200) -> Response[str]:
        """Answer with a part of a page."""
        return html(render(self.say.code, name, view=view), status=status)

    def go(self, url: str) -> Response[bytes]:
        """Send the browser to another page; htmx would put that page into this one."""
        if self.is_htmx:
            return Response(b"", status_code=HTTPStatus.OK, headers={"HX-Redirect": url})
        return Response(b"", status_code=HTTPStatus.SEE_OTHER, headers={"Location": url})

    def chip(self, waiting: Waiting) -> Chip:
        """Say where this tablet's work is."""
        loop = self.agent.loop
        return chip_of(waiting, loop.state, loop.last_report, self.say)


async def provide_desk(request: PageRequest, agent: Agent) -> Desk:
    """Make the desk of one request."""
    preferences = await agent.store.read(get_preferences)
    looks = _looks(request, preferences)
    request.state[_LOOKS] = looks
    return Desk(agent, looks, is_htmx="HX-Request" in request.headers)


def looks_found(request: PageRequest) -> Looks:
    """Find out how a page is to look where something went wrong, maybe before anything was read."""
    found = request.state.get(_LOOKS)
    return found if isinstance(found, Looks) else _looks(request, {})


def _looks(request: PageRequest, preferences: Mapping[str, str]) -> Looks:
    """Choose language and theme: what the person set, else what the browser asks for."""
    return Looks(
        say=choose(preferences.get("language"), request.headers.get("Accept-Language", "")),
        theme=Theme(preferences.get("theme", Theme.AUTO)),
        notes_position=preferences.get("position") == "on",
    )


_LOOKS: Final = "looks"
_OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.NOT_ENROLLED: N_("Not set up yet"),
    Obstacle.DEVICE_REVOKED: N_("Blocked by the office"),
    Obstacle.UNKNOWN_DEVICE: N_("The office does not know this tablet"),
    Obstacle.UPGRADE_REQUIRED: N_("A newer version is needed"),
}


def chip_of(
    waiting: Waiting, engine: EngineState, report: SessionReport | None, say: Language
) -> Chip:
    """Decide what the chip says: the first of these that is so."""
    obstacle = None if engine.obstacle is None else engine.obstacle.obstacle
    if waiting.is_enrolled and obstacle is Obstacle.NOT_ENROLLED:
        obstacle = None  # that was before; the first session is just under way
    outcome = None if report is None else report.outcome
    rules = (
        (
            obstacle is not None,
            "attention",
            "alert",
            _OBSTACLES.get(obstacle or Obstacle.REFUSED, N_("Sending does not work")),
        ),
        (waiting.flight_mode, "waiting", "plane", N_("Sending is off")),
        (engine.is_syncing, "moving", "sync", N_("Sending")),
        (isinstance(outcome, NoRoom), "attention", "alert", N_("Storage is full")),
        (not isinstance(outcome, Synced | Busy), "waiting", "offline", N_("Offline")),
        (bool(waiting.operations or waiting.blobs), "moving", "sync", N_("Waiting")),
        (True, "good", "check", N_("All sent")),
    )
    tone, icon, text = next((tone, icon, text) for is_so, tone, icon, text in rules if is_so)
    return Chip(tone=tone, icon=icon, text=say(text), detail=waiting_words(waiting, say))


def waiting_words(waiting: Waiting, say: Language) -> str:
    """Count what is only on this tablet, in words; empty where nothing is."""
    parts: list[str] = []
    if waiting.operations:
        parts.append(say.count("%(num)s entry", "%(num)s entries", waiting.operations))
    if waiting.blobs:
        parts.append(say.count("%(num)s photo", "%(num)s photos", waiting.blobs))
    return ", ".join(parts)
