"""A server that dies at any commit while a running service is changed, and comes back."""

import contextlib
import shutil
from pathlib import Path

import pytest

from server.database import schema_versions
from server.database.writer import Boundary, Side
from server.fulfilment.records import Intent
from server.services.records import ServiceState
from tests.server.factories import Clock, found_town
from tests.server.fulfilment.running import ids_kept, order, running, swap
from tests.server.fulfilment.shift import Shift
from tests.server.olt import TownOlt
from tests.server.operator import (
    GRACE,
    LEASE,
    Died,
    Mortality,
    Operator,
    add_endpoint,
    opened,
    outside,
)
from tests.server.tablets import OTHER_SERIAL, SERIAL

ENDS: dict[Intent, tuple[ServiceState, str, list[str]]] = {
    Intent.SUSPEND: (ServiceState.SUSPENDED, SERIAL, [SERIAL]),
    Intent.SWAP: (ServiceState.ACTIVE, OTHER_SERIAL, [OTHER_SERIAL]),
    Intent.DISCONNECT: (ServiceState.TERMINATED, SERIAL, []),
}


async def _die_and_come_back(url: str, intent: Intent, number: int) -> bool:
    """Die before one commit of the change; say whether there was such a commit."""
    clock, mortality = Clock(), Mortality()
    async with outside(clock, TownOlt(clock)) as world:
        with opened(url, mortality) as store:
            town = found_town(store)
            add_endpoint(store)
            shift = Shift(store=store, town=town, world=world, worker=Operator(store, world))
            service_id = await running(shift)
            if intent is Intent.SWAP:
                swap(shift, OTHER_SERIAL)
            else:
                order(shift, service_id, intent, "X-1", reason="fraud")
            mortality.at = Boundary(store.commits + number, Side.BEFORE)
            with contextlib.suppress(Died):
                await shift.worker.settle()
        clock.advance((LEASE + GRACE).total_seconds() + 1)
        with opened(url) as store:
            worker = Operator(store, world)
            await worker.start()
            await worker.settle()
            back = Shift(store=store, town=town, world=world, worker=worker)
            service = back.service(service_id)
            state, serial, registered = ENDS[intent]
            assert (service.state, service.ont_serial) == (state, serial)
            assert world.olt.registered == registered
            assert world.olt.flows == len(registered) == len(ids_kept(back))
    return mortality.dead


@pytest.mark.parametrize("intent", ENDS)
async def test_at_every_commit_of_a_change_the_server_may_die(
    tmp_path: Path, intent: Intent
) -> None:
    number, died = 0, True
    schema_versions.upgrade(f"sqlite:///{tmp_path}/empty.db")
    while died:
        number += 1
        copy = shutil.copy(tmp_path / "empty.db", tmp_path / f"{number}.db")
        died = await _die_and_come_back(f"sqlite:///{copy}", intent, number)

    assert number > 2, "there is more than one commit to die at"
