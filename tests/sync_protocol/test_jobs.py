import pytest

from sync_protocol.jobs import (
    FINAL_STATES,
    MOVES,
    OPEN_STATES,
    JobEvent,
    JobState,
    MoveNotAllowed,
    next_state,
)

TABLE = {(move.source, move.event): move.target for move in MOVES}


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize("event", list(JobEvent))
def test_every_pair_is_in_the_table_or_refused_by_name(state: JobState, event: JobEvent) -> None:
    if (state, event) in TABLE:
        assert next_state(state, event) is TABLE[state, event]
        return
    with pytest.raises(MoveNotAllowed) as refused:
        next_state(state, event)
    assert (refused.value.state, refused.value.event) == (state, event)
    assert state in str(refused.value)
    assert event in str(refused.value)


def test_no_pair_stands_twice_in_the_table() -> None:
    assert len(TABLE) == len(MOVES)


def test_every_state_but_the_first_is_reached_from_it() -> None:
    reached = {JobState.UNASSIGNED}
    while more := {move.target for move in MOVES if move.source in reached} - reached:
        reached |= more

    assert reached == set(JobState)


@pytest.mark.parametrize("state", list(JobState))
def test_only_a_final_state_has_no_way_out(state: JobState) -> None:
    ways = [move for move in MOVES if move.source is state and move.target is not state]

    assert bool(ways) is (state not in FINAL_STATES)


def test_a_finished_job_is_not_open() -> None:
    assert not OPEN_STATES & FINAL_STATES
    assert JobState.UNASSIGNED not in OPEN_STATES


def test_a_job_that_a_technician_has_can_be_completed_cancelled_and_given_away() -> None:
    for event in (JobEvent.COMPLETE, JobEvent.CANCEL, JobEvent.ASSIGN):
        assert {move.source for move in MOVES if move.event is event} >= OPEN_STATES


def test_a_refusal_says_what_would_be_possible() -> None:
    with pytest.raises(MoveNotAllowed, match=r"cannot resume; possible: .*complete.*pause"):
        next_state(JobState.WORKING, JobEvent.RESUME)
    with pytest.raises(MoveNotAllowed, match="possible: nothing"):
        next_state(JobState.CANCELLED, JobEvent.ASSIGN)
