"""The technician's level and the network's: the network decides, a person sees a disagreement."""

import pytest

from server.fulfilment import queries
from server.fulfilment.records import ProcessState
from server.services.records import ServiceState
from tests.server.factories import assigned_job
from tests.server.fulfilment.shift import Shift
from tests.server.olt import plugged
from tests.server.tablets import SERIAL, bodies, enrolled, push


@pytest.mark.parametrize(("measured_cdbm", "items"), [(-1940, 0), (-3100, 1), (-2600, 1)])
async def test_a_failing_reading_with_sound_network_light_goes_live_and_is_shown(
    shift: Shift, measured_cdbm: int, items: int
) -> None:
    placed = assigned_job(shift.store, shift.town.ada)
    tablet = enrolled(shift.store, shift.town.ada)
    tablet.complete(placed.job_id, bodies(rx_power_cdbm=measured_cdbm))
    push(shift.store, tablet, now=shift.world.clock())

    await shift.worker.settle()

    assert shift.service(placed.service_id).state is ServiceState.ACTIVE
    inbox = shift.store.read_now(queries.of_job, placed.job_id).inbox
    assert [(item.kind, item.code) for item in inbox] == [
        ("light_disagrees", "LIGHT_READING_FAILS")
    ] * items
    for item in inbox:
        assert item.detail == {"measured_cdbm": measured_cdbm, "rx_power_cdbm": -1910}


async def test_sound_paper_does_not_make_failing_light_live(shift: Shift) -> None:
    shift.world.olt.unplug(SERIAL)
    ont = plugged(SERIAL)
    shift.world.olt.plug(type(ont)(serial=SERIAL, port=ont.port, come_up_s=5, ont_rx_cdbm=-3100))
    placed, _ = shift.complete_job()

    await shift.worker.settle()

    process = shift.process()
    assert (process.state, process.code) == (ProcessState.STUCK, "LIGHT_OUT_OF_WINDOW")
    assert shift.service(placed.service_id).state is ServiceState.RESERVED
