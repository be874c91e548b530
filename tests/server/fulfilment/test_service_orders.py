"""Orders about a running service that need no visit, through to the OLT."""

import pytest

from activation.simulator.faults import FaultKind
from server.database.tables.fulfilment import processes
from server.database.tables.offers import orders
from server.fulfilment.records import Intent, ProcessState
from server.orders.records import OrderState
from server.problems import Conflicting, WrongInput
from server.services.records import ServiceState
from tests.server.factories import count, place_order
from tests.server.fulfilment.running import (
    active_onts,
    add_product,
    ids_kept,
    order,
    process_of,
    running,
)
from tests.server.fulfilment.shift import Shift
from tests.server.olt import TownOlt, plugged
from tests.server.tablets import OTHER_SERIAL, SERIAL


async def test_a_suspended_service_is_taken_off_the_olt_and_given_back(shift: Shift) -> None:
    service_id = await running(shift)

    order(shift, service_id, Intent.SUSPEND, "S-1", reason="non_payment")
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.SUSPENDED
    assert active_onts(shift) == {SERIAL: False}

    order(shift, service_id, Intent.RESUME, "S-2", reason="non_payment")
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.ACTIVE
    assert active_onts(shift) == {SERIAL: True}
    assert shift.figures()["activations"] == 1


async def test_an_ont_that_is_dark_is_suspended_all_the_same(shift: Shift) -> None:
    service_id = await running(shift)
    shift.world.olt.unplug()

    order(shift, service_id, Intent.SUSPEND, "S-1", reason="vacation")
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.SUSPENDED
    assert active_onts(shift) == {SERIAL: False}


async def test_a_service_runs_again_only_when_both_reasons_are_lifted(shift: Shift) -> None:
    service_id = await running(shift)
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="non_payment")
    await shift.worker.settle()

    second = order(shift, service_id, Intent.SUSPEND, "S-2", reason="vacation")
    assert (second.state, second.process_id) == (OrderState.COMPLETED, None)
    assert second.suspended_for == ("non_payment", "vacation")
    first_lifted = order(shift, service_id, Intent.RESUME, "S-3", reason="non_payment")
    await shift.worker.settle()

    assert first_lifted.suspended_for == ("vacation",)
    assert shift.service(service_id).state is ServiceState.SUSPENDED
    assert active_onts(shift) == {SERIAL: False}

    order(shift, service_id, Intent.RESUME, "S-4", reason="vacation")
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.ACTIVE


async def test_a_reason_that_does_not_hold_cannot_be_lifted(shift: Shift) -> None:
    service_id = await running(shift)
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")
    await shift.worker.settle()

    with pytest.raises(Conflicting, match="not suspended for vacation, but for: fraud"):
        order(shift, service_id, Intent.RESUME, "S-2", reason="vacation")


async def test_another_product_comes_to_the_olt_and_then_to_the_service(shift: Shift) -> None:
    service_id = await running(shift)
    wanted = add_product(shift, "FIBER-UP", traffic_in="DOWN-300", traffic_out="DOWN-300")
    before = ids_kept(shift)

    order(shift, service_id, Intent.CHANGE, "C-1", product="FIBER-UP")
    assert shift.service(service_id).product_id == shift.town.product
    await shift.worker.settle()

    assert shift.service(service_id).product_id == wanted
    (flow,) = shift.world.olt.exchange.olt.flows.values()
    assert (flow.inbound_table, flow.outbound_table) == ("DOWN-300", "DOWN-300")
    assert ids_kept(shift) == before


async def test_a_product_the_olt_does_not_know_leaves_the_service_as_it_was(shift: Shift) -> None:
    service_id = await running(shift)
    add_product(shift, "FIBER-X", traffic_in="NOWHERE")

    order(shift, service_id, Intent.CHANGE, "C-1", product="FIBER-X")
    await shift.worker.settle(within_s=60)

    assert process_of(shift, Intent.CHANGE).state is ProcessState.STUCK
    assert shift.service(service_id).product_id == shift.town.product
    (flow,) = shift.world.olt.exchange.olt.flows.values()
    assert (flow.inbound_table, flow.outbound_table) == ("UP-100", "DOWN-300")


@pytest.mark.parametrize(
    ("product", "said"),
    [("FIBER-300", "already"), ("FIBER-CHF", "priced in CHF"), ("NONE", "no product")],
)
async def test_a_product_that_cannot_be_had_is_refused_with_the_reason(
    shift: Shift, product: str, said: str
) -> None:
    service_id = await running(shift)
    add_product(shift, "FIBER-CHF", currency="CHF")

    with pytest.raises(WrongInput, match=said):
        order(shift, service_id, Intent.CHANGE, "C-1", product=product)

    assert count(shift.store, orders) == 1


async def test_a_disconnected_service_leaves_nothing_on_the_olt(shift: Shift) -> None:
    service_id = await running(shift)

    order(shift, service_id, Intent.DISCONNECT, "D-1", reason="moved_out")
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.TERMINATED
    assert (shift.world.olt.registered, shift.world.olt.flows) == ([], 0)
    assert ids_kept(shift) == []


async def test_a_strangers_ont_at_the_ids_is_never_removed(shift: Shift) -> None:
    service_id = await running(shift)
    stranger_moves_in(shift.world.olt)

    order(shift, service_id, Intent.DISCONNECT, "D-1", reason="moved_out")
    await shift.worker.settle()

    process = process_of(shift, Intent.DISCONNECT)
    assert (process.state, process.code) == (ProcessState.STUCK, "ONT_FOREIGN")
    assert shift.world.olt.registered == [OTHER_SERIAL]
    assert shift.service(service_id).state is ServiceState.ACTIVE


def stranger_moves_in(olt: TownOlt) -> None:
    """Put another ONT at the only ids that are taken, as somebody at a terminal would."""
    (registration,) = olt.exchange.olt.registrations.values()
    index = olt.exchange.olt.index_of(registration.row.port, registration.row.ont_id)
    row = type(registration.row)(
        port=registration.row.port,
        ont_id=registration.row.ont_id,
        serial=OTHER_SERIAL,
        line_profile=registration.row.line_profile,
        service_profile=registration.row.service_profile,
    )
    olt.plug(plugged(OTHER_SERIAL))
    olt.exchange.olt.remove_ont(index, olt.clock())
    olt.exchange.olt.add_ont(row, olt.clock())


async def test_the_same_order_again_is_answered_and_not_done_again(shift: Shift) -> None:
    service_id = await running(shift)
    first = order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")
    await shift.worker.settle()
    sets = shift.world.olt.sets

    again = order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")
    await shift.worker.settle()

    assert (again.order_id, again.process_id) == (first.order_id, first.process_id)
    assert (again.state, again.service_state) == (OrderState.COMPLETED, ServiceState.SUSPENDED)
    assert shift.world.olt.sets == sets
    assert count(shift.store, processes) == 2


async def test_a_number_stands_for_one_order_with_or_without_a_visit(shift: Shift) -> None:
    service_id = await running(shift)
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")

    with pytest.raises(Conflicting, match="placed before"):
        order(shift, service_id, Intent.SUSPEND, "S-1", reason="vacation")
    with pytest.raises(Conflicting, match="placed before"):
        order(shift, service_id, Intent.SUSPEND, "O-1", reason="fraud")
    with pytest.raises(Conflicting, match="placed before"):
        place_order(shift.store, "S-1", house=2)


async def test_an_order_beside_a_process_under_way_is_refused_and_names_it(shift: Shift) -> None:
    service_id = await running(shift)
    first = order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")

    with pytest.raises(Conflicting, match=str(first.process_id)):
        order(shift, service_id, Intent.DISCONNECT, "D-1", reason="fraud")


async def test_a_terminated_service_can_be_given_nothing_more(shift: Shift) -> None:
    service_id = await running(shift)
    order(shift, service_id, Intent.DISCONNECT, "D-1", reason="moved_out")
    await shift.worker.settle()

    with pytest.raises(Conflicting, match="the service is terminated"):
        order(shift, service_id, Intent.RESUME, "S-1", reason="fraud")


async def test_a_lost_answer_to_a_suspension_is_read_back(shift: Shift) -> None:
    service_id = await running(shift)
    sets = shift.world.olt.sets
    shift.world.olt.fail(FaultKind.DROP_REPLY_AFTER_SET, count=1)

    order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.SUSPENDED
    assert shift.world.olt.sets == sets + 1
