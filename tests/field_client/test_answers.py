"""Answers to issues on the tablet: what they record, and what is left to answer then."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from field_client import capture
from field_client.answers import (
    AnswerEntry,
    ChangedMeanwhile,
    NotAnAnswer,
    answer_issue,
    mark_of,
)
from field_client.replica.anew import begin_anew
from field_client.replica.issues import (
    Answered,
    IssueUnknown,
    get_issue,
    list_open_of_job,
    list_to_tell,
)
from field_client.replica.outbox import next_push
from field_client.replica.queue import count_waiting, list_queued_operations
from field_client.replica.state import Why
from field_client.replica.views import get_job, list_operations
from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.documents import OVERRULED, IssueKind, VersionedValue
from sync_protocol.ids import Incarnation, IssueId
from sync_protocol.messages import OperationVerdict, VerdictKind
from sync_protocol.operations import AnswerIssue, IssueAnswer, Operation, OperationBody, SetField
from tests.field_client.factories import NOON, a_job, a_moment, a_pen, an_enrolled_replica
from tests.field_client.issues import ISSUE, raise_issue
from tests.field_client.tablets import JOB

MINE, OTHER, SEEN = IssueAnswer.KEEP_MINE, IssueAnswer.KEEP_OTHER, IssueAnswer.SEEN


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    """A tablet on which mine stands, as it does after a clash that came last."""
    replica = an_enrolled_replica(tmp_path / "replica.db")
    put_note(replica, "gate 4711")
    raise_issue(replica)
    yield replica
    replica.close()


def put_note(db: Connection, value: str, version: int = 4) -> None:
    """Let the office's document say so."""
    fields = {"access_notes": VersionedValue(value=value, version=version)}
    run(db, "job_store", id=str(JOB), document=wire.encode(a_job(fields=fields)))


def say(db: Connection, answer: str, *, seen: str | None = None, issue: IssueId = ISSUE) -> None:
    mark = None if seen is None else mark_of(seen)
    answer_issue(db, a_pen(), issue, AnswerEntry(answer=answer, seen=mark))


def pushed(db: Connection) -> list[Operation]:
    return [wire.decode(bytes(raw), Operation) for raw in next_push(db, a_moment(), "1").operations]


def bodies(db: Connection) -> list[OperationBody]:
    return [operation.body for operation in pushed(db)]


def note(db: Connection) -> str:
    return get_job(db, JOB).fields["access_notes"].value


def test_keeping_what_stands_records_the_answer_alone(db: Connection) -> None:
    say(db, MINE)

    assert bodies(db) == [AnswerIssue(issue_id=ISSUE, answer=MINE, job_id=JOB)]
    assert note(db) == "gate 4711"


def test_keeping_the_other_value_is_an_edit_over_what_stands_and_goes_with_the_answer(
    db: Connection,
) -> None:
    say(db, OTHER)

    edit = SetField(
        job_id=JOB,
        field="access_notes",
        value="gate 0815",
        base_version=4,
        base_value="gate 4711",
    )
    assert bodies(db) == [edit, AnswerIssue(issue_id=ISSUE, answer=OTHER, job_id=JOB)]
    assert len({operation.tx for operation in pushed(db)}) == 1
    assert note(db) == "gate 0815"


def test_an_overruled_value_can_be_put_back(db: Connection) -> None:
    put_note(db, "gate 0815")
    raise_issue(db, code=OVERRULED)

    say(db, MINE)

    assert note(db) == "gate 4711"


def test_an_answer_is_taken_back_by_the_other_one(db: Connection) -> None:
    say(db, OTHER)
    say(db, MINE)

    assert [type(body) for body in bodies(db)] == [SetField, AnswerIssue, SetField, AnswerIssue]
    assert note(db) == "gate 4711"
    assert get_issue(db, ISSUE).answered == Answered(answer=MINE, is_sent=False)


def test_the_same_answer_again_records_nothing(db: Connection) -> None:
    say(db, OTHER)
    before = bodies(db)

    say(db, OTHER)

    assert bodies(db) == before


def test_a_value_that_came_in_since_the_page_was_shown_is_not_overwritten(db: Connection) -> None:
    put_note(db, "the fence", version=5)

    with pytest.raises(ChangedMeanwhile, match="look at it again"):
        say(db, MINE, seen="gate 4711")

    assert bodies(db) == []
    say(db, MINE, seen="the fence")
    assert note(db) == "gate 4711"


@pytest.mark.parametrize("answer", [SEEN, "burn", ""])
def test_an_answer_that_is_none_names_those_that_are(db: Connection, answer: str) -> None:
    with pytest.raises(NotAnAnswer, match="possible: keep_mine, keep_other"):
        say(db, answer)

    assert bodies(db) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "not_assigned"},
        {"code": "illegal_transition", "field": "state"},
        {"job_id": None, "field": None, "kind": IssueKind.REJECTED, "code": "bad_value"},
        {"code": OVERRULED, "base_value": None, "office_value": "", "office_by": None},
    ],
    ids=["not mine", "a state", "of no job", "the other value is not told"],
)
def test_where_nothing_can_be_chosen_an_issue_can_be_seen(
    db: Connection, changes: dict[str, object]
) -> None:
    raise_issue(db, **changes)

    with pytest.raises(NotAnAnswer, match="possible: seen"):
        say(db, MINE)
    say(db, SEEN)

    assert [type(body) for body in bodies(db)] == [AnswerIssue]
    assert count_waiting(db).issues == 0


def test_of_a_job_that_has_left_nothing_can_be_chosen(db: Connection) -> None:
    run(db, "job_linger", id=str(JOB), reason="reassigned")

    with pytest.raises(NotAnAnswer, match="possible: seen"):
        say(db, OTHER)

    say(db, SEEN)
    assert len(bodies(db)) == 1


def test_an_issue_that_is_closed_is_said_to_be_unknown(db: Connection) -> None:
    run(db, "issue_close", id=str(ISSUE))

    with pytest.raises(IssueUnknown, match="it may be closed"):
        say(db, MINE)

    assert bodies(db) == []


def test_the_count_falls_with_the_answer_and_what_waits_comes_first(db: Connection) -> None:
    later = IssueId(UUID(int=4))
    raise_issue(db, id=later, field="technician_remark")
    assert (count_waiting(db).issues, len(list_open_of_job(db, JOB))) == (2, 2)

    say(db, MINE)

    assert (count_waiting(db).issues, list_open_of_job(db, JOB)) == (1, (later,))
    assert [held.document.id for held in list_to_tell(db)] == [later, ISSUE]


def test_an_answer_outlives_a_new_incarnation_with_its_origin(db: Connection) -> None:
    say(db, OTHER)
    before, after = Incarnation(UUID(int=1)), Incarnation(UUID(int=2))

    assert begin_anew(db, before, after, Why.FORK, NOON)

    assert count_waiting(db).issues == 0
    assert [operation.origin is not None for operation in pushed(db)] == [True, True]
    assert get_issue(db, ISSUE).answered == Answered(answer=OTHER, is_sent=False)


def test_an_answer_about_no_job_waits_in_the_queue_without_one(db: Connection) -> None:
    raise_issue(db, job_id=None, field=None, kind=IssueKind.REJECTED, code="bad_value")
    say(db, SEEN)

    (queued,) = list_queued_operations(db, 10)
    (listed,) = list_operations(db, after=0, count_max=10)

    assert isinstance(queued.body, AnswerIssue)
    assert (queued.job_id, listed.job_id) == (None, None)


def test_that_a_server_does_not_know_answers_is_no_issue_to_answer(db: Connection) -> None:
    raise_issue(db, dseq=40)
    say(db, MINE)
    about = IssueId(UUID(int=6))
    raise_issue(db, id=about, kind=IssueKind.PARKED, code="unknown_operation", field=None, dseq=1)
    assert count_waiting(db).issues == 1

    verdict = wire.encode(
        OperationVerdict(dseq=1, verdict=VerdictKind.PARKED, code="unknown_operation")
    )
    run(db, "operation_verdict", dseq=1, verdict=verdict, kind="parked", code=None, at="2026")

    assert count_waiting(db).issues == 0
    assert [held.document.id for held in list_to_tell(db)] == [ISSUE]


def test_a_field_that_nobody_has_set_can_be_set_by_an_answer(db: Connection) -> None:
    raise_issue(db, field="technician_remark", field_value="locked", office_value="")

    say(db, MINE)

    assert get_job(db, JOB).fields["technician_remark"].value == "locked"


def test_an_own_edit_after_the_issue_is_what_an_answer_replaces(db: Connection) -> None:
    capture.set_field(db, a_pen(), JOB, field="access_notes", value="the bell")

    say(db, OTHER, seen="the bell")

    edit = bodies(db)[1]
    assert isinstance(edit, SetField)
    assert (edit.base_version, edit.base_value) == (5, "the bell")
