"""The views of the page about the network."""

import msgspec

from server.console.views import Frame
from server.jobs.views import Chip


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of the plant. ``network/list.html``."""

    title: str
    state: Chip
    where: str
    since: str
    affected: str
    dark: str
    services_url: str


class NetworkView(msgspec.Struct, frozen=True, kw_only=True):
    """``network/list.html``."""

    frame: Frame
    open_faults: tuple[FaultView, ...]
    past_faults: tuple[FaultView, ...]
