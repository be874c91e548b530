"""How the person likes the pages, what this tablet is, and whether one may drive off with it."""

import shutil
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest, Theme
from field_client.pages.languages import N_, NAMES, Language
from field_client.pages.wording import local_date, moment, size
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.earlier_photos import count_missing
from field_client.replica.memory import store_preference
from field_client.replica.queue import Waiting, count_waiting
from field_client.replica.state import Enrolment, find_enrolment
from field_client.session import APP_VERSION
from field_client.storage import Connection

_PIN_ENDS: Final[Mapping[str, str]] = {
    "saved": N_("The PIN is saved."),
    "PinTooWeak": N_("Take 6 characters or more that are not all alike or counted."),
    "PinNeedsEncryption": N_("A PIN would protect nothing here: this tablet is not encrypted."),
    "NoPin": N_("Type the new PIN."),
    "WrongPin": N_("That is not the PIN."),
}
_FREE_MIN = 1_000_000_000
"""Bytes: a day's photos and then some."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One of several values."""

    value: str
    text: str
    is_chosen: bool


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be in order before one drives off."""

    text: str
    is_good: bool


class SettingsView(msgspec.Struct, frozen=True, kw_only=True):
    """``settings.html``."""

    technician: str
    server: str
    version: str
    languages: tuple[Option, ...]
    themes: tuple[Option, ...]
    positions: tuple[Option, ...]
    checks: tuple[Check, ...]
    is_ready: bool
    has_pin: bool
    pin_told: str
    """What became of a PIN that was just entered; empty where none was."""


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    waiting: Waiting
    enrolment: Enrolment | None
    cards: tuple[JobCard, ...]
    photos_missing: int


@get("/settings")
async def show_settings(
    desk: NamedDependency[Desk], pin: Annotated[str, QueryParameter(max_length=40)] = ""
) -> Response[str]:
    """Show the settings, and the check before leaving; ``pin`` says how changing it has ended."""
    found = await desk.agent.store.read(_find)
    free = shutil.disk_usage(desk.agent.home).free
    checks = tuple(checks_of(found, free, desk))
    view = SettingsView(
        technician="" if found.enrolment is None else found.enrolment.technician_name,
        server="" if found.enrolment is None else found.enrolment.server_url,
        version=APP_VERSION,
        languages=tuple(
            Option(value=code, text=name, is_chosen=code == desk.say.code)
            for code, name in NAMES.items()
        ),
        themes=tuple(
            Option(value=theme, text=text, is_chosen=theme is desk.looks.theme)
            for theme, text in _themes(desk.say)
        ),
        positions=tuple(
            Option(value=value, text=text, is_chosen=(value == "on") is desk.looks.notes_position)
            for value, text in _positions(desk.say)
        ),
        checks=checks,
        is_ready=all(check.is_good for check in checks),
        has_pin=desk.agent.keys_kept().needs_pin,
        pin_told=desk.say(_PIN_ENDS[pin]) if pin in _PIN_ENDS else "",
    )
    return await desk.page(
        "settings.html", view, title=desk.say("This tablet"), back="/", section="settings"
    )


def _find(db: Connection) -> _Found:
    enrolment = find_enrolment(db)
    return _Found(
        waiting=count_waiting(db),
        enrolment=enrolment,
        cards=() if enrolment is None else list_jobs(db),
        photos_missing=count_missing(db),
    )


def _themes(say: Language) -> tuple[tuple[Theme, str], ...]:
    return (
        (Theme.AUTO, say("Like the device")),
        (Theme.LIGHT, say("Sunlight")),
        (Theme.DARK, say("Dark")),
    )


def _positions(say: Language) -> tuple[tuple[str, str], ...]:
    return (("off", say("Do not note it")), ("on", say("Note it")))


def checks_of(found: _Found, free_bytes: int, desk: Desk) -> tuple[Check, ...]:
    """Check what one would miss on the road: today's jobs with photos, nothing unsent, room."""
    say, now, waiting = desk.say, desk.agent.now(), found.waiting
    zone = found.cards[0].zone if found.cards else "UTC"
    last, today = waiting.last_synced_at, local_date(now, zone)
    is_fresh = last is not None and local_date(last, zone) == today
    when = say("never") if last is None else moment(last, zone, say)
    count = sum(local_date(card.appointment.starts_at, zone) == today for card in found.cards)
    unsent = waiting.operations + waiting.blobs
    return (
        Check(text=say("Jobs are from today (%(when)s)", when=when), is_good=is_fresh),
        Check(
            text=say.count("%(num)s job for today", "%(num)s jobs for today", count), is_good=True
        ),
        Check(
            text=say("Nothing waits to be sent")
            if not unsent
            else say.count(
                "%(num)s item waits to be sent", "%(num)s items wait to be sent", unsent
            ),
            is_good=not unsent,
        ),
        Check(
            text=say("Photos of earlier visits are here")
            if not found.photos_missing
            else say.count(
                "%(num)s photo of earlier visits is not here yet",
                "%(num)s photos of earlier visits are not here yet",
                found.photos_missing,
            ),
            is_good=not found.photos_missing,
        ),
        Check(
            text=say("%(size)s free for photos", size=size(free_bytes, say)),
            is_good=free_bytes >= _FREE_MIN,
        ),
        Check(text=say("Sending is on"), is_good=not waiting.flight_mode),
    )


@post("/settings", status_code=303)
async def change_settings(desk: NamedDependency[Desk], request: PageRequest) -> Redirect:
    """Remember the person's choices; a value that is none is left out."""
    form = await read_form(request)
    possible = {"language": set(NAMES), "theme": set(Theme), "position": {"on", "off"}}
    for name, values in possible.items():
        if form.get(name) in values:
            await desk.agent.store.write(store_preference, name, form[name])
    if form.get("position") == "off":
        desk.agent.whereabouts.forget()
    return Redirect("/settings", status_code=303)
