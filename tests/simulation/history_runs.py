"""Running histories: shared among processes, the first that breaks is told."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Final, NamedTuple

from sync_protocol.merge import decide
from tests.simulation.histories import Broken, Policy, check

_CHUNK: Final = 5_000
_TOLD_EVERY: Final = 100_000


def live_histories(start: int, count: int, workers: int, say: Callable[[str], None]) -> int:
    """Live through histories; 1 when one of them broke."""
    began = time.perf_counter()
    chunks = [
        range(first, min(first + _CHUNK, start + count))
        for first in range(start, start + count, _CHUNK)
    ]
    operations = 0
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for chunk, told in zip(chunks, pool.map(live_some, chunks), strict=True):
            if isinstance(told, Fallen):
                say(told.why)
                say(f"replay it: python3 dev.py sim --histories 1 --start {told.seed}")
                pool.shutdown(cancel_futures=True)
                return 1
            operations += told
            done = chunk.stop - start
            if done % _TOLD_EVERY == 0:
                say(f"{done} histories, {done / (time.perf_counter() - began):.0f} per second")
    took_s = time.perf_counter() - began
    say(
        f"{count} histories from seed {start}, {operations} operations, in {took_s:.1f} s "
        f"({count / took_s:.0f} per second): none failed"
    )
    return 0


class Fallen(NamedTuple):
    """A history that broke."""

    seed: int
    why: str


def live_some(seeds: range, policy: Policy = decide) -> int | Fallen:
    """Live through some; the number of their operations, or the first that broke."""
    operations = 0
    for seed in seeds:
        try:
            operations += check(seed, policy)
        except Broken as broken:
            return Fallen(seed, str(broken))
    return operations
