from uuid import UUID

import pytest

from server.database import Store
from server.database.tables.sync import feed
from server.jobs import commands, queries
from server.jobs.queries import JobFilter
from server.problems import NotFound
from sync_protocol.jobs import JobState, MoveNotAllowed
from tests.server.factories import (
    OFFICE,
    act,
    assign,
    assigned_job,
    found_town,
    place_order,
    rows,
)


def feed_kinds(store: Store) -> dict[UUID, str]:
    return {row["scope"]: row["kind"] for row in rows(store, feed)}


def test_a_job_is_in_the_feed_of_whoever_has_it(store: Store) -> None:
    town = found_town(store)
    job_id = assigned_job(store, town.ada).job_id
    assert feed_kinds(store) == {town.ada: "enter"}

    assign(store, job_id, town.ben)

    assert feed_kinds(store) == {town.ada: "leave", town.ben: "enter"}
    job = store.read_now(queries.get, job_id)
    assert (job.assignee_id, job.state, job.state_version) == (town.ben, JobState.ASSIGNED, 3)


def test_assigning_to_whom_it_belongs_changes_nothing(store: Store) -> None:
    town = found_town(store)
    job_id = assigned_job(store, town.ada).job_id
    before = (store.read_now(queries.get, job_id), rows(store, feed))

    assign(store, job_id, town.ada)

    assert before == (store.read_now(queries.get, job_id), rows(store, feed))


def test_a_cancelled_job_is_over_for_everybody(store: Store) -> None:
    town = found_town(store)
    job_id = assigned_job(store, town.ada).job_id
    store.write_now(commands.cancel, job_id, reason="moved", act=act(actor=OFFICE))

    assert feed_kinds(store) == {town.ada: "leave"}
    for again in (
        lambda: assign(store, job_id, town.ben),
        lambda: store.write_now(commands.cancel, job_id, reason="x", act=act(actor=OFFICE)),
    ):
        with pytest.raises(MoveNotAllowed, match="cancelled cannot"):
            again()


def test_an_unassigned_job_can_be_cancelled_and_concerns_no_tablet(store: Store) -> None:
    found_town(store)
    job_id = place_order(store).job_id

    store.write_now(commands.cancel, job_id, reason="moved", act=act(actor=OFFICE))

    assert feed_kinds(store) == {}


def test_nobody_and_nothing_unknown_is_assigned(store: Store) -> None:
    town = found_town(store)
    job_id = place_order(store).job_id
    with pytest.raises(NotFound, match="technician"):
        assign(store, job_id, UUID(int=7))
    with pytest.raises(NotFound, match="job"):
        assign(store, UUID(int=7), town.ada)


def test_the_list_holds_what_is_asked_for_unassigned_first(store: Store) -> None:
    town = found_town(store)
    adas = assigned_job(store, town.ada, "O-1").job_id
    nobodys = place_order(store, "O-2", house=2).job_id

    def ids(wanted: JobFilter) -> list[UUID]:
        return [line.id for line in store.read_now(queries.list_page, wanted)]

    assert ids(JobFilter()) == [nobodys, adas]
    assert ids(JobFilter(assignee_id=town.ada)) == [adas]
    assert ids(JobFilter(state=JobState.UNASSIGNED)) == [nobodys]
