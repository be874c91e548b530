from server.fulfilment.records import ProcessState
from server.services.records import ServiceState
from tests.server.fulfilment.shift import ONCE, Shift
from tests.server.tablets import SERIAL


async def test_a_completion_goes_live_is_billed_and_told_once(shift: Shift) -> None:
    placed, _ = shift.complete_job()

    await shift.worker.settle()

    assert shift.process().state is ProcessState.DONE
    service = shift.service(placed.service_id)
    assert (service.state, service.ont_serial) == (ServiceState.ACTIVE, SERIAL)
    assert shift.figures() == ONCE
    assert shift.world.olt.registered == [SERIAL]
    assert shift.world.olt.flows == 1
