"""Answering with a screen of a visit: the frame of a step around what the step itself shows."""

import msgspec
from litestar import Response

from field_client.pages.frame import Desk
from field_client.pages.job_head import JobHead, job_head
from field_client.pages.visit.position import position_url
from field_client.pages.visit.strip import NAMES, Strip, strip_of
from field_client.replica.views import JobView
from field_client.visit import Step, is_open


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a visit. ``visit/screen.html`` includes ``template`` with ``content``."""

    head: JobHead
    strip: Strip
    name: str
    template: str
    content: msgspec.Struct
    position_url: str
    """Where to tell the tablet's position; empty where none is to be asked for."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a screen that an entry has changed, and the strip with it. ``visit/_part.html``."""

    strip: Strip
    template: str
    content: msgspec.Struct


async def answer_screen(
    desk: Desk, view: JobView, step: Step, content: msgspec.Struct
) -> Response[str]:
    """Answer with the whole screen."""
    name = desk.say(NAMES[step])
    screen = Screen(
        head=job_head(view, desk.say),
        strip=strip_of(view, step, desk.say),
        name=name,
        template=f"visit/{step}.html",
        content=content,
        position_url=position_url(view, is_wanted=desk.looks.notes_position and is_open(view)),
    )
    return await desk.page(
        "visit/screen.html",
        screen,
        title=f"{view.card.number} · {name}",
        back=f"/jobs/{view.card.id}",
        section="jobs",
    )


def answer_part(
    desk: Desk, view: JobView, step: Step, template: str, content: msgspec.Struct
) -> Response[str]:
    """Answer an entry with what it changed."""
    part = Part(strip=strip_of(view, step, desk.say), template=f"visit/{template}", content=content)
    return desk.fragment("visit/_part.html", part)
