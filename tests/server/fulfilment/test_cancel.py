"""Calling a process off: what it made is taken back, and nothing else."""

import pytest
import sqlalchemy as sa

from activation.simulator.faults import FaultKind
from server.database.tables.fulfilment import processes
from server.database.tables.people import audit
from server.fulfilment import commands, reservations, runner
from server.fulfilment.records import Intent, Process, ProcessState
from server.orders import queries
from server.orders.records import OrderState
from server.problems import Conflicting
from server.services.records import ServiceState
from sync_protocol.documents import JobKind
from tests.server.factories import OFFICE, act, change, rows
from tests.server.fulfilment.running import (
    active_onts,
    add_product,
    ids_kept,
    order,
    process_of,
    running,
    visit,
)
from tests.server.fulfilment.shift import Shift
from tests.server.olt import plugged
from tests.server.tablets import OTHER_SERIAL, SERIAL, bodies


def cancel(shift: Shift, intent: Intent) -> Process:
    process = process_of(shift, intent)
    now = act(shift.world.clock(), actor=OFFICE)
    return shift.store.write_now(commands.cancel, process.id, act=now)


async def test_a_held_activation_is_taken_back_with_its_ids(shift: Shift) -> None:
    shift.world.olt.unplug()
    shift.world.olt.plug(plugged(come_up_s=10_000))
    placed, _ = shift.complete_job()
    await shift.worker.settle(within_s=300)
    assert (process_of(shift, Intent.ACTIVATE).state, shift.world.olt.registered) == (
        ProcessState.HELD,
        [SERIAL],
    )

    cancel(shift, Intent.ACTIVATE)
    await shift.worker.settle()

    assert process_of(shift, Intent.ACTIVATE).state is ProcessState.CANCELLED
    assert (shift.world.olt.registered, shift.world.olt.flows, ids_kept(shift)) == ([], 0, [])
    service = shift.service(placed.service_id)
    assert (service.state, service.completed_at) == (ServiceState.DESIGNED, None)
    item = shift.store.read_now(queries.get_item, placed.order_item_id)
    assert item.state is OrderState.CANCELLED


async def test_a_dark_swap_is_undone_at_the_same_ids(shift: Shift) -> None:
    service_id = await running(shift)
    before = ids_kept(shift)
    visit(shift, JobKind.SWAP, bodies(OTHER_SERIAL), "D07")
    await shift.worker.settle(within_s=300)
    assert shift.world.olt.registered == [OTHER_SERIAL]

    cancel(shift, Intent.SWAP)
    await shift.worker.settle()

    assert (shift.world.olt.registered, ids_kept(shift)) == ([SERIAL], before)
    assert shift.service(service_id).ont_serial == SERIAL
    exchanges = [row for row in rows(shift.store, audit) if row["action"] == "ont.exchanged"]
    noted = [row["detail"] for row in sorted(exchanges, key=lambda row: row["at"])]
    assert noted == [
        {"serial": OTHER_SERIAL, "code": None},
        {"serial": SERIAL, "code": reservations.OLD_ONT_REGISTERED},
    ]


@pytest.mark.parametrize(
    ("intent", "asked"),
    [
        (Intent.SUSPEND, {"reason": "fraud"}),
        (Intent.CHANGE, {"product": "FIBER-UP"}),
        (Intent.DISCONNECT, {"reason": "moved_out"}),
    ],
)
async def test_what_the_olt_has_already_is_given_back(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, intent: Intent, asked: dict[str, str]
) -> None:
    """It is called off between the write and its end, where it is stuck by a mistake of ours."""

    def mistaken(*_of: object, **_by: object) -> None:
        raise RuntimeError("settling fails")

    monkeypatch.setattr(runner, "settle", mistaken)
    service_id = await running(shift)
    add_product(shift, "FIBER-UP", traffic_in="DOWN-300", traffic_out="DOWN-300")
    order(shift, service_id, intent, "X-1", **asked)
    await shift.worker.settle()
    assert (process_of(shift, intent).step, process_of(shift, intent).code) == (
        "settle",
        "STEP_FAILED",
    )

    cancel(shift, intent)
    await shift.worker.settle()

    assert process_of(shift, intent).state is ProcessState.CANCELLED
    assert shift.service(service_id).state is ServiceState.ACTIVE
    assert active_onts(shift) == {SERIAL: True}
    (flow,) = shift.world.olt.exchange.olt.flows.values()
    assert (flow.inbound_table, flow.outbound_table) == ("UP-100", "DOWN-300")
    assert len(ids_kept(shift)) == 1


async def test_what_nobody_knows_the_end_of_is_not_called_off(shift: Shift) -> None:
    service_id = await running(shift)
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")
    change(
        shift.store,
        sa.update(processes)
        .where(processes.c.intent == "suspend")
        .values(state="waiting", code="OUTCOME_UNKNOWN"),
    )

    with pytest.raises(Conflicting, match="nobody knows"):
        cancel(shift, Intent.SUSPEND)


async def test_what_is_done_is_not_called_off(shift: Shift) -> None:
    await running(shift)

    with pytest.raises(Conflicting, match="is done"):
        cancel(shift, Intent.ACTIVATE)


async def test_calling_off_waits_for_a_silent_olt_and_keeps_the_ids(shift: Shift) -> None:
    service_id = await running(shift)
    visit(shift, JobKind.SWAP, bodies(OTHER_SERIAL), "D07")
    await shift.worker.settle(within_s=300)
    shift.world.olt.fail(FaultKind.SILENT)
    cancel(shift, Intent.SWAP)

    await shift.worker.settle(within_s=30)
    assert process_of(shift, Intent.SWAP).state is ProcessState.WAITING
    assert len(ids_kept(shift)) == 1
    shift.world.olt.exchange.clear_faults()
    await shift.worker.settle()

    assert process_of(shift, Intent.SWAP).state is ProcessState.CANCELLED
    assert shift.service(service_id).ont_serial == SERIAL
    assert cancel(shift, Intent.SWAP).state is ProcessState.CANCELLED


async def test_a_process_that_runs_right_now_is_not_called_off(shift: Shift) -> None:
    service_id = await running(shift)
    shift.world.olt.plug(plugged(OTHER_SERIAL))
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")
    await shift.worker.runner.take(1)

    with pytest.raises(Conflicting, match="repeat this in a moment"):
        cancel(shift, Intent.SUSPEND)
