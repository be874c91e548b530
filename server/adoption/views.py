"""The views of the page about drift."""

import msgspec

from server.console.views import Frame
from server.jobs.views import Chip


class OltReadView(msgspec.Struct, frozen=True, kw_only=True):
    """When an OLT was read. ``network/drift.html``."""

    name: str
    url: str
    is_chosen: bool
    read: str
    ports: str
    drifts: str


class ProcessSinceView(msgspec.Struct, frozen=True, kw_only=True):
    """What is or was done about a difference since it was seen. ``network/drift.html``."""

    url: str
    what: str
    state: Chip


class RepairView(msgspec.Struct, frozen=True, kw_only=True):
    """The order to set an OLT right. ``network/drift.html``."""

    csrf_token: str
    olt: str
    label: str
    explained: str


class DriftView(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. ``network/drift.html``."""

    title: str
    where: str
    serial: str
    service_url: str | None
    detail: str
    since: str
    seen: str
    what_to_do: str
    process: ProcessSinceView | None


class DriftPageView(msgspec.Struct, frozen=True, kw_only=True):
    """``network/drift.html``."""

    frame: Frame
    olts: tuple[OltReadView, ...]
    drifts: tuple[DriftView, ...]
    next_url: str | None
    repair: RepairView | None
    """None: the chosen OLT has lost nothing, or the reader may not order it."""
