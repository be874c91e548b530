from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.documents import VersionedValue
from sync_protocol.jobs import FINAL_STATES, MOVES, OPEN_STATES, JobEvent, JobState, next_state
from sync_protocol.merge import (
    FIELD_EVENTS,
    FIELD_OWNERS,
    Code,
    Decision,
    Owner,
    Situation,
    decide,
)
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import Capture, IssueAnswer, OperationBody
from tests.sync_protocol.factories import (
    BEN,
    OTHER_JOB,
    a_capture,
    a_situation,
    a_standing,
    answered,
    completed,
    created,
    field_set,
    given_up,
    knowing,
    moved,
    recorded,
)

_S, _E, _V, _C, _A = JobState, JobEvent, VerdictKind, Code, IssueAnswer
NOTES = {"access_notes": VersionedValue(value="old", version=1)}
SCAN = a_capture()


class Case(NamedTuple):
    situation: Situation
    body: OperationBody
    verdict: VerdictKind
    code: Code | None = None
    state: JobState | None = None


CASES = {
    "capture: mine and open": Case(a_situation(), recorded(), _V.APPLIED),
    "capture: not done yet counts as open": Case(a_situation(_S.NOT_DONE), recorded(), _V.APPLIED),
    "capture: re-assigned": Case(a_situation(assignee_id=BEN), recorded(), _V.MERGED, _C.LATE),
    "capture: unassigned": Case(a_situation(assignee_id=None), recorded(), _V.MERGED, _C.LATE),
    "capture: completed": Case(a_situation(_S.COMPLETED), recorded(), _V.MERGED, _C.LATE),
    "capture: cancelled": Case(a_situation(_S.CANCELLED), recorded(), _V.MERGED, _C.LATE),
    "capture: again": Case(a_situation(captures=knowing(SCAN)), recorded(SCAN), _V.MERGED),
    "capture: again after cancelling": Case(
        a_situation(_S.CANCELLED, captures=knowing(SCAN)), recorded(SCAN), _V.MERGED
    ),
    "capture: same id, other content": Case(
        a_situation(captures=knowing(SCAN)),
        recorded(a_capture(serial="HWTC000000AA")),
        _V.REJECTED,
        _C.ID_REUSE,
    ),
    "capture: unknown job": Case(a_situation(None), recorded(), _V.PARKED, _C.UNKNOWN_JOB),
    "move: as seen": Case(
        a_situation(_S.ASSIGNED), moved(_E.ACCEPT), _V.APPLIED, None, _S.ACCEPTED
    ),
    "move: over another state": Case(
        a_situation(_S.ASSIGNED), moved(_E.ARRIVE, 2), _V.MERGED, None, _S.ON_SITE
    ),
    "move: skipping steps": Case(
        a_situation(_S.ASSIGNED), moved(_E.START), _V.APPLIED, None, _S.WORKING
    ),
    "move: illegal": Case(
        a_situation(_S.COMPLETED), moved(_E.START), _V.PARKED, _C.ILLEGAL_TRANSITION
    ),
    "move: cancelled meanwhile": Case(
        a_situation(_S.CANCELLED), moved(_E.ARRIVE), _V.PARKED, _C.ILLEGAL_TRANSITION
    ),
    "move: re-assigned": Case(
        a_situation(assignee_id=BEN), moved(_E.PAUSE), _V.KEPT_AS_CONFLICT, _C.NOT_ASSIGNED
    ),
    "move: unknown job": Case(a_situation(None), moved(_E.ACCEPT), _V.PARKED, _C.UNKNOWN_JOB),
    "move: the office's event": Case(
        a_situation(), moved(_E.CANCEL), _V.REJECTED, _C.NOT_A_FIELD_EVENT
    ),
    "move: completing by a move": Case(
        a_situation(), moved(_E.COMPLETE), _V.REJECTED, _C.NOT_A_FIELD_EVENT
    ),
    "give up: as seen": Case(a_situation(), given_up(), _V.APPLIED, None, _S.NOT_DONE),
    "give up: completed by another": Case(
        a_situation(_S.COMPLETED), given_up(), _V.PARKED, _C.ILLEGAL_TRANSITION
    ),
    "give up: re-assigned": Case(
        a_situation(assignee_id=BEN), given_up(), _V.KEPT_AS_CONFLICT, _C.NOT_ASSIGNED
    ),
    "field: as seen": Case(a_situation(fields=NOTES), field_set(), _V.APPLIED),
    "field: the first value": Case(a_situation(), field_set(base=0), _V.APPLIED),
    "field: edited on both sides": Case(
        a_situation(fields=NOTES), field_set(base=0), _V.KEPT_AS_CONFLICT, _C.EDITED_ON_BOTH_SIDES
    ),
    "field: the same edit on both sides": Case(
        a_situation(fields=NOTES), field_set("old", base=0), _V.MERGED
    ),
    "field: re-assigned": Case(
        a_situation(fields=NOTES, assignee_id=BEN),
        field_set(),
        _V.KEPT_AS_CONFLICT,
        _C.NOT_ASSIGNED,
    ),
    "field: the office's": Case(
        a_situation(), field_set(field="priority"), _V.REJECTED, _C.OWNER_FIELD
    ),
    "field: nobody's": Case(a_situation(), field_set(field="id"), _V.REJECTED, _C.UNKNOWN_FIELD),
    "field: unknown job": Case(a_situation(None), field_set(), _V.PARKED, _C.UNKNOWN_JOB),
    "complete: as seen": Case(a_situation(), completed(), _V.APPLIED, None, _S.COMPLETED),
    "complete: over another state": Case(
        a_situation(), completed(base=1), _V.MERGED, None, _S.COMPLETED
    ),
    "complete: re-assigned": Case(
        a_situation(assignee_id=BEN), completed(), _V.MERGED, _C.LATE, _S.COMPLETED
    ),
    "complete: after giving up": Case(
        a_situation(_S.NOT_DONE), completed(), _V.APPLIED, None, _S.COMPLETED
    ),
    "complete: completed by another": Case(
        a_situation(_S.COMPLETED), completed(), _V.KEPT_AS_CONFLICT, _C.ALREADY_COMPLETED
    ),
    "complete: cancelled": Case(
        a_situation(_S.CANCELLED), completed(), _V.PARKED, _C.JOB_CANCELLED
    ),
    "complete: unassigned": Case(
        a_situation(_S.UNASSIGNED, assignee_id=None),
        completed(),
        _V.PARKED,
        _C.ILLEGAL_TRANSITION,
    ),
    "complete: with its captures": Case(
        a_situation(captures=knowing(SCAN)), completed(SCAN), _V.APPLIED, None, _S.COMPLETED
    ),
    "complete: a capture is missing": Case(
        a_situation(), completed(SCAN), _V.PARKED, _C.MISSING_CAPTURES
    ),
    "complete: a capture differs": Case(
        a_situation(captures=knowing(a_capture(serial="HWTC000000AA"))),
        completed(SCAN),
        _V.PARKED,
        _C.MISSING_CAPTURES,
    ),
    "complete: a manifest of another job": Case(
        a_situation(), completed(manifest_of=OTHER_JOB), _V.REJECTED, _C.BAD_VALUE
    ),
    "complete: unknown job": Case(a_situation(None), completed(), _V.PARKED, _C.UNKNOWN_JOB),
    "create: beside a job of mine": Case(a_situation(None, has_place=True), created(), _V.APPLIED),
    "create: beside a job that is not mine, or not known": Case(
        a_situation(None), created(), _V.PARKED, _C.NEEDS_PLACING
    ),
    "create: at an address in words": Case(
        a_situation(None), created(premise_of=None), _V.PARKED, _C.NEEDS_PLACING
    ),
    "create: of a kind that is not known": Case(
        a_situation(None, has_place=True), created("telepathy"), _V.PARKED, _C.NEEDS_PLACING
    ),
    "create: the id is in use": Case(
        a_situation(has_place=True), created(), _V.REJECTED, _C.ID_REUSE
    ),
    "answer: seen": Case(
        a_situation(issue=a_standing(is_of_field=False)), answered(_A.SEEN), _V.APPLIED
    ),
    "answer: a value is chosen": Case(
        a_situation(issue=a_standing()), answered(_A.KEEP_OTHER), _V.APPLIED
    ),
    "answer: of a job that is no longer mine, or not known": Case(
        a_situation(None, issue=a_standing()), answered(_A.SEEN), _V.APPLIED
    ),
    "answer: of no job": Case(
        a_situation(None, issue=a_standing(is_of_field=False)),
        answered(_A.SEEN, job_id=None),
        _V.APPLIED,
    ),
    "answer: otherwise than before": Case(
        a_situation(issue=a_standing(_A.KEEP_MINE)), answered(_A.KEEP_OTHER), _V.APPLIED
    ),
    "answer: as before": Case(
        a_situation(issue=a_standing(_A.KEEP_MINE)), answered(_A.KEEP_MINE), _V.MERGED
    ),
    "answer: the office has closed it": Case(
        a_situation(issue=a_standing(is_closed=True)),
        answered(_A.KEEP_MINE),
        _V.MERGED,
        _C.ALREADY_CLOSED,
    ),
    "answer: no such issue": Case(a_situation(), answered(_A.SEEN), _V.MERGED, _C.UNKNOWN_ISSUE),
    "answer: a choice where there is none": Case(
        a_situation(issue=a_standing(is_of_field=False)),
        answered(_A.KEEP_MINE),
        _V.REJECTED,
        _C.BAD_VALUE,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_rule_of_the_policy(case: Case) -> None:
    decision = decide(case.situation, case.body)

    assert (decision.verdict, decision.code) == (case.verdict, case.code)
    assert decision.state == case.state


@pytest.mark.parametrize("answer", list(IssueAnswer))
def test_an_answer_writes_no_value_and_moves_nothing(answer: IssueAnswer) -> None:
    situation = a_situation(fields=NOTES, issue=a_standing())

    decision = decide(situation, answered(answer))

    assert decision == Decision(verdict=VerdictKind.APPLIED, answer=answer)


def test_a_late_capture_is_kept_and_flagged() -> None:
    decision = decide(a_situation(assignee_id=BEN), recorded(SCAN))

    assert (decision.capture, decision.late) == (SCAN, True)


def test_an_edit_on_both_sides_keeps_both_values_and_the_last_stands() -> None:
    decision = decide(a_situation(fields=NOTES), field_set("new", base=0))

    assert decision.field_value == VersionedValue(value="new", version=2)
    assert decision.clash is not None
    assert (decision.clash.field_value, decision.clash.office_value) == ("new", "old")


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize("assignee", [a_situation().actor_id, BEN, None])
def test_a_completion_is_never_refused_as_evidence(state: JobState, assignee: object) -> None:
    decision = decide(a_situation(state, assignee_id=assignee), completed())

    assert decision.keeps_evidence
    assert decision.verdict is not VerdictKind.REJECTED


STATES = st.sampled_from([*JobState, None])
BODIES: st.SearchStrategy[OperationBody] = st.one_of(
    st.integers(20, 23).map(lambda number: recorded(a_capture(number))),
    st.builds(moved, st.sampled_from(JobEvent), st.integers(0, 5)),
    st.builds(given_up, st.integers(0, 5)),
    st.builds(
        field_set,
        st.sampled_from(["a", "b", ""]),
        field=st.sampled_from([*FIELD_OWNERS, "nobody's"]),
        base=st.integers(0, 3),
    ),
    st.builds(completed, st.just(SCAN), base=st.integers(0, 5)),
    st.builds(created, st.sampled_from(["install", "telepathy"])),
    st.builds(answered, st.sampled_from(IssueAnswer)),
)
SITUATIONS = st.builds(
    a_situation,
    STATES,
    assignee_id=st.sampled_from([a_situation().actor_id, BEN, None]),
    fields=st.sampled_from([{}, NOTES]),
    captures=st.sampled_from([{}, knowing(SCAN), knowing(a_capture(21), SCAN)]),
    has_place=st.booleans(),
    issue=st.none() | st.builds(a_standing, st.none() | st.sampled_from(IssueAnswer)),
)


@given(SITUATIONS, BODIES)
def test_nothing_that_was_entered_vanishes(situation: Situation, body: OperationBody) -> None:
    """What is not stored as entered has a code that says why, and comes back as an issue."""
    decision = decide(situation, body)

    stored = (decision.state, decision.field_value, decision.capture)
    kept = any(part is not None for part in stored) or decision.keeps_evidence
    kept = kept or decision.creates_job or decision.answer is not None
    already = decision.verdict is VerdictKind.MERGED
    assert kept or already or decision.code is not None
    if decision.verdict not in {VerdictKind.APPLIED, VerdictKind.MERGED}:
        assert decision.code is not None


@given(SITUATIONS, BODIES)
def test_a_job_never_leaves_the_table_of_moves(situation: Situation, body: OperationBody) -> None:
    decision = decide(situation, body)

    if decision.state is not None and situation.state is not None:
        assert decision.state in {m.target for m in MOVES if m.source is situation.state}
        assert situation.state not in FINAL_STATES


@given(SITUATIONS, BODIES)
def test_a_field_version_grows_by_one(situation: Situation, body: OperationBody) -> None:
    written = decide(situation, body).field_value

    if written is not None:
        assert written.version == situation.fields.get("access_notes", NONE).version + 1 or (
            written.version == 1
        )


NONE = VersionedValue(value="", version=0)


def merged(situation: Situation, captures: list[Capture]) -> Situation:
    """Take captures one after the other, as a server does."""
    known = dict(situation.captures)
    for capture in captures:
        found: Decision = decide(a_situation(situation.state, captures=known), recorded(capture))
        if found.capture is not None:
            known |= knowing(found.capture)
    return a_situation(situation.state, captures=known)


CAPTURES = st.lists(st.integers(20, 26).map(a_capture), max_size=8)


@given(CAPTURES)
def test_taking_captures_twice_changes_nothing(captures: list[Capture]) -> None:
    once = merged(a_situation(), captures)

    assert merged(once, captures) == once


@given(st.data())
def test_the_set_of_captures_does_not_depend_on_their_order(data: st.DataObject) -> None:
    captures = data.draw(CAPTURES)
    shuffled = data.draw(st.permutations(captures))

    assert merged(a_situation(), captures) == merged(a_situation(), shuffled)


def test_every_field_has_an_owner_and_tablets_set_only_shared_ones() -> None:
    shared = {field for field, owner in FIELD_OWNERS.items() if owner is Owner.SHARED}

    settable = {
        field
        for field in [*FIELD_OWNERS, "state", "assignee_id", "id"]
        if decide(a_situation(), field_set(field=field, base=0)).field_value is not None
    }
    assert settable == shared


@pytest.mark.parametrize("event", list(JobEvent))
def test_a_tablet_moves_by_field_events_alone(event: JobEvent) -> None:
    for state in OPEN_STATES:
        decision = decide(a_situation(state), moved(event))
        if event not in FIELD_EVENTS:
            assert decision.code is Code.NOT_A_FIELD_EVENT
        elif decision.state is not None:
            assert decision.state is next_state(state, event)


def test_a_former_assignee_learns_nothing_of_what_the_office_wrote() -> None:
    decision = decide(
        a_situation(fields=NOTES, assignee_id=BEN), field_set("gate is green", base=0)
    )

    assert decision.field_value is None
    assert decision.clash is not None
    assert (decision.clash.field_value, decision.clash.office_value) == ("gate is green", "")


@given(SITUATIONS, BODIES)
def test_a_job_begins_only_where_none_is(situation: Situation, body: OperationBody) -> None:
    decision = decide(situation, body)

    if decision.creates_job:
        assert (situation.state, situation.has_place) == (None, True)
        assert decision.verdict is VerdictKind.APPLIED


def test_a_job_that_is_parked_says_where_it_is_to_be() -> None:
    detail = decide(a_situation(None), created()).detail

    assert detail is not None
    assert "'install' at 'Lindenweg 1'" in detail
