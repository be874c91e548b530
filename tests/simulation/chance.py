"""Everything that is left to chance in a world, drawn from its seed and from nothing else."""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


class Chance:
    """One stream of chance. Each part of a world has its own, so that none shifts another's."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = random.Random(f"{seed}/{name}")  # noqa: S311  a simulation, not a secret

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def share(self) -> float:
        return self._random.random()

    def between(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def pick(self, items: Sequence[T]) -> T:
        return self._random.choice(items)

    def new_id(self) -> UUID:
        return UUID(int=self._random.getrandbits(128))

    def octets(self, count: int) -> bytes:
        return self._random.randbytes(count)


class Trace:
    """What happened in a world, in order; two runs of a seed leave the same."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._hash = hashlib.sha256()

    def note(self, line: str) -> None:
        self.lines.append(line)
        self._hash.update(line.encode() + b"\n")

    def digest(self) -> str:
        return self._hash.hexdigest()[:16]
