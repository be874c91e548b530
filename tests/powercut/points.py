"""Points of a recorded run: a place in its journal, a kind of cut, and a seed for what is torn."""

import multiprocessing
import random
import shutil
import tempfile
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from tests.powercut import journal, server_side, tablet_side
from tests.powercut.disk import Cut, Disk, write_out
from tests.powercut.findings import Findings, Recording
from tests.powercut.journal import Acked

SIDES: Final = {"server": server_side, "tablet": tablet_side}
_MEMORY: Final = Path("/dev/shm")
_ROOM_BYTES: Final = 200_000_000


class Point(msgspec.Struct, frozen=True, order=True):
    """After so many records of the journal the power is cut."""

    after: int
    cut: str
    seed: int


def choose(records: Sequence[journal.Record], count: int, seed: int) -> tuple[Point, ...]:
    """Choose points by chance, each kind of cut as often; none twice as long as there are others.

    Where only the client was told something the disk is as it was: the place is still a point, for
    one thing more must be there.
    """
    chance = random.Random(seed)  # noqa: S311  the same points again for the same seed
    chosen: list[Point] = []
    for number, cut in enumerate(Cut):
        share = count // len(Cut) + (number < count % len(Cut))
        while share > 0:
            places = list(range(1, len(records) + 1))
            chance.shuffle(places)
            # The places after an acknowledgement come first: there is the most to lose.
            places.sort(key=lambda place: not isinstance(records[place - 1], Acked))
            half = places[: share // 4]
            rest = places[share // 4 :]
            chance.shuffle(rest)
            taken = (half + rest)[:share]
            chosen += [Point(place, cut.name, chance.getrandbits(32)) for place in taken]
            share -= len(taken)
    return tuple(sorted(chosen))


def replay(recording: Recording, points: Sequence[Point]) -> dict[str, Findings]:
    """Cut and check at each point, in the order of the journal; the findings by kind of cut."""
    records, disk = journal.read(recording.journal), Disk(recording.base)
    check = SIDES[recording.side].Checker(recording)
    found = {cut.name: Findings() for cut in Cut}
    lived = 0
    with _workbench() as bench:
        for point in sorted(points):
            for record in records[lived : point.after]:
                disk.live(record)
            lived = max(lived, point.after)
            root = bench / "root"
            write_out(disk.cut(Cut[point.cut], point.seed), root)
            one = check(root, disk.acked)
            one.told = [f"after {point.after}, {point.cut}: {line}" for line in one.told]
            found[point.cut].add(one)
            shutil.rmtree(root)
    return found


def replay_shared(
    recording: Recording, points: Sequence[Point], workers: int
) -> dict[str, Findings]:
    """Share points among processes."""
    if workers == 1:
        return replay(recording, points)
    found = {cut.name: Findings() for cut in Cut}
    # In stretches: each process lives through the journal once, not once per point.
    shares = [points[number::workers] for number in range(workers)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for part in pool.map(partial(replay, recording), shares):
            for name, findings in part.items():
                found[name].add(findings)
    return found


@contextmanager
def _workbench() -> Generator[Path]:
    """Give a folder in memory, where there is room: what is checked needs no disk."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    with tempfile.TemporaryDirectory(dir=_MEMORY if has_room else None) as folder:
        yield Path(folder)
