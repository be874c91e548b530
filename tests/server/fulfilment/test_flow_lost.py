"""An OLT that restarted amid the writes kept the registration and forgot the service port."""

from uuid import UUID

from activation.simulator.faults import FaultKind
from server.fulfilment.records import ProcessState
from server.services.records import ServiceState
from tests.server.fulfilment.shift import ONCE, Shift


async def _registered(shift: Shift) -> UUID:
    """Let the ONT be registered, and lose its service port before anybody looks."""
    placed, _ = shift.complete_job()
    await shift.worker.run_due()
    olt = shift.world.olt.exchange.olt
    (flow,) = olt.flows.values()
    olt.remove_flow(flow)
    shift.world.olt.exchange.reread()
    assert shift.process().state is ProcessState.WAITING
    return placed.service_id


async def test_a_lost_service_port_is_made_anew_before_the_service_goes_live(shift: Shift) -> None:
    service_id = await _registered(shift)

    await shift.worker.settle()

    assert shift.world.olt.flows == 1
    assert shift.service(service_id).state is ServiceState.ACTIVE
    assert shift.process().progress.registrations == 2
    assert shift.figures() == ONCE


async def test_nothing_goes_live_while_the_service_port_cannot_be_read(shift: Shift) -> None:
    service_id = await _registered(shift)
    shift.world.clock.advance(10)
    shift.world.olt.fail(FaultKind.SILENT)

    await shift.worker.run_due()

    assert shift.process().code == "OLT_UNREACHABLE"
    assert shift.service(service_id).state is not ServiceState.ACTIVE
