"""The demo's last two rivals, each with and without what it rests on."""

import pytest

from billing_bridge import schedule
from server.fulfilment import registering
from server.fulfilment.records import ProcessState
from tests.server.fulfilment.shift import Shift
from tests.server.fulfilment.test_registered_elsewhere import register_elsewhere
from tests.server.tablets import SERIAL


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
