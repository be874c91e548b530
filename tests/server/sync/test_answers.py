"""Answers to issues: they close what they decide, overwrite nothing unseen, and wedge nothing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from server.audit import list_of_job
from server.database import Store
from server.database.tables.sync import issues
from server.jobs import queries
from sync_protocol.ids import IssueId
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import Cursor, IssueClosed
from sync_protocol.operations import AnswerIssue, IssueAnswer
from tests.server.factories import assign, rows
from tests.server.sync.crew import LATER, Crew, clash, told
from tests.server.sync.field import Field
from tests.server.tablets import (
    Tablet,
    answer,
    enrolled,
    move,
    of_work,
    pull_page,
    push,
    set_field,
    verdicts,
)

MINE, OTHER, SEEN = IssueAnswer.KEEP_MINE, IssueAnswer.KEEP_OTHER, IssueAnswer.SEEN


def said(store: Store, tablet: Tablet, dseqs: range) -> list[tuple[str, str | None]]:
    """Push these numbers; give their verdicts."""
    return verdicts(push(store, tablet, dseqs[0], dseqs[-1], now=LATER))


def note(crew: Crew) -> str:
    return crew.store.read_now(queries.fields_of, [crew.job_id])[crew.job_id]["access_notes"].value


def stored(store: Store, technician_id: UUID) -> Mapping[str, Any]:
    (row,) = (row for row in rows(store, issues) if row["technician_id"] == technician_id)
    return row


def test_keeping_what_stands_closes_the_issue_and_changes_no_value(crew: Crew) -> None:
    clash(crew)
    (issue,) = told(crew.store, crew.ben)

    came = said(crew.store, crew.ben, crew.ben.say(answer(issue, MINE)))

    assert (came, note(crew)) == ([("applied", None)], "knock")
    row = stored(crew.store, crew.town.ben)
    assert (row["answer"], row["closed_at"], row["closed_by"]) == ("keep_mine", LATER, None)
    assert (row["field_value"], row["office_value"]) == ("knock", "bell")
    assert told(crew.store, crew.ben) == []


def test_keeping_the_other_value_puts_it_in_place(crew: Crew) -> None:
    clash(crew)
    (issue,) = told(crew.store, crew.ada)

    kept = crew.ada.say(
        set_field(crew.job_id, "bell", base=2, base_value="knock"), answer(issue, MINE)
    )

    assert said(crew.store, crew.ada, kept) == [("applied", None), ("applied", None)]
    assert note(crew) == "bell"
    assert told(crew.store, crew.ada) == []


def test_an_answer_over_a_value_that_was_not_seen_keeps_both(crew: Crew) -> None:
    clash(crew)
    (issue,) = told(crew.store, crew.ada)
    said(crew.store, crew.ben, crew.ben.say(set_field(crew.job_id, "shout", base=2)))

    kept = crew.ada.say(set_field(crew.job_id, "bell", base=2), answer(issue, MINE))

    assert said(crew.store, crew.ada, kept) == [
        ("kept_as_conflict", "edited_on_both_sides"),
        ("applied", None),
    ]
    (anew,) = told(crew.store, crew.ada)
    assert (anew.field_value, anew.office_value, anew.office_by) == ("bell", "shout", "Ben")
    assert [(each.code, each.field_value) for each in told(crew.store, crew.ben)] == [
        ("edited_on_both_sides", "knock"),
        ("overruled", "shout"),
    ]


def test_the_tablets_of_the_technician_are_told_that_it_is_closed(crew: Crew) -> None:
    clash(crew)
    before = pull_page(crew.store, crew.ben)
    (issue,) = told(crew.store, crew.ben)
    second = enrolled(crew.store, crew.town.ben)

    said(crew.store, second, second.say(answer(issue, OTHER)))

    assert isinstance(before.cursor, Cursor)
    (closed,) = of_work(pull_page(crew.store, crew.ben, before.cursor))
    assert closed == IssueClosed(issue_id=issue.id)


def test_the_last_answer_stands_and_the_same_one_again_changes_nothing(crew: Crew) -> None:
    clash(crew)
    (issue,) = told(crew.store, crew.ben)
    second = enrolled(crew.store, crew.town.ben)
    said(crew.store, crew.ben, crew.ben.say(answer(issue, MINE)))

    again = said(crew.store, second, second.say(answer(issue, MINE), answer(issue, OTHER)))

    assert again == [("merged", None), ("applied", None)]
    assert stored(crew.store, crew.town.ben)["answer"] == "keep_other"


def test_what_waits_for_the_office_stays_open_after_it_was_seen(field: Field) -> None:
    assign(field.store, field.job_id, field.town.ben)
    field.tablet.say(move(field.job_id, JobEvent.ACCEPT))
    field.push()
    (issue,) = told(field.store, field.tablet)

    came = said(field.store, field.tablet, field.tablet.say(answer(issue, SEEN)))

    assert came == [("applied", None)]
    row = stored(field.store, field.town.ada)
    assert (row["code"], row["answer"], row["closed_at"]) == ("not_assigned", "seen", None)
    assert told(field.store, field.tablet) == []


def test_nothing_can_be_chosen_where_no_values_are_told(field: Field) -> None:
    assign(field.store, field.job_id, field.town.ben)
    field.tablet.say(move(field.job_id, JobEvent.ACCEPT))
    field.push()
    (issue,) = told(field.store, field.tablet)

    came = said(field.store, field.tablet, field.tablet.say(answer(issue, MINE)))

    assert came == [("rejected", "bad_value")]
    assert {row["answer"] for row in rows(field.store, issues)} == {None}


@pytest.mark.parametrize("whose", ["nobody's", "somebody else's", "another job's"])
def test_an_answer_to_no_issue_of_theirs_has_no_effect_and_raises_none(
    crew: Crew, whose: str
) -> None:
    clash(crew)
    (issue,) = told(crew.store, crew.ada if whose == "somebody else's" else crew.ben)
    body = answer(issue, MINE)
    if whose == "nobody's":
        body = AnswerIssue(issue_id=IssueId(uuid7()), answer=SEEN, job_id=issue.job_id)
    if whose == "another job's":
        body = AnswerIssue(issue_id=issue.id, answer=MINE)
    before = rows(crew.store, issues)

    came = said(crew.store, crew.ben, crew.ben.say(body))

    assert came == [("merged", "unknown_issue")]
    assert rows(crew.store, issues) == before


def test_an_issue_of_no_job_can_be_seen(field: Field) -> None:
    field.tablet.say_raw(b'{"dseq":%d,"tx":"tx"}')
    field.push()
    (issue,) = told(field.store, field.tablet)

    came = said(field.store, field.tablet, field.tablet.say(answer(issue, SEEN)))

    assert (issue.job_id, came) == (None, [("applied", None)])
    assert told(field.store, field.tablet) == []


def test_an_answer_is_in_the_history_of_its_job(crew: Crew) -> None:
    clash(crew)
    (issue,) = told(crew.store, crew.ben)
    said(crew.store, crew.ben, crew.ben.say(answer(issue, OTHER)))

    line = crew.store.read_now(list_of_job, crew.job_id)[-1]

    assert (line.action, line.actor_id) == ("issue.answered", crew.ben.device_id)
    assert (line.detail["what"], line.detail["verdict"]) == ("keep_other", "applied")


def test_repeating_an_answer_repeats_its_verdict_and_moves_no_feed(crew: Crew) -> None:
    clash(crew)
    (issue,) = told(crew.store, crew.ben)
    dseqs = crew.ben.say(answer(issue, OTHER), answer(issue, MINE))
    first = said(crew.store, crew.ben, dseqs)
    before = rows(crew.store, issues), pull_page(crew.store, crew.ben)

    assert said(crew.store, crew.ben, dseqs) == first
    assert (rows(crew.store, issues), pull_page(crew.store, crew.ben)) == before
