import pytest

from activation.simulator.records import OntRow
from server.fulfilment import ownership, queries
from server.fulfilment.records import ProcessState
from server.fulfilment.steps import HELD_RETRY_S
from server.people.records import Role
from tests.server import factories
from tests.server.fulfilment.shift import Shift
from tests.server.olt import OTHER_PORT
from tests.server.tablets import OTHER_SERIAL, SERIAL


def register_elsewhere(shift: Shift, serial: str) -> None:
    row = OntRow(
        port=OTHER_PORT,
        ont_id=5,
        serial=serial,
        line_profile=factories.LINE_PROFILE,
        service_profile=factories.SERVICE_PROFILE,
    )
    shift.world.olt.exchange.olt.add_ont(row, shift.world.clock())


async def test_an_ont_registered_on_another_port_waits_for_the_noc_unbilled(shift: Shift) -> None:
    register_elsewhere(shift, SERIAL)

    placed, _ = shift.complete_job()
    await shift.worker.settle()

    process = shift.process()
    assert (process.state, process.code) == (ProcessState.STUCK, "ONT_SERIAL_DUP")
    assert shift.world.olt.creations == []
    assert set(shift.figures().values()) == {0}
    (waiting,) = shift.store.read_now(queries.of_job, placed.job_id).waiting_for
    assert (waiting.code, waiting.owner) == ("ONT_SERIAL_DUP", Role.NOC)
    assert waiting.since == process.updated_at


async def test_a_job_that_is_done_waits_for_nothing(shift: Shift) -> None:
    placed, _ = shift.complete_job()
    await shift.worker.settle()

    assert shift.store.read_now(queries.of_job, placed.job_id).waiting_for == ()


async def test_an_ont_seen_nowhere_is_held_and_looked_for_on_every_port_once(shift: Shift) -> None:
    shift.complete_job(serial=OTHER_SERIAL)
    walks: list[int] = []
    for _ in range(3):
        before = shift.world.olt.exchange.stats().getbulk_requests
        await shift.worker.settle(within_s=0)
        walks.append(shift.world.olt.exchange.stats().getbulk_requests - before)
        shift.world.clock.advance(HELD_RETRY_S)

    assert (shift.process().state, shift.process().code) == (ProcessState.HELD, "ONT_NOT_SEEN")
    assert walks[0] > walks[1] == walks[2]


@pytest.mark.parametrize(
    ("code", "owner"),
    [
        ("ONT_SERIAL_DUP", Role.NOC),
        ("OLT_UNREACHABLE", Role.NOC),
        ("CONFIGURATION_MISSING", Role.NOC),
        ("EVIDENCE_INCOMPLETE", Role.DISPATCHER),
        ("EVIDENCE_UNSIGNED", Role.DISPATCHER),
    ],
)
def test_every_reason_has_somebody_who_looks_after_it(code: str, owner: Role) -> None:
    assert ownership.owner_of(code) is owner
