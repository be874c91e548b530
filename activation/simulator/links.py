"""An ONT on its fiber, and the way between it and the OLT at an instant."""

from datetime import datetime

import msgspec

from activation.simulator.records import PluggedOnt


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The way between the OLT and one registered ONT at an instant."""

    ont: PluggedOnt | None = None
    """The ONT, if it is lit, on the port it is registered on, and activated."""
    up: bool = False
    readable: bool = False
    """The optics columns show light instead of the unreadable value."""

    @property
    def acceptable(self) -> bool:
        """Up, configured as planned, light readable: what a verification waits for."""
        return self.readable and self.ont is not None and self.ont.ends == "normal"


class Plugged(msgspec.Struct, frozen=True):
    """An ONT on a fiber, and since when light has reached it."""

    ont: PluggedOnt
    since: datetime
