"""A server that dies at any commit while a running service is changed, and comes back."""

import contextlib
import shutil
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from activation.simulator import hands
from activation.simulator.faults import FaultKind
from server.database import schema_versions
from server.database.writer import Boundary, Side
from server.fulfilment.records import Intent
from server.services.records import ServiceState
from tests.server.factories import TRAFFIC_OUT, Clock, Town, found_town
from tests.server.fulfilment.running import (
    active_onts,
    add_product,
    ids_kept,
    order,
    running,
    swap,
)
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


class End(NamedTuple):
    """How a change has ended, outside and inside."""

    state: ServiceState
    serial: str | None
    is_changed: bool
    registered: list[tuple[str, bool]]
    ids: list[tuple[int, int, str]]
    flows: list[tuple[int, str]]
    counts: dict[str, int]


class Life(NamedTuple):
    """What happens meanwhile: where the server dies, and whether a write's answer is lost."""

    dies_at: int | None = None
    side: Side = Side.BEFORE
    reply_lost: bool = False


PREPARED = {Intent.RESUME: Intent.SUSPEND}
"""What must have been ordered before."""


async def _live(url: str, intent: Intent, life: Life) -> tuple[End, bool]:
    """Live through a change; answer how it ended, and whether the server died meanwhile."""
    clock, mortality = Clock(), Mortality()
    async with outside(clock, TownOlt(clock)) as world:
        with opened(url, mortality) as store:
            town = found_town(store)
            add_endpoint(store)
            shift = Shift(store=store, town=town, world=world, worker=Operator(store, world))
            service_id = await running(shift)
            add_product(shift, "FIBER-UP", traffic_in=TRAFFIC_OUT, price_minor=4900)
            if (before := PREPARED.get(intent)) is not None:
                order(shift, service_id, before, "B-1", reason="fraud")
                await shift.worker.settle()
            _begin(shift, service_id, intent)
            if life.reply_lost:
                world.olt.fail(FaultKind.DROP_REPLY_AFTER_SET, count=1)
            if life.dies_at is not None:
                mortality.at = Boundary(store.commits + life.dies_at, life.side)
            with contextlib.suppress(Died):
                await shift.worker.settle()
        clock.advance((LEASE + GRACE).total_seconds() + 1)
        with opened(url) as store:
            worker = Operator(store, world)
            await worker.start()
            await worker.settle()
            back = Shift(store=store, town=town, world=world, worker=worker)
            return _end(back, service_id, town), mortality.dead


def _begin(shift: Shift, service_id: UUID, intent: Intent) -> None:
    match intent:
        case Intent.SWAP:
            swap(shift, OTHER_SERIAL)
        case Intent.CHANGE:
            order(shift, service_id, intent, "X-1", product="FIBER-UP")
        case Intent.REPROVISION:
            olt = shift.world.olt
            hands.deregister(olt.exchange.olt, SERIAL, shift.world.clock())
            olt.exchange.reread()
            order(shift, service_id, intent, "X-1")
        case Intent.DISCONNECT:
            order(shift, service_id, intent, "X-1")
        case _:
            order(shift, service_id, intent, "X-1", reason="fraud")


def _end(shift: Shift, service_id: UUID, town: Town) -> End:
    service, olt = shift.service(service_id), shift.world.olt.exchange.olt
    counts = shift.figures()
    del counts["activations"]  # what was lost half-way is made once more; what stands is compared
    return End(
        state=service.state,
        serial=service.ont_serial,
        is_changed=service.product_id != town.product,
        registered=sorted(active_onts(shift).items()),
        ids=ids_kept(shift),
        flows=sorted((flow.ont_id, flow.inbound_table) for flow in olt.flows.values()),
        counts=counts,
    )


@pytest.mark.parametrize("reply_lost", [False, True], ids=["answered", "answer lost"])
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    "intent",
    [
        Intent.SUSPEND,
        Intent.RESUME,
        Intent.CHANGE,
        Intent.SWAP,
        Intent.REPROVISION,
        Intent.DISCONNECT,
    ],
)
async def test_at_every_commit_of_a_change_the_server_may_die(
    tmp_path: Path,
    intent: Intent,
    side: Side,
    reply_lost: bool,  # noqa: FBT001  a case of a table
) -> None:
    schema_versions.upgrade(f"sqlite:///{tmp_path}/empty.db")

    async def live(life: Life) -> tuple[End, bool]:
        copy = shutil.copy(tmp_path / "empty.db", tmp_path / f"{life.dies_at}.db")
        return await _live(f"sqlite:///{copy}", intent, life)

    undisturbed, _ = await live(Life())
    number, died = 0, True
    while died:
        number += 1
        end, died = await live(Life(dies_at=number, side=side, reply_lost=reply_lost))
        assert end == undisturbed, f"{side} commit {number}"

    assert number > 2, "there is more than one commit to die at"
