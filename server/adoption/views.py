"""The views of the page about drift."""

import msgspec

from server.console.views import Frame


class OltReadView(msgspec.Struct, frozen=True, kw_only=True):
    """When an OLT was read. ``network/drift.html``."""

    name: str
    url: str
    is_chosen: bool
    read: str
    ports: str
    drifts: str


class DriftView(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. ``network/drift.html``."""

    title: str
    where: str
    serial: str
    service: str
    detail: str
    since: str
    seen: str
    what_to_do: str


class DriftPageView(msgspec.Struct, frozen=True, kw_only=True):
    """``network/drift.html``."""

    frame: Frame
    olts: tuple[OltReadView, ...]
    drifts: tuple[DriftView, ...]
    next_url: str | None
