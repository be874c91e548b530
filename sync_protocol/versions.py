"""Which versions of the protocol are spoken: push longer than pull, so that no work is lost to age.

A tablet that is too old to pull still brings in what was done; one that is newer than the server
speaks the newest version that both know.
"""

from typing import Final

import msgspec


class VersionRange(msgspec.Struct, frozen=True, kw_only=True):
    """Versions from ``lowest`` to ``highest``, both included."""

    lowest: int
    highest: int

    def includes(self, version: int) -> bool:
        """Say whether a version is one of these."""
        return self.lowest <= version <= self.highest

    def newest_common(self, other: "VersionRange") -> int | None:
        """Find the newest version of both; None: they have none.

        >>> VersionRange(lowest=1, highest=3).newest_common(VersionRange(lowest=2, highest=9))
        3
        """
        newest = min(self.highest, other.highest)
        return newest if newest >= max(self.lowest, other.lowest) else None


PUSH_PROTOCOLS: Final = VersionRange(lowest=1, highest=2)
PULL_PROTOCOLS: Final = VersionRange(lowest=2, highest=2)
"""Version 1 knew no briefing, and jobs of one kind alone."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What a server speaks. Push reaches at least as far back as pull."""

    push: VersionRange = PUSH_PROTOCOLS
    pull: VersionRange = PULL_PROTOCOLS


SPOKEN: Final = Spoken()
"""What this version of the program speaks, on both sides."""
