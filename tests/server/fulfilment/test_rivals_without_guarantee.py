"""The demo's rivals and its expected zero, each with and without what it rests on."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from activation.failures import Failure
from activation.simulator.faults import FaultKind
from billing_bridge import schedule
from server import audit
from server.acts import Actor, ActorKind
from server.demo.outcome import human_touches
from server.fulfilment import choice, commands, registering
from server.fulfilment.choice import Choice
from server.fulfilment.evidence_check import Proven
from server.fulfilment.records import ProcessState
from server.fulfilment.steps import Stick
from server.services.records import ServiceState
from sync_protocol.serials import OntSerial
from tests.server import operator
from tests.server.factories import act
from tests.server.fulfilment.shift import Shift
from tests.server.fulfilment.test_registered_elsewhere import register_elsewhere
from tests.server.operator import Operator
from tests.server.tablets import OTHER_SERIAL, SERIAL, bodies, enrolled, push

NOC = Actor(ActorKind.HUMAN, UUID(int=9))


def give_up_at_once(failure: Failure) -> Stick:
    """Judge every failure as one that no retry mends."""
    return Stick(code=failure.code, detail=str(failure))


def first_received(candidates: Sequence[Proven], lit: Collection[OntSerial]) -> Choice:  # noqa: ARG001  not asked
    """Choose as if no OLT had been asked."""
    return choice.choose(candidates, frozenset())


@pytest.mark.parametrize(("asked", "live"), [(True, SERIAL), (False, None)])
async def test_only_the_network_tells_which_of_two_completions_is_true(
    shift: Shift,
    monkeypatch: pytest.MonkeyPatch,
    asked: bool,  # noqa: FBT001  a case
    live: str | None,
) -> None:
    if not asked:
        monkeypatch.setattr(registering, "choose", first_received)
    placed, _ = shift.complete_job(serial=OTHER_SERIAL)
    bens = enrolled(shift.store, shift.town.ben)
    bens.complete(placed.job_id, bodies(SERIAL))
    push(shift.store, bens, now=shift.world.clock())

    await shift.worker.settle(within_s=60)

    assert shift.service(placed.service_id).ont_serial == live


@pytest.mark.parametrize(("retries", "activations"), [(True, 1), (False, 0)])
async def test_only_the_retries_of_a_step_outlast_a_silent_olt(
    shift: Shift,
    monkeypatch: pytest.MonkeyPatch,
    retries: bool,  # noqa: FBT001  a case
    activations: int,
) -> None:
    if not retries:
        monkeypatch.setattr(registering, "after_failure", give_up_at_once)
    shift.world.olt.fail(FaultKind.SILENT, count=6)
    shift.complete_job()

    await shift.worker.settle(within_s=60)

    assert shift.figures()["activations"] == activations


@pytest.mark.parametrize(("takes_over", "activations"), [(True, 1), (False, 0)])
async def test_only_the_end_of_a_lease_frees_what_a_killed_server_held(
    shift: Shift,
    monkeypatch: pytest.MonkeyPatch,
    takes_over: bool,  # noqa: FBT001  a case
    activations: int,
) -> None:
    if not takes_over:
        monkeypatch.setattr(operator, "GRACE", timedelta(days=365))
    shift.complete_job()
    assert await shift.worker.runner.take(1), "it is leased, and its worker is killed"

    other = Operator(shift.store, shift.world, owner="worker-2")
    for _ in range(60):
        await other.run_due()
        shift.world.clock.advance(2)

    assert shift.figures()["activations"] == activations


@pytest.mark.parametrize(("retries", "touches"), [(True, 0), (False, 1)])
async def test_no_human_touches_a_job_only_because_failures_that_may_pass_are_retried(
    shift: Shift,
    monkeypatch: pytest.MonkeyPatch,
    retries: bool,  # noqa: FBT001  a case
    touches: int,
) -> None:
    begun = shift.world.clock()
    if not retries:
        monkeypatch.setattr(registering, "after_failure", give_up_at_once)
    shift.world.olt.fail(FaultKind.SILENT, count=6)
    placed, _ = shift.complete_job()
    await shift.worker.settle(within_s=60)
    if shift.process().state is ProcessState.STUCK:
        # Somebody at the NOC finds it and presses the button, until the OLT answers.
        shift.world.olt.fail(FaultKind.SILENT, count=0)
        pressed = act(shift.world.clock(), actor=NOC)
        shift.store.write_now(commands.retry, shift.process().id, act=pressed)
        await shift.worker.settle(within_s=60)

    assert shift.service(placed.service_id).state is ServiceState.ACTIVE
    timeline = shift.store.read_now(audit.list_of_job, placed.job_id)
    assert human_touches(timeline, since=begun, until=shift.world.clock()) == touches


@pytest.mark.parametrize(
    ("looks", "state", "code"),
    [(True, ProcessState.STUCK, "ONT_SERIAL_DUP"), (False, ProcessState.HELD, "ONT_NOT_SEEN")],
)
async def test_only_the_look_at_the_whole_olt_tells_a_double_from_a_dark_ont(
    shift: Shift,
    monkeypatch: pytest.MonkeyPatch,
    looks: bool,  # noqa: FBT001  a case
    state: ProcessState,
    code: str,
) -> None:
    if not looks:
        monkeypatch.setattr(registering, "LOOK_EVERYWHERE_EACH", 1)  # no remainder is ever 1
    register_elsewhere(shift, SERIAL)
    shift.complete_job()

    await shift.worker.settle(within_s=5)

    assert (shift.process().state, shift.process().code) == (state, code)


@pytest.mark.parametrize(("retries", "received"), [(True, 1), (False, 0)])
async def test_only_the_retries_bring_an_event_to_a_receiver_that_was_down(
    shift: Shift,
    monkeypatch: pytest.MonkeyPatch,
    retries: bool,  # noqa: FBT001  a case
    received: int,
) -> None:
    if not retries:
        monkeypatch.setattr(schedule, "ATTEMPT_DELAYS_S", (0,))
    shift.world.receiver_status = 503
    shift.complete_job()
    await shift.worker.settle(within_s=10)
    shift.world.hooks.clear()
    shift.world.receiver_status = 200

    await shift.worker.settle(within_s=60)

    assert len(set(shift.world.hooks)) == received
