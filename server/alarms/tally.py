"""Counting what comes again and again, and telling of each kind once."""

from collections import Counter
from typing import Final

import structlog

KINDS_MAX: Final = 256
"""Kinds are named by what strangers send; more than these are one."""
_MORE: Final = "others"


class Tally:
    """How often each kind came; the first of a kind is logged, those after it are not."""

    def __init__(self, event: str) -> None:
        self._event = event
        self.counts: Counter[str] = Counter()

    def count(self, kind: str, **told: str) -> None:
        """Count one; ``told`` is logged beside the first of its kind."""
        if kind not in self.counts and len(self.counts) >= KINDS_MAX:
            kind = _MORE
        self.counts[kind] += 1
        if self.counts[kind] == 1:
            structlog.get_logger().info(self._event, kind=kind, **told)
