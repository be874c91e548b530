"""Tokens that were looked up a moment ago, so that a tablet in use is not looked up each time.

Whoever is let in by it is asked for by the unit or query that follows: a device that was revoked
in between is refused there. In the memory of one process.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from server.sync.records import Device

TOKENS_MAX: Final = 20_000
REMEMBERED_S: Final = 60.0
"""So much longer than it says may a token be good for; they are good for hours."""


class _Seen(msgspec.Struct, frozen=True):
    device: Device
    until_s: float


class RecentTokens:
    """The devices behind tokens that were shown of late; the oldest are forgotten."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def find(self, key: str, *, now_s: float) -> Device | None:
        """Find the device behind the key of a token; None where it must be looked up."""
        seen = self._seen.get(key)
        return seen.device if seen is not None and now_s < seen.until_s else None

    def keep(self, key: str, device: Device, *, now_s: float) -> None:
        """Remember a token that was looked up just now."""
        self._seen[key] = _Seen(device, now_s + REMEMBERED_S)
        self._seen.move_to_end(key)
        while len(self._seen) > TOKENS_MAX:
            self._seen.popitem(last=False)
