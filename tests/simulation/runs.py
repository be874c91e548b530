"""Running seeds: a folder in memory, one world after the other, and what they came to together."""

import functools
import gc
import multiprocessing.util
import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from tests.simulation.mutation import Mutation
from tests.simulation.told import Told
from tests.simulation.town import Town, found_town
from tests.simulation.world import World

TWICE_EVERY: Final = 20
"""One seed in so many is lived through twice, and must leave the same trace."""
_MEMORY: Final = Path("/dev/shm")


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that broke a promise."""

    seed: int
    reason: str
    trace: tuple[str, ...]


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Where worlds are lived through, one at a time."""

    town: Town
    folder: Path


@contextmanager
def open_ground() -> Generator[Ground]:
    """Found the town that all worlds begin with, in memory where the machine offers that."""
    home = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="firstlight-sim-", dir=home) as name:
        folder = Path(name)
        ground = Ground(town=found_town(folder), folder=folder / "world")
        # What is there by now stays: each full collection would walk over all of it again.
        gc.collect()
        gc.freeze()
        try:
            yield ground
        finally:
            gc.unfreeze()


def live(
    ground: Ground, seed: int, *, tablets: int | None = None, mutation: Mutation | None = None
) -> Told | Failed:
    """Live through one seed; whatever goes wrong in it is told with its trace."""
    shutil.rmtree(ground.folder, ignore_errors=True)
    ground.folder.mkdir()
    world = World(seed, ground.town, ground.folder, tablets=tablets, mutation=mutation)
    try:
        return world.run()
    except Exception as error:  # noqa: BLE001  a world that ends in any error has failed
        reason = f"{type(error).__name__}: {error}"
        return Failed(seed=seed, reason=reason, trace=tuple(world.trace.lines))
    finally:
        world.close()


def live_all(ground: Ground, seeds: Iterable[int]) -> Generator[Told | Failed]:
    """Live through seeds, some of them twice."""
    for seed in seeds:
        told = live(ground, seed)
        if isinstance(told, Told) and seed % TWICE_EVERY == 0:
            again = live(ground, seed)
            if not (isinstance(again, Told) and again.digest == told.digest):
                told = Failed(seed=seed, reason=f"first {told.digest}, then {again}", trace=())
        yield told


def live_somewhere(seeds: Iterable[int]) -> list[Told | Failed]:
    """Live through seeds on the ground of this process, which is one beside others."""
    return list(live_all(_own_ground(), seeds))


@functools.cache
def _own_ground() -> Ground:
    """Open a ground for as long as this process lives: what is compiled for it is kept."""
    stack = ExitStack()
    # Such a process ends without running what is left to atexit.
    multiprocessing.util.Finalize(None, stack.close, exitpriority=1)
    return stack.enter_context(open_ground())
