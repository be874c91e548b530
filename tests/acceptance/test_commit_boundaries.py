"""The server is ended at every commit, before and after it, and what must happen once happens once.

An undisturbed run counts the commits. Ending is a marker here, so that every boundary can be had:
the writer commits nothing more, and what ran is torn down. ``test_killed_process`` does a few with
SIGKILL.
"""

import contextlib
import shutil
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import pytest

from server.acts import utc_now
from server.database import Store
from server.database.writer import Boundary, Side
from server.services import storage as services
from server.services.records import ServiceState
from tests.acceptance.scene import Scene, send
from tests.postgres import PostgresServer
from tests.server.factories import Clock
from tests.server.fulfilment.shift import ONCE, figures
from tests.server.olt import TownOlt
from tests.server.operator import GRACE, LEASE, Died, Mortality, Operator, Outside, opened, outside
from tests.server.tablets import SERIAL

FreshDatabase = Callable[[], contextlib.AbstractContextManager[str]]


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_database(request: pytest.FixtureRequest, scene: Scene, tmp_path: Path) -> FreshDatabase:
    """Give out copies of the database in which the job is done and not sent yet."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return lambda: server.database(scene.prepare)
    template = tmp_path / "template.db"
    scene.prepare(f"sqlite:///{template}")

    @contextlib.contextmanager
    def copied() -> Generator[str]:
        folder = tmp_path / "copy"
        folder.mkdir()
        yield f"sqlite:///{shutil.copy(template, folder / 'firstlight.db')}"
        shutil.rmtree(folder)

    return copied


@contextlib.asynccontextmanager
async def morning() -> AsyncGenerator[Outside]:
    clock = Clock(utc_now())
    async with outside(clock, TownOlt(clock)) as world:
        yield world


async def live(store: Store, world: Outside, scene: Scene, folder: Path) -> None:
    """Start, be sent the batch, and run until at rest."""
    worker = Operator(store, world)
    await worker.start()
    if await send(store, scene.tablet, folder) is None:
        raise Died("no answer came")
    await worker.settle()


async def live_twice(url: str, world: Outside, scene: Scene, at: Boundary, folder: Path) -> bool:
    """Die at a boundary and come back; say whether the boundary was there to die at."""
    mortality = Mortality(at)
    with opened(url, mortality) as store, contextlib.suppress(Died):
        await live(store, world, scene, folder)
    # On PostgreSQL another worker waits for the lease to end; a new server on SQLite does not.
    world.clock.advance((LEASE + GRACE).total_seconds() + 1)
    with opened(url) as store:
        await live(store, world, scene, folder)
        assert figures(store, world) == ONCE, at
        assert (world.olt.registered, world.olt.flows) == ([SERIAL], 1), at
        assert scene.placed is not None
        service = store.read_now(services.get, scene.placed.service_id)
        assert (service.state, service.ont_serial) == (ServiceState.ACTIVE, SERIAL), at
    return mortality.dead


async def test_at_every_commit_boundary_the_server_may_die(
    fresh_database: FreshDatabase, scene: Scene, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    undisturbed = Mortality()
    async with morning() as world:
        with fresh_database() as url, opened(url, undisturbed) as store:
            await live(store, world, scene, tmp_path)
            assert figures(store, world) == ONCE
            commits = store.commits

    assert len(undisturbed.seen) == 2 * commits
    # The database stands after a commit as before the next: both sides once are enough.
    sides = [Side.BEFORE] if "postgresql" in request.node.name else list(Side)
    for number in range(1, commits + 1):
        for side in sides:
            async with morning() as world:
                with fresh_database() as url:
                    died = await live_twice(url, world, scene, Boundary(number, side), tmp_path)
                    assert died, "the run is not the same each time"
