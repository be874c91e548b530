"""Jobs that begin in the field, as the server takes them up."""

from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from field_client.replica.created import document_of
from server.database.tables.fulfilment import inbox_items, processes
from server.database.tables.offers import order_items, orders
from server.database.tables.people import audit
from server.database.tables.sync import issues
from server.database.tables.work import captures, completions, jobs
from server.fulfilment import queries as fulfilment
from server.jobs import commands as job_commands
from server.jobs import queries
from server.jobs.records import Job
from server.orders.records import NO_CHANGE
from sync_protocol import wire
from sync_protocol.field_jobs import number_of
from sync_protocol.ids import JobId, TechnicianId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import BriefingUpdated, JobEntered, WithJob
from sync_protocol.operations import Note, Operation
from tests.server.factories import OFFICE, act, assign, count, place_order, rows
from tests.server.sync.field import Field
from tests.server.tablets import (
    capture,
    create_job,
    enrolled,
    move,
    pull_page,
    push,
    record,
    set_field,
    verdicts,
)

APPLIED, PARKED = ("applied", None), ("parked", "needs_placing")


def job(field: Field, job_id: UUID) -> Job:
    return field.store.read_now(queries.get, job_id)


def begin(field: Field, *, beside: UUID | None = None) -> UUID:
    """Let Ada begin a job beside hers, and push it."""
    job_id = uuid7()
    (number,) = field.tablet.say(create_job(job_id, premise_of=beside or field.job_id))
    assert verdicts(field.push(number)) == [APPLIED]
    return job_id


def test_a_job_beside_one_of_theirs_is_theirs_with_an_order_of_its_own(field: Field) -> None:
    job_id = begin(field)

    begun, beside = job(field, job_id), field.job
    assert (begun.number, begun.state) == (number_of(JobId(job_id)), JobState.ASSIGNED)
    assert (begun.state_version, begun.team) == (1, (field.town.ada,))
    assert (begun.premise_id, begun.service_id) == (beside.premise_id, beside.service_id)
    (item,) = (row for row in rows(field.store, order_items) if row["id"] == begun.order_item_id)
    (order,) = (row for row in rows(field.store, orders) if row["id"] == item["order_id"])
    assert (item["action"], order["number"]) == (NO_CHANGE, begun.number)
    assert order["account_id"] == field.town.account
    told = [row["action"] for row in rows(field.store, audit) if row["job_id"] == job_id]
    assert told == ["job.created"]


def test_it_enters_the_scope_as_the_tablet_has_shown_it(field: Field) -> None:
    field.push()
    before = pull_page(field.store, field.tablet)
    job_id = begin(field)

    (entry,) = pull_page(field.store, field.tablet, before.cursor).entries

    assert isinstance(entry, JobEntered)
    said = wire.decode(field.tablet.said[0], Operation)
    beside = field.store.read_now(queries.documents, [field.job_id])[field.job_id]
    shown = document_of(said, TechnicianId(field.town.ada), {JobId(field.job_id): beside})
    # Work is timed by the moment of arrival, a second after it was done.
    assert msgspec.structs.replace(entry.document, appointment=shown.appointment) == shown
    assert entry.document.id == job_id


def test_what_follows_it_in_the_same_push_is_work_on_it(field: Field) -> None:
    job_id = uuid7()
    field.tablet.say(
        create_job(job_id, premise_of=field.job_id),
        move(job_id, JobEvent.START, base=1),
        record(job_id, capture(Note(text="behind the shelf"))),
        set_field(job_id, "two metres", field="technician_remark"),
    )

    assert verdicts(field.push()) == [APPLIED] * 4
    assert (job(field, job_id).state, job(field, job_id).state_version) == (JobState.WORKING, 2)
    assert count(field.store, captures, captures.c.job_id == job_id) == 1
    (entry,) = (
        each
        for each in pull_page(field.store, field.tablet).entries
        if isinstance(each, JobEntered) and each.document.id == job_id
    )
    assert entry.document.fields["technician_remark"].value == "two metres"


@pytest.mark.parametrize("size", [1, 2, 7])
def test_it_comes_to_the_same_however_the_day_is_split(field: Field, size: int) -> None:
    job_id = uuid7()
    field.tablet.say(create_job(job_id, premise_of=field.job_id))
    field.tablet.complete(job_id)
    found = [
        verdict
        for first in range(1, 8, size)
        for verdict in verdicts(field.push(first, min(first + size - 1, 7)))
    ]

    assert found[:6] == [APPLIED] * 6
    assert (found[6][0], job(field, job_id).state) == ("merged", JobState.COMPLETED)
    assert verdicts(field.push()) == found


def test_finishing_it_activates_and_charges_nothing(field: Field) -> None:
    job_id = begin(field)
    field.tablet.complete(job_id)
    field.push(2)

    begun = job(field, job_id)
    assert begun.state is JobState.COMPLETED
    assert count(field.store, processes) == 0
    (item,) = (row for row in rows(field.store, order_items) if row["id"] == begun.order_item_id)
    assert item["state"] == "completed"


def test_what_changes_the_service_is_told_of_every_job_about_it(field: Field) -> None:
    job_id = begin(field)
    cursor = pull_page(field.store, field.tablet).cursor
    field.tablet.complete(field.job_id)
    field.push(2)

    told = {
        each.document.id: each.document.service_state
        for each in pull_page(field.store, field.tablet, cursor).entries
        if isinstance(each, WithJob)
    }

    assert told == {field.job_id: "reserved", job_id: "reserved"}


def test_the_office_sees_that_it_causes_nothing(field: Field) -> None:
    job_id = begin(field)
    field.tablet.complete(job_id)
    field.push(2)

    shown = field.store.read_now(fulfilment.of_job, job_id)

    assert (shown.processes, shown.waiting_for, shown.charges) == ((), (), ())


def test_a_job_may_begin_beside_one_that_began_in_the_same_push(field: Field) -> None:
    first, second = uuid7(), uuid7()
    field.tablet.say(
        create_job(first, premise_of=field.job_id), create_job(second, premise_of=first)
    )

    assert verdicts(field.push()) == [APPLIED, APPLIED]
    assert job(field, second).premise_id == field.job.premise_id


@pytest.mark.parametrize("kind", ["install", "telepathy"])
def test_a_job_that_cannot_be_placed_is_kept_with_all_that_is_done_on_it(
    field: Field, kind: str
) -> None:
    job_id = uuid7()
    premise_of = None if kind == "install" else field.job_id
    field.tablet.say(create_job(job_id, premise_of=premise_of, kind=kind))
    field.tablet.say(
        move(job_id, JobEvent.START, base=1),
        record(job_id, capture(Note(text="behind the shelf"))),
    )

    assert verdicts(field.push()) == [PARKED, ("parked", "unknown_job"), ("parked", "unknown_job")]
    assert count(field.store, jobs, jobs.c.id == job_id) == 0
    raised = [row for row in rows(field.store, issues) if row["job_id"] == job_id]
    assert [row["code"] for row in raised] == ["needs_placing", "unknown_job", "unknown_job"]
    assert f"'{kind}' at 'Lindenweg 1'" in raised[0]["field_value"]


def test_beside_what_is_not_theirs_nothing_begins(field: Field) -> None:
    of_ben = place_order(field.store, "O-2", house=2).job_id
    assign(field.store, of_ben, field.town.ben)
    of_nobody = place_order(field.store, "O-3", house=3).job_id
    for beside in (of_ben, of_nobody, uuid7()):
        field.tablet.say(create_job(uuid7(), premise_of=beside))

    assert verdicts(field.push()) == [PARKED] * 3


def test_beside_a_cancelled_job_nothing_begins(field: Field) -> None:
    field.store.write_now(
        job_commands.cancel, field.job_id, reason="moved away", act=act(actor=OFFICE)
    )
    field.tablet.say(create_job(uuid7(), premise_of=field.job_id))

    assert verdicts(field.push()) == [PARKED]


def test_the_crew_begins_jobs_as_well(field: Field) -> None:
    field.store.write_now(
        job_commands.set_crew, field.job_id, [field.town.ben], act=act(actor=OFFICE)
    )
    of_ben, job_id = enrolled(field.store, field.town.ben), uuid7()
    of_ben.say(create_job(job_id, premise_of=field.job_id))

    assert verdicts(push(field.store, of_ben)) == [APPLIED]
    assert job(field, job_id).assignee_id == field.town.ben


@pytest.mark.parametrize("size", [1, 9])
def test_work_that_came_before_its_job_is_taken_up_with_it_as_evidence(
    field: Field, size: int
) -> None:
    """As of the copy of a tablet, after the server was put back to before the job began."""
    job_id = uuid7()
    field.tablet.complete(job_id)
    field.tablet.say(create_job(job_id, premise_of=field.job_id))
    found = [
        verdict
        for first in range(1, 8, size)
        for verdict in verdicts(field.push(first, min(first + size - 1, 7)))
    ]

    assert found == [*[("parked", "unknown_job")] * 6, APPLIED]
    assert job(field, job_id).state is JobState.ASSIGNED
    kept = [row for row in rows(field.store, captures) if row["job_id"] == job_id]
    assert (len(kept), all(row["late"] for row in kept)) == (5, True)
    (completion,) = rows(field.store, completions)
    assert (completion["job_id"], completion["verdict"]) == (job_id, "parked")
    assert completion["device_id"] == field.tablet.device_id
    (item,) = rows(field.store, inbox_items)
    assert item["completion_id"] == completion["id"]
    assert verdicts(field.push()) == found


def test_what_somebody_else_said_of_an_unknown_job_stays_parked(field: Field) -> None:
    of_ben, job_id = enrolled(field.store, field.town.ben), uuid7()
    of_ben.say(record(job_id, capture(Note(text="behind the shelf"))))
    push(field.store, of_ben)

    field.tablet.say(create_job(job_id, premise_of=field.job_id))
    field.push()

    assert count(field.store, captures, captures.c.job_id == job_id) == 0


def test_an_id_that_is_in_use_begins_nothing(field: Field) -> None:
    job_id = begin(field)
    before = job(field, job_id)
    field.tablet.say(
        create_job(job_id, premise_of=field.job_id),
        create_job(field.job_id, premise_of=field.job_id),
    )

    assert verdicts(field.push(2)) == [("rejected", "id_reuse")] * 2
    assert job(field, job_id) == before


def test_two_jobs_never_share_a_number(field: Field) -> None:
    """In one push and in two; such ids come of no sound tablet, and must stop no queue."""
    first = uuid7()
    alike = [UUID(int=first.int ^ (n << 64)) for n in (1, 2)]
    field.tablet.say(*(create_job(each, premise_of=field.job_id) for each in (first, alike[0])))
    in_one = verdicts(field.push())
    field.tablet.say(create_job(alike[1], premise_of=field.job_id))

    assert (in_one, verdicts(field.push(3))) == ([APPLIED, PARKED], [PARKED])


def test_an_order_of_the_office_keeps_its_number(field: Field) -> None:
    job_id = uuid7()
    place_order(field.store, number_of(JobId(job_id)), house=2)
    field.tablet.say(create_job(job_id, premise_of=field.job_id))

    assert verdicts(field.push()) == [PARKED]


def test_one_that_was_given_away_is_worked_on_by_whoever_has_it(field: Field) -> None:
    job_id = begin(field)
    assign(field.store, job_id, field.town.ben)

    assert job(field, job_id).assignee_id == field.town.ben
    entries = pull_page(field.store, enrolled(field.store, field.town.ben)).entries
    assert [type(each) for each in entries] == [JobEntered, BriefingUpdated]
