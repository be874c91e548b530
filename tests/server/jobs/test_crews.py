"""Several technicians on one job: each has it, each may work on it, whatever the order."""

from uuid import UUID

import pytest

from server import cli
from server.database import Store
from server.database.tables.sync import feed, issues
from server.jobs import commands, queries
from server.jobs.records import Job
from server.problems import Conflicting, NotFound, WrongInput
from server.sync import pull
from sync_protocol.ids import JobId, TechnicianId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import JobEntered
from sync_protocol.operations import MoveJob
from tests.server.factories import Town, act, assign, assigned_job, found_town, place_order, rows
from tests.server.tablets import enrolled, push


def set_crew(store: Store, job_id: UUID, *technician_ids: UUID) -> Job:
    return store.write_now(commands.set_crew, job_id, technician_ids, act=act())


def feed_kinds(store: Store) -> dict[UUID, str]:
    return {row["scope"]: row["kind"] for row in rows(store, feed) if row["entity"] == "job"}


@pytest.fixture
def town(store: Store) -> Town:
    return found_town(store)


def test_a_crew_has_the_job_on_its_tablets(store: Store, town: Town) -> None:
    job_id = assigned_job(store, town.ada).job_id

    set_crew(store, job_id, town.ben)

    assert feed_kinds(store) == {town.ada: "update", town.ben: "enter"}
    _, page = store.read_now(pull.read, town.ben, None, None)
    (entry,) = page.entries
    assert isinstance(entry, JobEntered)
    assert (entry.document.assignee_id, entry.document.crew_ids) == (town.ada, (town.ben,))


def test_whoever_leaves_the_crew_loses_the_job(store: Store, town: Town) -> None:
    job_id = assigned_job(store, town.ada).job_id
    set_crew(store, job_id, town.ben)

    set_crew(store, job_id)

    assert feed_kinds(store) == {town.ada: "update", town.ben: "leave"}


def test_a_crew_member_who_becomes_the_assignee_keeps_the_job(store: Store, town: Town) -> None:
    job_id = assigned_job(store, town.ada).job_id
    set_crew(store, job_id, town.ben)

    assign(store, job_id, town.ben)

    job = store.read_now(queries.get, job_id)
    assert (job.assignee_id, job.crew) == (town.ben, ())
    assert feed_kinds(store) == {town.ada: "leave", town.ben: "update"}


def test_a_cancelled_job_leaves_everybody(store: Store, town: Town) -> None:
    job_id = assigned_job(store, town.ada).job_id
    set_crew(store, job_id, town.ben)

    store.write_now(commands.cancel, job_id, reason="moved away", act=act())

    assert feed_kinds(store) == {town.ada: "leave", town.ben: "leave"}


def test_two_tablets_work_on_one_job_and_neither_is_overruled(store: Store, town: Town) -> None:
    job_id = assigned_job(store, town.ada).job_id
    set_crew(store, job_id, town.ben)
    adas, bens = enrolled(store, town.ada), enrolled(store, town.ben)
    for tablet, events in (
        (adas, (JobEvent.ACCEPT, JobEvent.DEPART)),
        (bens, (JobEvent.ARRIVE, JobEvent.START)),
    ):
        for event in events:
            tablet.say(MoveJob(job_id=JobId(job_id), event=event, base_state_version=2))
        push(store, tablet)
    bens.complete(job_id)
    push(store, bens)

    assert store.read_now(queries.get, job_id).state is JobState.COMPLETED
    assert rows(store, issues) == []
    assert set(feed_kinds(store).values()) == {"update"}


def test_a_stranger_to_the_crew_stays_one(store: Store, town: Town) -> None:
    job_id = assigned_job(store, town.ada).job_id
    bens = enrolled(store, town.ben)
    bens.say(MoveJob(job_id=JobId(job_id), event=JobEvent.ACCEPT, base_state_version=2))

    push(store, bens)

    (issue,) = rows(store, issues)
    assert (issue["code"], issue["technician_id"]) == ("not_assigned", TechnicianId(town.ben))


def test_setting_the_same_crew_again_changes_nothing(store: Store, town: Town) -> None:
    job_id = assigned_job(store, town.ada).job_id
    set_crew(store, job_id, town.ben)
    before = rows(store, feed)

    set_crew(store, job_id, town.ben, town.ben)

    assert rows(store, feed) == before


def test_a_crew_that_cannot_be_is_refused_with_its_reason(store: Store, town: Town) -> None:
    unassigned = place_order(store, "O-9", house=2).job_id
    job_id = assigned_job(store, town.ada).job_id

    with pytest.raises(WrongInput, match="is nobody's yet; assign it first"):
        set_crew(store, unassigned, town.ben)
    with pytest.raises(WrongInput, match="has job O-1-1 already"):
        set_crew(store, job_id, town.ada)
    with pytest.raises(NotFound, match="technician"):
        set_crew(store, job_id, UUID(int=5))
    store.write_now(commands.cancel, job_id, reason="x", act=act())
    with pytest.raises(Conflicting, match="is cancelled; it needs no crew"):
        set_crew(store, job_id, town.ben)


def test_the_shell_sets_a_crew_by_personnel_numbers(
    sqlite_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", sqlite_url)
    store = Store(sqlite_url)
    town = found_town(store)
    job_id = assigned_job(store, town.ada).job_id
    store.close()

    assert cli.main(["job", "crew", "O-1-1", "Ben"]) == 0

    assert "O-1-1 is assigned, with Ben" in capsys.readouterr().out
    store = Store(sqlite_url)
    assert store.read_now(queries.get, job_id).crew == (town.ben,)
    store.close()
    assert cli.main(["job", "crew", "O-1-1", "Nobody"]) == 2
