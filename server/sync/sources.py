"""How often an address may ask for what needs no token: enrolment, challenges and tokens.

A bucket for each address, in the memory of one process: emptied by asking, filled by time. Many
tablets may share one address, so the bounds are generous; what they keep away is whoever guesses
codes, and a flood that would keep the one Writer busy.
"""

from collections import OrderedDict
from typing import Final

import msgspec

ADDRESSES_MAX: Final = 20_000


class Bucket(msgspec.Struct, frozen=True):
    """What is left of an address's tries, as of an instant."""

    left: float
    at_s: float


class SourceLimit:
    """So many tries at once, so many a second from then on; the oldest addresses are forgotten."""

    def __init__(self, *, at_once: int, per_s: float) -> None:
        self._at_once = at_once
        self._per_s = per_s
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def admit(self, address: str, *, now_s: float) -> float:
        """Count a try; answer 0, or how many seconds to wait: then it was not counted."""
        left = self._left(address, now_s)
        if left < 1:
            return (1 - left) / self._per_s
        self._keep(address, Bucket(left - 1, now_s))
        return 0

    def give_back(self, address: str, *, now_s: float) -> None:
        """Do not count a try that was right."""
        left = self._left(address, now_s) + 1
        self._keep(address, Bucket(min(left, self._at_once), now_s))

    def _left(self, address: str, now_s: float) -> float:
        known = self._buckets.get(address)
        if known is None:
            return self._at_once
        return min(self._at_once, known.left + (now_s - known.at_s) * self._per_s)

    def _keep(self, address: str, bucket: Bucket) -> None:
        self._buckets[address] = bucket
        self._buckets.move_to_end(address)
        while len(self._buckets) > ADDRESSES_MAX:
            self._buckets.popitem(last=False)
