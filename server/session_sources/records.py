"""What a server that knows subscribers' sessions answers, and how it is asked."""

from datetime import datetime
from typing import Protocol

import msgspec


class Session(msgspec.Struct, frozen=True, kw_only=True, tag_field="found", tag="session"):
    """The newest open session under an identifier. Its address is a subscriber's: store it once."""

    identifier: str
    since: datetime
    """When it began; of a DHCP lease, when the client last asked for it or renewed it."""
    address: str | None


class NoSession(msgspec.Struct, frozen=True, kw_only=True, tag_field="found", tag="none"):
    """The source answered, and there is none."""

    identifier: str


class SourceUnavailable(msgspec.Struct, frozen=True, tag_field="found", tag="unavailable"):
    """Nobody knows: the source did not answer, or with something that cannot be read."""

    reason: str


Answer = Session | NoSession | SourceUnavailable


class SessionSource(Protocol):
    """A server that knows sessions. It is only ever read."""

    async def ask(self, identifier: str) -> Answer:
        """Look for an open session, within the time that the settings give; never raises."""
        ...

    async def close(self) -> None:
        """End its connections."""
        ...
