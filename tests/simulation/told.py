"""What a world came to."""

from collections import Counter

import msgspec


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a world came to."""

    seed: int
    digest: str
    rounds: int
    seen: Counter[str]
    """How often what happened; the sum over many seeds says what they have covered."""
