"""What a benchmark gives: figures, each beside its limit where it has one."""

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number, by the key under which it is written; ``most`` is the limit that it should keep.

    ``says`` explains it to whoever reads the table.
    """

    key: str
    value: float
    says: str
    most: float | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark as it is written for other programs."""

    bench: str
    figures: Mapping[str, float]


def as_record(name: str, figures: Iterable[Figure]) -> Record:
    """Put figures under their keys, each of which stands for one finite number."""
    told = tuple(figures)
    values = {figure.key: figure.value for figure in told}
    assert len(values) == len(told), f"{name} gives two figures under one key"
    assert all(math.isfinite(value) for value in values.values()), f"{name}: {values}"
    return Record(bench=name, figures=values)


def percentile(values: Sequence[float], percent: int) -> float:
    """Give the value that so many percent do not exceed; the nearest that was measured.

    >>> percentile([30, 10, 20, 40], 50), percentile([30, 10, 20, 40], 95), percentile([7], 50)
    (20, 40, 7)
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def as_table(name: str, figures: Iterable[Figure]) -> str:
    """Write figures for people."""
    lines = [name]
    for figure in figures:
        limit = "" if figure.most is None else f"of at most {figure.most:g}"
        value = f"{figure.value:.1f}" if abs(figure.value) >= 10 else f"{figure.value:.3g}"
        lines.append(f"  {figure.key:28} {value:>12}  {limit:16} {figure.says}".rstrip())
    return "\n".join(lines)
