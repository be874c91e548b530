from collections.abc import AsyncGenerator

import pytest

from server.database import Store
from tests.server.factories import Clock, Town, found_town
from tests.server.fulfilment.shift import Shift
from tests.server.olt import TownOlt
from tests.server.operator import Operator, add_endpoint, outside


@pytest.fixture
def town(store: Store) -> Town:
    return found_town(store)


@pytest.fixture
async def shift_on_postgres(postgres_store: Store) -> AsyncGenerator[Shift]:
    """The same where constraints can be dropped and several workers may race."""
    clock = Clock()
    town = found_town(postgres_store)
    add_endpoint(postgres_store)
    async with outside(clock, TownOlt(clock)) as world:
        yield Shift(
            store=postgres_store, town=town, world=world, worker=Operator(postgres_store, world)
        )


@pytest.fixture
async def shift(store: Store, town: Town) -> AsyncGenerator[Shift]:
    """A town, its OLT with one lit ONT, and a worker."""
    clock = Clock()
    add_endpoint(store)
    async with outside(clock, TownOlt(clock)) as world:
        yield Shift(store=store, town=town, world=world, worker=Operator(store, world))
