"""The views of the page about the network."""

import msgspec

from server.console.views import Frame
from server.jobs.views import Chip


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of the plant."""

    title: str
    state: Chip
    where: str
    since: str
    affected: str
    dark: str
    services_url: str


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """One open alarm."""

    title: str
    severity: Chip
    where: str
    since: str
    detail: str
    service_url: str | None


class NetworkStateView(msgspec.Struct, frozen=True, kw_only=True):
    """What moves of the page. ``network/_state.html``."""

    open_faults: tuple[FaultView, ...]
    past_faults: tuple[FaultView, ...]
    alarms: tuple[AlarmView, ...]
    first_url: str | None
    next_url: str | None


class NetworkView(msgspec.Struct, frozen=True, kw_only=True):
    """``network/list.html``."""

    frame: Frame
    live_url: str
    moving: NetworkStateView
