"""Setting a tablet up: the office's address and its one-time code, scanned or typed."""

import re
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from field_client.agent import default_device_name
from field_client.pages.camera import FrameRead, read_frame_of
from field_client.pages.complaints import KNOWN, complaint
from field_client.pages.forms import read_file, read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.replica.state import find_enrolment
from field_client.scanning import NotAnImage

_CODE: Final = re.compile(r"[0-9A-Za-z]{4,8}(-[0-9A-Za-z]{4,8})+")
"""A code as the office makes it; a camera sees other codes, too, before it sees the right one."""


class EnrolView(msgspec.Struct, frozen=True, kw_only=True):
    """``enrol.html``."""

    server: str
    asks_server: bool
    code: str
    device_name: str
    frame_url: str
    complaint: str


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What the office's QR code says."""

    server: str | None
    code: str


def read_invitation(text: str) -> Invitation:
    """Read a code: bare, or in an address like ``https://field.example.net/enrol?code=…``.

    >>> read_invitation("https://field.example.net/enrol?code=ABCD-EFGH")
    Invitation(server='https://field.example.net', code='ABCD-EFGH')
    """
    parts = urlsplit(text.strip())
    codes = parse_qs(parts.query).get("code", [])
    if parts.scheme in {"http", "https"} and parts.netloc and codes:
        return Invitation(server=f"{parts.scheme}://{parts.netloc}", code=codes[0])
    return Invitation(server=None, code=text.strip())


@get("/enrol")
async def show_enrolment(desk: NamedDependency[Desk]) -> Response[str] | Redirect:
    """Ask for the code, unless the tablet is somebody's already."""
    if await desk.agent.store.read(find_enrolment) is not None:
        return Redirect("/", status_code=303)
    return await _ask(desk)


@post("/enrol", status_code=303)
async def enrol(desk: NamedDependency[Desk], request: PageRequest) -> Response[str] | Redirect:
    """Show the code to the office."""
    form = await read_form(request)
    invitation = read_invitation(form.get("code", ""))
    server = invitation.server or form.get("server", "").strip() or None
    name = form.get("device_name", "").strip()[:200] or default_device_name()
    try:
        await desk.agent.enrol(invitation.code, name, server_url=server)
    except KNOWN as error:
        asked = Invitation(server=server, code=invitation.code)
        return await _ask(desk, asked, device_name=name, wrong=complaint(error, desk.say))
    desk.agent.loop.note_enrolled()
    return Redirect("/", status_code=303)


@post("/enrol/photo", status_code=200)
async def read_code(desk: NamedDependency[Desk], request: PageRequest) -> Response[str]:
    """Read the office's QR code off a photo, and fill in what it says."""
    try:
        found = await desk.agent.read_codes(await read_file(request, "photo"))
    except NotAnImage as error:
        return await _ask(desk, wrong=complaint(error, desk.say))
    if not found.candidates:
        wrong = desk.say("No code was found on this photo. Take it again, or type the code.")
        return await _ask(desk, wrong=wrong)
    return await _ask(desk, read_invitation(found.candidates[0].text))


@post("/enrol/frame", status_code=200)
async def read_code_frame(desk: NamedDependency[Desk], request: PageRequest) -> FrameRead:
    """Read the office's QR code off a frame of the live camera; nobody is enrolled by it."""
    read = await read_frame_of(desk, request)
    invitations = (read_invitation(each.text) for each in read.candidates)
    return FrameRead(
        found=tuple(
            {"code": each.code, "server": each.server or ""}
            for each in invitations
            if each.server is not None or _CODE.fullmatch(each.code)
        )
    )


async def _ask(
    desk: Desk,
    known: Invitation | None = None,
    *,
    device_name: str | None = None,
    wrong: str = "",
) -> Response[str]:
    known = known or Invitation(server=None, code="")
    view = EnrolView(
        server=known.server or desk.agent.known_server or "",
        asks_server=desk.agent.known_server is None,
        code=known.code,
        device_name=device_name or default_device_name(),
        frame_url="/enrol/frame",
        complaint=wrong,
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return await desk.page("enrol.html", view, title=desk.say("Set up this tablet"), status=status)
