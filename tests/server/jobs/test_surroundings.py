"""What a job tells of its premise: earlier visits and open tickets, and who hears of a change."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from uuid_utils.compat import uuid7

from server.database import Store, Written
from server.database.tables import offers, plant, work
from server.database.tables.sync import feed
from server.jobs import queries
from server.jobs.records import Visit
from server.jobs.storage import insert_visits
from server.tickets import commands as tickets
from server.tickets.commands import Ticket
from sync_protocol.documents import TICKETS_MAX, VISIT_PHOTOS_MAX, VISITS_MAX, JobDocument
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.operations import GiveUpJob, Photo
from sync_protocol.optics import Verdict
from tests.server.factories import (
    NOON,
    act,
    assign,
    assigned_job,
    change,
    found_town,
    place_order,
    rows,
)
from tests.server.sync.field import Field
from tests.server.tablets import SERIAL, bodies, capture, enrolled, move, push, record


@pytest.fixture
def field(store: Store) -> Field:
    """Ada's tablet and a job of hers at the first house."""
    town = found_town(store)
    tablet = enrolled(store, town.ada)
    return Field(store=store, town=town, tablet=tablet, job_id=assigned_job(store, town.ada).job_id)


def shown(store: Store, job_id: UUID) -> JobDocument:
    return store.read_now(queries.documents, [job_id])[job_id]


def seq_of(store: Store, job_id: UUID) -> int:
    return max(row["seq"] for row in rows(store, feed) if row["entity_id"] == job_id)


def a_ticket(**changes: object) -> Ticket:
    ticket = Ticket(
        number="T-1",
        account="A-1",
        premise="P-1",
        subject="Slow in the evening",
        priority="high",
        opened_at=NOON,
    )
    return msgspec.structs.replace(ticket, **changes)


def keep_ticket(store: Store, external_id: str, ticket: Ticket) -> None:
    store.write_now(tickets.put, external_id, ticket, act=act())


def a_visit(field: Field, at: int, **changes: object) -> Visit:
    visit = Visit(
        id=uuid7(),
        job_id=field.job_id,
        premise_id=field.town.premises[0],
        technician_id=field.town.ada,
        technician="Ada",
        state=JobState.NOT_DONE,
        code="N01",
        remark=f"visit {at}",
        ended_at=NOON + timedelta(days=at),
        received_at=NOON + timedelta(days=at),
    )
    return msgspec.structs.replace(visit, **changes)


def test_the_next_technician_sees_how_the_last_visit_ended(field: Field) -> None:
    other = assigned_job(field.store, field.town.ben, "O-2").job_id
    field.tablet.complete(field.job_id)
    field.push()

    (visit,) = shown(field.store, other).visits

    assert (visit.job_number, visit.kind, visit.technician) == ("O-1-1", "install", "Ada")
    assert (visit.state, visit.code) == (JobState.COMPLETED, "D02")
    assert visit.ended_at == NOON - timedelta(seconds=1), "when the work was done, not received"
    assert (visit.serial, visit.rx_power_cdbm, visit.light_verdict) == (SERIAL, -1940, Verdict.OK)
    assert [photo.subject for photo in visit.photos] == ["ont_mounted", "ont_label"]


def test_a_visit_that_failed_is_told_with_its_remark_to_whoever_comes_again(field: Field) -> None:
    said = GiveUpJob(
        job_id=JobId(field.job_id), code="N02", base_state_version=2, remark="The dog is loose."
    )
    field.tablet.say(said)
    field.push()
    assert shown(field.store, field.job_id).visits == ()

    assign(field.store, field.job_id, field.town.ben)

    (visit,) = shown(field.store, field.job_id).visits
    assert (visit.state, visit.code, visit.remark) == (
        JobState.NOT_DONE,
        "N02",
        "The dog is loose.",
    )


def test_breaking_off_ends_a_visit_without_a_code(field: Field) -> None:
    other = assigned_job(field.store, field.town.ben, "O-2").job_id
    field.tablet.say(move(field.job_id, JobEvent.ABORT))
    field.push()

    (visit,) = shown(field.store, other).visits

    assert (visit.state, visit.code) == (JobState.ABORTED, None)


def test_work_on_a_job_that_was_called_off_meanwhile_was_a_visit_too(field: Field) -> None:
    other = assigned_job(field.store, field.town.ben, "O-2").job_id
    field.tablet.complete(field.job_id)
    change(
        field.store,
        sa.update(work.jobs).where(work.jobs.c.id == field.job_id).values(state="cancelled"),
    )

    field.push()

    (visit,) = shown(field.store, other).visits
    assert (visit.state, visit.serial) == (JobState.COMPLETED, SERIAL)


def test_a_visit_is_stored_once_however_often_it_is_pushed(field: Field) -> None:
    field.tablet.complete(field.job_id)
    field.push()
    field.push()

    assert len(rows(field.store, work.visits)) == 1


def test_what_one_visit_captured_is_not_told_of_the_next(field: Field) -> None:
    first = capture(Photo(subject="closed_door", sha256="d" * 64, size_bytes=5))
    field.tablet.say(record(field.job_id, first))
    field.tablet.say(GiveUpJob(job_id=JobId(field.job_id), code="N01", base_state_version=2))
    field.push()
    assign(field.store, field.job_id, field.town.ben)
    bens = enrolled(field.store, field.town.ben)
    bens.complete(field.job_id)
    push(field.store, bens, now=NOON + timedelta(hours=1))
    other = assigned_job(field.store, field.town.ada, "O-2").job_id

    newest, oldest = shown(field.store, other).visits

    assert (newest.technician, [each.subject for each in newest.photos]) == (
        "Ben",
        ["ont_mounted", "ont_label"],
    )
    assert (oldest.technician, [each.subject for each in oldest.photos]) == ("Ada", ["closed_door"])


def test_a_photo_that_comes_late_is_told_of_the_visit_it_belongs_to(field: Field) -> None:
    other = assigned_job(field.store, field.town.ben, "O-2").job_id
    field.tablet.complete(field.job_id)
    field.push()
    before = seq_of(field.store, other)
    late = capture(Photo(subject="cellar", sha256="e" * 64, size_bytes=5))
    said = field.tablet.say(record(field.job_id, late))
    push(field.store, field.tablet, said[0], now=NOON + timedelta(hours=1))

    (visit,) = shown(field.store, other).visits

    assert "cellar" in {photo.subject for photo in visit.photos}
    assert seq_of(field.store, other) > before


def test_of_a_long_history_the_newest_visits_are_told_newest_first(field: Field) -> None:
    ended = [a_visit(field, at) for at in range(VISITS_MAX + 5)]
    change_visits(field.store, *ended)

    told = [visit.remark for visit in shown(field.store, field.job_id).visits]

    assert told == [f"visit {at}" for at in range(VISITS_MAX + 4, 4, -1)]


def test_of_many_photos_the_last_ones_are_told(field: Field) -> None:
    other = assigned_job(field.store, field.town.ben, "O-2").job_id
    many = [
        Photo(subject=f"photo {at}", sha256=f"{at:064x}", size_bytes=5)
        for at in range(VISIT_PHOTOS_MAX + 3)
    ]
    field.tablet.complete(field.job_id, [*bodies()[:2], *many])
    field.push()

    (visit,) = shown(field.store, other).visits

    assert [photo.subject for photo in visit.photos] == [each.subject for each in many[3:]]


def test_a_completion_brings_the_other_jobs_at_the_premise_and_no_others(field: Field) -> None:
    store, town = field.store, field.town
    here = assigned_job(store, town.ben, "O-2").job_id
    elsewhere = assigned_job(store, town.ben, "O-3", house=2).job_id
    before = {job: seq_of(store, job) for job in (here, elsewhere)}

    field.tablet.complete(field.job_id)
    field.push()

    assert seq_of(store, here) > before[here]
    assert seq_of(store, elsewhere) == before[elsewhere]


def test_a_job_that_left_a_scope_is_not_brought_back_by_a_visit(field: Field) -> None:
    other = assigned_job(field.store, field.town.ben, "O-2").job_id
    assign(field.store, other, field.town.ada)

    field.tablet.complete(field.job_id)
    field.push()

    kinds = {
        row["scope"]: row["kind"] for row in rows(field.store, feed) if row["entity_id"] == other
    }
    assert kinds == {field.town.ben: "leave", field.town.ada: "update"}


@pytest.mark.parametrize(
    ("ticket", "is_shown"),
    [
        (a_ticket(), True),
        (a_ticket(premise=None), True),
        (a_ticket(premise="P-2"), False),
        (a_ticket(closed_at=NOON), False),
    ],
)
def test_open_tickets_of_the_premise_or_of_the_account_as_a_whole_are_shown(
    field: Field, ticket: Ticket, *, is_shown: bool
) -> None:
    keep_ticket(field.store, "X-1", ticket)

    assert len(shown(field.store, field.job_id).tickets) == is_shown


def test_the_newest_open_tickets_are_shown_newest_first(field: Field) -> None:
    for at in range(TICKETS_MAX + 2):
        keep_ticket(
            field.store,
            f"X-{at}",
            a_ticket(number=f"T-{at}", opened_at=NOON + timedelta(minutes=at)),
        )

    told = [ticket.number for ticket in shown(field.store, field.job_id).tickets]

    assert told == [f"T-{at}" for at in range(TICKETS_MAX + 1, 1, -1)]


@pytest.mark.parametrize(
    "then",
    [
        a_ticket(subject="No light"),
        a_ticket(number="T-2"),
        a_ticket(priority="low"),
        a_ticket(opened_at=NOON - timedelta(days=1)),
        a_ticket(closed_at=NOON),
        a_ticket(premise="P-2"),
        a_ticket(premise=None),
    ],
)
@pytest.mark.parametrize("at_first", [a_ticket(), a_ticket(premise=None)])
def test_whoever_holds_a_job_hears_of_its_tickets(
    field: Field, at_first: Ticket, then: Ticket
) -> None:
    seqs = [seq_of(field.store, field.job_id)]
    documents = [shown(field.store, field.job_id)]
    for ticket in (at_first, then):
        keep_ticket(field.store, "X-1", ticket)
        seqs.append(seq_of(field.store, field.job_id))
        documents.append(shown(field.store, field.job_id))

    for step in (1, 2):
        if documents[step] != documents[step - 1]:
            assert seqs[step] > seqs[step - 1]


def test_the_same_ticket_again_tells_nobody(field: Field) -> None:
    keep_ticket(field.store, "X-1", a_ticket())
    before = seq_of(field.store, field.job_id)

    keep_ticket(field.store, "X-1", a_ticket())

    assert seq_of(field.store, field.job_id) == before


def test_what_runs_at_the_premise_is_told(field: Field) -> None:
    change(
        field.store,
        sa.update(offers.services).values(ont_serial=SERIAL, baseline_cdbm=-1940, live_at=NOON),
    )

    told = shown(field.store, field.job_id)

    assert (told.current_serial, told.baseline_cdbm, told.live_at) == (SERIAL, -1940, NOON)


def test_the_reserved_ont_says_which_model_to_take_along_else_the_product(field: Field) -> None:
    store = field.store
    assert shown(store, field.job_id).expected_model is None

    change(store, sa.update(offers.products).values(ont_model="G-010G-T"))
    of_product = shown(store, field.job_id).expected_model
    change(store, sa.insert(plant.onts).values(serial=SERIAL, model="HG8245H"))
    change(store, sa.update(work.jobs).values(reserved_serial=SERIAL))

    assert (of_product, shown(store, field.job_id).expected_model) == ("G-010G-T", "HG8245H")


def test_rendering_runs_the_same_statements_however_many_jobs_and_visits_there_are(
    field: Field,
) -> None:
    store = field.store
    change_visits(store, a_visit(field, 1))
    one = _statements(store, [field.job_id])
    jobs = [
        assigned_job(store, field.town.ada, f"O-{at}", house=1 + at % 4).job_id
        for at in range(2, 9)
    ]
    for house in range(4):
        premise_id = field.town.premises[house]
        change_visits(store, *(a_visit(field, at, premise_id=premise_id) for at in range(15)))

    many = _statements(store, [field.job_id, *jobs])

    assert len(many) == len(one)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_statement_of_a_document_reads_a_table_whole(field: Field) -> None:
    change_visits(field.store, a_visit(field, 1))
    keep_ticket(field.store, "X-1", a_ticket())
    plans = [
        line
        for sql, values in _statements(field.store, [field.job_id])
        for line in field.store.read_now(_plan, sql, values)
    ]

    assert any("ix_visits_premise_order" in line for line in plans)
    assert [line for line in plans if line.startswith("SCAN")] == []


def test_an_order_without_anything_around_it_has_nothing_to_tell(field: Field) -> None:
    placed = place_order(field.store, "O-2", house=2)

    told = shown(field.store, placed.job_id)

    assert (told.visits, told.tickets, told.premise.access_notes, told.premise.hazards) == (
        (),
        (),
        "",
        (),
    )


def change_visits(store: Store, *ended: Visit) -> None:
    def unit(db: sa.Connection) -> Written[None]:
        insert_visits(db, ended)
        return Written(None)

    store.write_now(unit)


def _plan(db: sa.Connection, sql: str, values: Any) -> list[str]:  # noqa: ANN401  a driver's
    return [str(row[3]) for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]


def _statements(store: Store, job_ids: list[UUID]) -> list[tuple[str, Any]]:
    asked: list[tuple[str, Any]] = []

    def note(*of: Any) -> None:  # noqa: ANN401  SQLAlchemy's arguments of this event
        _connection, _cursor, sql, values, *_rest = of
        if sql.startswith("SELECT"):
            asked.append((sql, values))

    event.listen(store.reading, "before_cursor_execute", note)
    store.read_now(queries.documents, job_ids)
    event.remove(store.reading, "before_cursor_execute", note)
    return asked
