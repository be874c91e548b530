"""Evidence that comes while a step is under way is not overlooked."""

import pytest

from server.acts import SYSTEM
from server.fulfilment import leases
from server.fulfilment.leases import Ran
from server.fulfilment.records import Process, ProcessState
from server.fulfilment.steps import Hold, Outcome, Stick, Wait
from tests.server.factories import act
from tests.server.fulfilment.shift import ONCE, Shift
from tests.server.olt import plugged
from tests.server.tablets import OTHER_SERIAL, SERIAL, bodies, enrolled, push


async def _leased_then_second(shift: Shift) -> Process:
    """Lease the process of Ada's completion, then receive Ben's."""
    placed, _ = shift.complete_job()
    (held,) = await shift.worker.runner.take(1)
    bens = enrolled(shift.store, shift.town.ben)
    bens.complete(placed.job_id, bodies(OTHER_SERIAL))
    push(shift.store, bens)
    return held.process


@pytest.mark.parametrize("outcome", [Hold(code="X", detail=""), Stick(code="X", detail="")])
async def test_what_would_be_held_looks_at_evidence_that_came_meanwhile(
    shift: Shift, outcome: Outcome
) -> None:
    leased = await _leased_then_second(shift)

    def end(considered: int | None) -> Process:
        ran = Ran(
            outcome=outcome,
            started_at=shift.world.clock(),
            jitter=0,
            evidence_considered=considered,
        )
        return shift.store.write_now(
            leases.let_go, leased, ran, shift.worker.terms, act=act(actor=SYSTEM)
        ).process

    after = end(1)

    assert (after.state, after.step) == (ProcessState.LEASED, "verify_evidence")
    leased = after
    assert end(2).state in {ProcessState.HELD, ProcessState.STUCK}


async def test_what_only_waits_goes_on_waiting(shift: Shift) -> None:
    leased = await _leased_then_second(shift)
    ran = Ran(
        outcome=Wait(after_s=4, code="ONT_OFFLINE"),
        started_at=shift.world.clock(),
        jitter=0,
        evidence_considered=1,
    )

    after = shift.store.write_now(leases.let_go, leased, ran, shift.worker.terms, act=act())

    assert after.process.state is ProcessState.WAITING


async def test_a_second_completion_saves_what_is_stuck_on_the_first(shift: Shift) -> None:
    """Ada scanned an ONT that is nowhere to be seen; Ben's is lit on the planned port."""
    placed, _ = shift.complete_job(serial="HWTC0BADBAD0")
    await shift.worker.settle(within_s=5)
    assert shift.process().state is ProcessState.HELD
    bens = enrolled(shift.store, shift.town.ben)
    bens.complete(placed.job_id, bodies(SERIAL))
    push(shift.store, bens, now=shift.world.clock())

    await shift.worker.settle(within_s=20)

    assert shift.process().state is ProcessState.DONE
    assert shift.service(placed.service_id).ont_serial == SERIAL
    assert shift.figures() == ONCE


async def test_an_ont_registered_for_evidence_that_loses_is_taken_back(shift: Shift) -> None:
    """Ada's ONT was registered and never came up; Ben's is lit, so the network decides for him."""
    shift.world.olt.unplug(SERIAL)
    shift.world.olt.plug(plugged(OTHER_SERIAL, come_up_s=3600))
    placed, _ = shift.complete_job(serial=OTHER_SERIAL)
    await shift.worker.settle(within_s=200)
    assert shift.process().code == "ONT_OFFLINE"
    assert shift.world.olt.registered == [OTHER_SERIAL]
    shift.world.olt.plug(plugged(SERIAL))
    bens = enrolled(shift.store, shift.town.ben)
    bens.complete(placed.job_id, bodies(SERIAL))
    push(shift.store, bens, now=shift.world.clock())

    await shift.worker.settle(within_s=60)

    assert shift.service(placed.service_id).ont_serial == SERIAL
    assert shift.world.olt.registered == [SERIAL]
    assert shift.world.olt.flows == 1
