"""Swaps and disconnections by a technician, through to the OLT."""

import pytest

from activation.simulator.faults import FaultKind
from server.fulfilment.records import Intent, ProcessState
from server.orders import queries
from server.orders.records import OrderState
from server.services.records import ServiceState
from sync_protocol.documents import JobKind
from sync_protocol.operations import Photo, SerialScan, Signature
from tests.server.fulfilment.running import (
    active_onts,
    ids_kept,
    order,
    process_of,
    running,
    swap,
    visit,
)
from tests.server.fulfilment.shift import Shift
from tests.server.olt import plugged
from tests.server.tablets import OTHER_SERIAL, SERIAL, bodies

SECURED = (
    SerialScan(serial=SERIAL, raw_text=SERIAL, method="scan"),
    Photo(subject="drop_secured", sha256="a" * 64, size_bytes=5),
    Signature(signer_name="Erika", statement="It is off.", sha256="c" * 64, size_bytes=4),
)


@pytest.mark.parametrize("kind", [JobKind.SWAP, JobKind.REPAIR])
async def test_a_new_ont_takes_the_ids_of_the_old_one(shift: Shift, kind: JobKind) -> None:
    service_id = await running(shift)
    ((ont_id, service_port, _),) = ids_kept(shift)

    placed = swap(shift, OTHER_SERIAL, kind)
    await shift.worker.settle()

    service = shift.service(service_id)
    assert (service.state, service.ont_serial) == (ServiceState.ACTIVE, OTHER_SERIAL)
    assert ids_kept(shift) == [(ont_id, service_port, OTHER_SERIAL)]
    assert (shift.world.olt.registered, shift.world.olt.flows) == ([OTHER_SERIAL], 1)
    item = shift.store.read_now(queries.get_item, placed.order_item_id)
    assert item.state is OrderState.COMPLETED
    assert shift.figures()["invoice_lines"] == 1, "a swap is not charged like an install"


async def test_a_swap_is_settled_only_when_the_new_ont_is_up(shift: Shift) -> None:
    service_id = await running(shift)
    shift.world.olt.unplug()
    visit(shift, JobKind.SWAP, bodies(OTHER_SERIAL), "D07")

    await shift.worker.settle(within_s=300)

    assert process_of(shift, Intent.SWAP).state is ProcessState.HELD
    assert shift.service(service_id).ont_serial == SERIAL

    shift.world.olt.plug(plugged(OTHER_SERIAL))
    await shift.worker.settle()

    assert shift.service(service_id).ont_serial == OTHER_SERIAL


async def test_a_lost_answer_in_a_swap_ends_with_the_new_ont_alone(shift: Shift) -> None:
    service_id = await running(shift)
    shift.world.olt.fail(FaultKind.DROP_REPLY_AFTER_SET, count=1)

    swap(shift, OTHER_SERIAL)
    await shift.worker.settle()

    assert shift.service(service_id).ont_serial == OTHER_SERIAL
    assert (shift.world.olt.registered, shift.world.olt.flows) == ([OTHER_SERIAL], 1)


async def test_a_neighbours_ont_is_not_swapped_in(shift: Shift) -> None:
    service_id = await running(shift)
    shift.world.olt.plug(plugged(OTHER_SERIAL))
    shift.complete_job("O-2", house=2, serial=OTHER_SERIAL)
    await shift.worker.settle()

    visit(shift, JobKind.SWAP, bodies(OTHER_SERIAL), "D07")
    await shift.worker.settle()

    process = process_of(shift, Intent.SWAP)
    assert (process.state, process.code) == (ProcessState.STUCK, "ONT_SERIAL_DUP")
    assert shift.world.olt.registered == sorted((SERIAL, OTHER_SERIAL))
    assert shift.service(service_id).ont_serial == SERIAL


async def test_a_new_ont_of_a_suspended_service_stays_suspended(shift: Shift) -> None:
    service_id = await running(shift)
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="vacation")
    await shift.worker.settle()

    swap(shift, OTHER_SERIAL)
    await shift.worker.settle()

    service = shift.service(service_id)
    assert (service.state, service.ont_serial) == (ServiceState.SUSPENDED, OTHER_SERIAL)
    assert active_onts(shift) == {OTHER_SERIAL: False}


async def test_a_visit_waits_for_what_is_under_way(shift: Shift) -> None:
    service_id = await running(shift)
    shift.world.olt.fail(FaultKind.SILENT)
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="vacation")
    await shift.worker.settle(within_s=10)
    visit(shift, JobKind.DISCONNECT, SECURED, "D10")
    await shift.worker.settle(within_s=10)
    assert process_of(shift, Intent.DISCONNECT).code == "PROCESS_AHEAD"
    shift.world.olt.exchange.clear_faults()

    await shift.worker.settle()

    assert process_of(shift, Intent.SUSPEND).state is ProcessState.DONE
    assert shift.service(service_id).state is ServiceState.TERMINATED


@pytest.mark.parametrize(("code", "captured"), [("D10", SECURED), ("D11", SECURED[1:])])
async def test_a_disconnection_ends_the_service_with_or_without_the_ont(
    shift: Shift, code: str, captured: tuple[Photo | SerialScan | Signature, ...]
) -> None:
    service_id = await running(shift)

    visit(shift, JobKind.DISCONNECT, captured, code)
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.TERMINATED
    assert (shift.world.olt.registered, shift.world.olt.flows) == ([], 0)
    assert ids_kept(shift) == []
