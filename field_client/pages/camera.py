"""Frames of the live camera, as ``scanning.js`` sends them from the pages that scan."""

from collections.abc import Mapping

import msgspec

from field_client.looking import DROPPED
from field_client.pages.frame import Desk, PageRequest
from field_client.scanning import NotAnImage, ScanResult


class FrameRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was read on one frame: for each find, what to fill into which input of the form.

    One find is taken by the page, several are not. Nothing is recorded yet.
    """

    found: tuple[Mapping[str, str], ...]


async def read_frame_of(desk: Desk, request: PageRequest) -> ScanResult:
    """Look at the frame that is the body of a request; one that shows nothing is an answer."""
    try:
        return await desk.agent.scan_frame(await request.body())
    except NotAnImage:
        return DROPPED
