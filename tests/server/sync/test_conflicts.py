"""Two entries that clash: both are kept, with who and when, and whoever is overruled is told."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from server.database.tables.sync import feed, issues, operations
from server.database.tables.work import job_fields
from sync_protocol.documents import IssueDocument
from sync_protocol.ids import Incarnation
from sync_protocol.operations import Origin
from tests.server.factories import NOON, assign, change, rows
from tests.server.sync.crew import LATER, Crew, clash, told
from tests.server.tablets import enrolled, moment, push, set_field, verdicts

WORKED = NOON - timedelta(seconds=1)
"""A tablet of these tests pushes one second after the work."""


def both_sides(issue: IssueDocument) -> tuple[Any, ...]:
    mine = (issue.field_value, issue.field_by, issue.field_at)
    return mine, (issue.office_value, issue.office_by, issue.office_at)


def test_whoever_comes_last_is_told_whose_value_was_written_over(crew: Crew) -> None:
    clash(crew)

    (issue,) = told(crew.store, crew.ben)

    assert (issue.code, issue.field, issue.base_value) == (
        "edited_on_both_sides", "access_notes", ""
    )  # fmt: skip
    assert both_sides(issue) == (
        ("knock", "Ben", LATER - timedelta(seconds=1)),
        ("bell", "Ada", WORKED),
    )


def test_whoever_is_overruled_is_told_by_whom_about_the_own_operation(crew: Crew) -> None:
    clash(crew)

    (issue,) = told(crew.store, crew.ada)

    assert (issue.kind, issue.code) == ("kept_as_conflict", "overruled")
    assert (issue.job_id, issue.field, issue.base_value) == (crew.job_id, "access_notes", "")
    assert (issue.incarnation, issue.dseq) == (crew.ada.incarnation, 1)
    assert both_sides(issue) == (
        ("bell", "Ada", WORKED),
        ("knock", "Ben", LATER - timedelta(seconds=1)),
    )
    assert issue.raised_at == LATER


def test_a_clash_of_two_tablets_of_one_technician_is_told_once(crew: Crew) -> None:
    second = enrolled(crew.store, crew.town.ada)
    crew.ada.say(set_field(crew.job_id, "bell"))
    second.say(set_field(crew.job_id, "knock"))
    push(crew.store, crew.ada)
    push(crew.store, second)

    (issue,) = told(crew.store, crew.ada)

    assert (issue.code, issue.incarnation) == ("edited_on_both_sides", second.incarnation)
    assert both_sides(issue) == (("knock", "Ada", WORKED), ("bell", "Ada", WORKED))
    assert told(crew.store, second) == [issue]


def test_who_is_overruled_by_several_of_a_push_is_told_by_the_first(crew: Crew) -> None:
    crew.ada.say(set_field(crew.job_id, "bell"))
    crew.ben.say(set_field(crew.job_id, "knock"), set_field(crew.job_id, "shout", base=1))
    push(crew.store, crew.ada)
    push(crew.store, crew.ben)

    (mine,) = told(crew.store, crew.ada)
    his = told(crew.store, crew.ben)

    assert (mine.field_value, mine.office_value) == ("bell", "knock")
    assert sorted((str(each.office_value), str(each.office_by)) for each in his) == [
        ("bell", "Ada"),
        ("knock", "Ben"),
    ]


@pytest.mark.parametrize("base", [1, 0], ids=["seen before", "the same value"])
def test_nobody_is_overruled_by_an_entry_that_clashes_with_nothing(crew: Crew, base: int) -> None:
    crew.ada.say(set_field(crew.job_id, "bell"))
    crew.ben.say(set_field(crew.job_id, "knock" if base else "bell", base=base))
    push(crew.store, crew.ada)
    push(crew.store, crew.ben)

    assert rows(crew.store, issues) == []


def test_a_former_technician_learns_that_they_were_overruled_and_not_by_what(crew: Crew) -> None:
    crew.ada.say(set_field(crew.job_id, "bell"))
    crew.ben.say(set_field(crew.job_id, "knock", base_value="a secret"))
    push(crew.store, crew.ada)
    assign(crew.store, crew.job_id, crew.town.ben)
    push(crew.store, crew.ben)

    (mine,) = told(crew.store, crew.ada)
    (his,) = told(crew.store, crew.ben)

    assert both_sides(mine) == (("bell", "Ada", WORKED), ("", None, None))
    assert (mine.code, mine.base_value) == ("overruled", None)
    assert both_sides(his)[1] == ("bell", "Ada", WORKED)


def test_what_a_former_technician_enters_overrules_nobody_and_names_nobody(crew: Crew) -> None:
    crew.ada.say(set_field(crew.job_id, "bell"))
    crew.ben.say(set_field(crew.job_id, "knock"))
    push(crew.store, crew.ada)
    crew.set_crew()
    push(crew.store, crew.ben)

    (issue,) = told(crew.store, crew.ben)

    assert issue.code == "not_assigned"
    assert both_sides(issue) == (("knock", "Ben", WORKED), ("", None, None))
    assert told(crew.store, crew.ada) == []


def test_a_value_of_unknown_origin_is_named_as_nobodys(crew: Crew) -> None:
    crew.ada.say(set_field(crew.job_id, "bell"))
    crew.ben.say(set_field(crew.job_id, "knock"))
    push(crew.store, crew.ada)
    # As a database is that was migrated.
    unknown = dict.fromkeys(("set_by", "set_at", "set_incarnation", "set_dseq"))
    change(crew.store, sa.update(job_fields).values(unknown))
    push(crew.store, crew.ben)

    (issue,) = told(crew.store, crew.ben)

    assert both_sides(issue) == (("knock", "Ben", WORKED), ("bell", None, None))
    assert told(crew.store, crew.ada) == []


def test_repeating_a_clash_tells_nobody_again(crew: Crew) -> None:
    clash(crew)
    before = rows(crew.store, issues), rows(crew.store, feed)

    push(crew.store, crew.ada, now=LATER)
    push(crew.store, crew.ben, now=LATER)

    assert (rows(crew.store, issues), rows(crew.store, feed)) == before


def test_issuing_a_clash_again_tells_nobody_again(crew: Crew) -> None:
    clash(crew)
    before = rows(crew.store, issues)
    again = enrolled(crew.store, crew.town.ben)
    origin = Origin(incarnation=Incarnation(crew.ben.incarnation), dseq=1)
    again.say(set_field(crew.job_id, "knock"), origin=origin)

    answered = push(crew.store, again, now=LATER)

    assert verdicts(answered) == [("duplicate", None)]
    assert rows(crew.store, issues) == before


def test_what_cannot_be_read_is_told_with_who_and_without_a_time(crew: Crew) -> None:
    crew.ada.say_raw(b'{"dseq":%d,"tx":"tx"}')

    push(crew.store, crew.ada)

    (issue,) = told(crew.store, crew.ada)
    assert (issue.kind, issue.field_by, issue.field_at) == ("rejected", "Ada", None)


def test_a_field_remembers_the_work_and_not_the_arrival(crew: Crew) -> None:
    crew.ada.say(set_field(crew.job_id, "bell"), set_field(crew.job_id, "knock", base=1))
    crew.ada.clock = moment(monotonic_ms=61_000)

    push(crew.store, crew.ada, now=LATER)

    (row,) = rows(crew.store, job_fields)
    assert (row["set_by"], row["set_at"]) == (crew.town.ada, LATER - timedelta(minutes=1))
    assert (row["set_incarnation"], row["set_dseq"]) == (crew.ada.incarnation, 2)
    assert len(rows(crew.store, operations)) == 2
