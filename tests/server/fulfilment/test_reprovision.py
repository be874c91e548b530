"""An OLT that no longer holds what the records say is brought back to it by an order."""

from uuid import UUID

import pytest

from activation.simulator import hands
from activation.simulator.faults import FaultKind
from activation.simulator.records import OntRow
from server.fulfilment.records import Intent, Process, ProcessState
from server.services.records import ServiceState
from tests.server.factories import LINE_PROFILE, SERVICE_PROFILE
from tests.server.fulfilment.running import active_onts, ids_kept, order, process_of, running
from tests.server.fulfilment.shift import ONCE, Shift
from tests.server.fulfilment.test_service_orders import stranger_moves_in
from tests.server.olt import OTHER_PORT
from tests.server.tablets import OTHER_SERIAL, SERIAL


async def reprovisioned(shift: Shift, service_id: UUID, number: str = "R-1") -> Process:
    order(shift, service_id, Intent.REPROVISION, number)
    await shift.worker.settle(within_s=60)
    return process_of(shift, Intent.REPROVISION)


def forget(shift: Shift) -> None:
    """Let the OLT lose all that was registered, as by a restart before it was saved."""
    olt = shift.world.olt
    for serial in olt.registered:
        hands.deregister(olt.exchange.olt, serial, shift.world.clock())
    olt.exchange.reread()
    assert (olt.registered, olt.flows) == ([], 0)


async def test_an_ont_that_its_olt_has_lost_is_registered_at_the_same_ids(shift: Shift) -> None:
    service_id = await running(shift)
    before = ids_kept(shift)
    forget(shift)

    process = await reprovisioned(shift, service_id)

    assert process.state is ProcessState.DONE
    assert (active_onts(shift), shift.world.olt.flows) == ({SERIAL: True}, 1)
    assert ids_kept(shift) == before
    assert shift.service(service_id).state is ServiceState.ACTIVE
    assert shift.figures() == ONCE | {"activations": 2}, "it is billed and told once"


async def test_an_ont_that_is_dark_is_registered_all_the_same(shift: Shift) -> None:
    service_id = await running(shift)
    forget(shift)
    shift.world.olt.unplug()

    assert (await reprovisioned(shift, service_id)).state is ProcessState.DONE

    assert shift.world.olt.registered == [SERIAL]


async def test_a_suspended_service_comes_back_dark(shift: Shift) -> None:
    service_id = await running(shift)
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")
    await shift.worker.settle()
    forget(shift)

    assert (await reprovisioned(shift, service_id)).state is ProcessState.DONE

    assert active_onts(shift) == {SERIAL: False}
    assert shift.service(service_id).state is ServiceState.SUSPENDED


async def test_what_somebody_switched_off_at_the_olt_is_switched_on(shift: Shift) -> None:
    service_id = await running(shift)
    olt = shift.world.olt.exchange.olt
    (registration,) = olt.registrations.values()
    index = olt.index_of(registration.row.port, registration.row.ont_id)
    olt.activate_ont(index, shift.world.clock(), active=False)
    shift.world.olt.exchange.reread()
    assert active_onts(shift) == {SERIAL: False}

    assert (await reprovisioned(shift, service_id)).state is ProcessState.DONE

    assert active_onts(shift) == {SERIAL: True}


async def test_a_lost_service_port_is_made_anew(shift: Shift) -> None:
    service_id = await running(shift)
    olt = shift.world.olt.exchange.olt
    (flow,) = olt.flows.values()
    olt.remove_flow(flow)
    shift.world.olt.exchange.reread()

    assert (await reprovisioned(shift, service_id)).state is ProcessState.DONE

    (again,) = olt.flows.values()
    assert again == flow


async def test_nothing_is_written_where_all_is_as_it_should_be(shift: Shift) -> None:
    service_id = await running(shift)
    sets = shift.world.olt.sets

    assert (await reprovisioned(shift, service_id)).state is ProcessState.DONE

    assert shift.world.olt.sets == sets


async def test_a_stranger_at_its_ids_stays_and_is_told(shift: Shift) -> None:
    service_id = await running(shift)
    stranger_moves_in(shift.world.olt)

    process = await reprovisioned(shift, service_id)

    assert (process.state, process.code) == (ProcessState.STUCK, "ONT_FOREIGN")
    assert shift.world.olt.registered == [OTHER_SERIAL]


async def test_an_ont_that_stands_elsewhere_on_the_olt_stays_and_is_told(shift: Shift) -> None:
    service_id = await running(shift)
    forget(shift)
    olt = shift.world.olt
    elsewhere = OntRow(
        port=OTHER_PORT,
        ont_id=9,
        serial=SERIAL,
        line_profile=LINE_PROFILE,
        service_profile=SERVICE_PROFILE,
    )
    hands.register(olt.exchange.olt, elsewhere, shift.world.clock())
    olt.exchange.reread()

    process = await reprovisioned(shift, service_id)

    assert (process.state, process.code) == (ProcessState.STUCK, "ONT_SERIAL_DUP")


@pytest.mark.parametrize("fault", [FaultKind.DROP_REPLY_AFTER_SET, FaultKind.BUSY])
async def test_a_lost_answer_or_a_busy_olt_changes_nothing_of_the_end(
    shift: Shift, fault: FaultKind
) -> None:
    service_id = await running(shift)
    forget(shift)
    shift.world.olt.fail(fault, count=2)

    assert (await reprovisioned(shift, service_id)).state is ProcessState.DONE

    assert (active_onts(shift), shift.world.olt.flows) == ({SERIAL: True}, 1)
