from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.fulfilment.records import Intent, ProcessState, Progress
from server.fulfilment.steps import (
    HELD_RETRY_S,
    PATHS,
    RETRY_DELAYS_S,
    STEPS,
    Advance,
    CallOff,
    Finish,
    Hold,
    Outcome,
    StepName,
    Stick,
    TryAgain,
    Wait,
    conclude,
)
from tests.server.factories import NOON
from tests.server.fulfilment.a_process import a_process

FOUND = Progress(serial="HWTC1A2B3C4D")
LATER = NOON + timedelta(seconds=5)

CASES: dict[str, tuple[Outcome, ProcessState, str, str | None, float | None]] = {
    "the next step at once": (
        Advance(step=StepName.VERIFY_ONLINE, progress=FOUND),
        ProcessState.READY,
        "verify_online",
        None,
        0,
    ),
    "the next step after a while": (
        Advance(step=StepName.VERIFY_ONLINE, progress=FOUND, after_s=2),
        ProcessState.WAITING,
        "verify_online",
        None,
        2,
    ),
    "look again": (
        Wait(after_s=4, code="ONT_OFFLINE"),
        ProcessState.WAITING,
        "register",
        "ONT_OFFLINE",
        4,
    ),
    "it may pass": (
        TryAgain(code="OLT_BUSY", detail=""),
        ProcessState.WAITING,
        "register",
        "OLT_BUSY",
        1,
    ),
    "not shown by the network": (
        Hold(code="ONT_NOT_SEEN", detail=""),
        ProcessState.HELD,
        "register",
        "ONT_NOT_SEEN",
        HELD_RETRY_S,
    ),
    "a person must act": (
        Stick(code="ONT_SERIAL_DUP", detail=""),
        ProcessState.STUCK,
        "register",
        "ONT_SERIAL_DUP",
        None,
    ),
    "called off": (CallOff(), ProcessState.CANCELLED, "register", None, None),
    "done": (Finish(progress=FOUND), ProcessState.DONE, "register", None, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_outcome_says_how_a_process_stands(
    case: tuple[Outcome, ProcessState, str, str | None, float | None],
) -> None:
    outcome, state, step, code, wait_s = case

    after = conclude(a_process(code="BEFORE"), outcome, now=LATER, jitter=0)

    assert (after.state, after.step, after.code) == (state, step, code)
    if wait_s is not None:
        assert after.next_at == LATER + timedelta(seconds=wait_s)
    assert (after.lane, after.lease_owner, after.lease_until) == (None, None, None)
    assert after.updated_at == LATER


def test_a_step_that_is_done_begins_the_next_one_with_what_it_found() -> None:
    outcome = Advance(step=StepName.GO_LIVE, progress=FOUND)

    after = conclude(a_process(attempt=8), outcome, now=NOON, jitter=0.9)

    assert (after.attempt, after.progress, after.next_at) == (0, FOUND, NOON)


@pytest.mark.parametrize(("attempt", "delay_s"), [*enumerate(RETRY_DELAYS_S, 1), (50, 300)])
def test_retries_come_later_each_time_and_never_stop(attempt: int, delay_s: int) -> None:
    outcome = TryAgain(code="OLT_UNREACHABLE", detail="")

    after = conclude(a_process(attempt=attempt), outcome, now=NOON, jitter=0)

    assert after.next_at == NOON + timedelta(seconds=delay_s)


@given(
    jitter=st.floats(min_value=0, max_value=1, exclude_max=True),
    outcome=st.sampled_from([TryAgain(code="X", detail=""), Hold(code="X", detail="")]),
)
def test_jitter_lengthens_by_at_most_a_quarter(jitter: float, outcome: Outcome) -> None:
    plain = conclude(a_process(), outcome, now=NOON, jitter=0).next_at - NOON

    jittered = conclude(a_process(), outcome, now=NOON, jitter=jitter).next_at - NOON

    assert plain <= jittered <= plain * 1.25


def test_what_writes_holds_a_lane_and_what_holds_one_talks() -> None:
    without = {step.name for step in STEPS.values() if step.lane is None}
    assert without == {
        StepName.VERIFY_EVIDENCE,
        StepName.VERIFY_ONLINE,
        StepName.GO_LIVE,
        StepName.SETTLE,
        StepName.CALL_OFF,
    }
    assert all(step.talks for step in STEPS.values() if step.lane is not None)
    assert set(STEPS) == set(StepName)


@pytest.mark.parametrize("intent", Intent)
def test_every_intent_saves_before_it_ends_and_ends_in_one_transaction(intent: Intent) -> None:
    *_, save, end = PATHS[intent]

    assert save is StepName.SAVE
    assert not STEPS[end].talks
