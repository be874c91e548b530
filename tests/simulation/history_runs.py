"""Running histories: shared among processes, the first that breaks is told."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.histories import Broken, check

_CHUNK: int = 5_000


def live_histories(start: int, count: int, workers: int, say: Callable[[str], None]) -> int:
    """Live through histories; 1 when one of them broke."""
    began = time.perf_counter()
    chunks = [
        range(first, min(first + _CHUNK, start + count))
        for first in range(start, start + count, _CHUNK)
    ]
    operations = 0
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for told in pool.map(live_some, chunks):
            if isinstance(told, str):
                say(told)
                say("replay it: python3 dev.py sim --histories 1 --start SEED")
                pool.shutdown(cancel_futures=True)
                return 1
            operations += told
    took_s = time.perf_counter() - began
    say(
        f"{count} histories from seed {start}, {operations} operations, in {took_s:.1f} s "
        f"({count / took_s:.0f} per second): none failed"
    )
    return 0


def live_some(seeds: range) -> int | str:
    """Live through some; the number of their operations, or what is broken."""
    try:
        return sum(map(check, seeds))
    except Broken as broken:
        return str(broken)
