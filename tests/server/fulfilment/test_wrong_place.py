"""ONTs at the wrong place: a neighbour's label, a port that the plant had wrong."""

from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.database.tables.plant import pon_ports, splitters
from server.fulfilment import storage
from server.fulfilment.records import Process, ProcessState
from server.services.records import ServiceState
from tests.server.factories import change
from tests.server.fulfilment.shift import ONCE, Shift
from tests.server.olt import OTHER_PORT, plugged
from tests.server.tablets import SERIAL


def process_of(shift: Shift, job_id: UUID) -> Process:
    (process,) = shift.store.read_now(storage.list_of_job, job_id)
    return process


def rehome(shift: Shift) -> None:
    """Record that the splitter hangs on the other port."""
    other = uuid7()
    columns = [column for column in pon_ports.c if column.name not in {"id", "port", "external_id"}]
    copied = sa.select(
        sa.literal(other, sa.Uuid), sa.literal(1), sa.literal("PON-other"), *columns
    ).where(pon_ports.c.id == shift.town.pon_port)
    names = ["id", "port", "external_id", *(column.name for column in columns)]
    change(shift.store, sa.insert(pon_ports).from_select(names, copied))
    change(
        shift.store,
        sa.update(splitters).where(splitters.c.id == shift.town.splitter).values(pon_port_id=other),
    )


async def test_the_label_of_a_neighbours_ont_sticks_and_harms_nobody(shift: Shift) -> None:
    neighbour, _ = shift.complete_job("O-1", house=1)
    await shift.worker.settle()
    second, _ = shift.complete_job("O-2", house=2, serial=SERIAL)

    await shift.worker.settle()

    stuck = process_of(shift, second.job_id)
    assert (stuck.state, stuck.code) == (ProcessState.STUCK, "ONT_SERIAL_DUP")
    (attempt,) = (
        each
        for each in shift.store.read_now(storage.list_attempts, [stuck.id])
        if each.code == "ONT_SERIAL_DUP"
    )
    assert str(neighbour.service_id) in attempt.detail["detail"]
    assert shift.service(neighbour.service_id).state is ServiceState.ACTIVE
    assert shift.figures() == ONCE


async def test_after_the_plant_is_corrected_the_ont_is_taken_to_its_real_port(
    shift: Shift,
) -> None:
    """The record said port 0; the house hangs on port 1, so the registered ONT stays dark."""
    shift.world.olt.unplug(SERIAL)
    shift.world.olt.plug(plugged(SERIAL, come_up_s=100_000))
    placed, _ = shift.complete_job()
    await shift.worker.settle(within_s=200)
    assert process_of(shift, placed.job_id).state is ProcessState.HELD
    shift.world.olt.unplug(SERIAL)
    shift.world.olt.plug(plugged(SERIAL, port=OTHER_PORT))
    rehome(shift)

    await shift.worker.settle(within_s=200)

    assert process_of(shift, placed.job_id).state is ProcessState.DONE
    assert shift.world.olt.registered == [SERIAL]
    assert shift.service(placed.service_id).state is ServiceState.ACTIVE
