from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from field_client import capture
from field_client.replica.cards import list_jobs
from field_client.replica.inbox import Progress, apply_response
from field_client.replica.outbox import next_push
from field_client.replica.state import get_state
from field_client.replica.views import count_all, get_job, list_issues
from field_client.storage import Connection, Unencrypted, open_replica
from sync_protocol import wire
from sync_protocol.documents import IssueDocument, IssueKind, JobDocument
from sync_protocol.ids import Incarnation, IssueId, JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import IssueClosed, IssueRaised, SyncResponse
from tests.field_client.exchanges import answer, ask, dump, sync
from tests.field_client.factories import (
    NOON,
    a_job,
    a_moment,
    a_pen,
    an_enrolled_replica,
)
from tests.field_client.fake_server import FakeServer

JOB = JobId(UUID(int=100))


def with_entries(response: SyncResponse, *entries: IssueRaised | IssueClosed) -> SyncResponse:
    page = msgspec.structs.replace(response.pull, entries=entries)
    return msgspec.structs.replace(response, pull=page)


def an_issue() -> IssueDocument:
    return IssueDocument(
        id=IssueId(UUID(int=5)),
        job_id=JOB,
        kind=IssueKind.KEPT_AS_CONFLICT,
        code="not_assigned",
        incarnation=Incarnation(UUID(int=1)),
        dseq=1,
        raised_at=NOON,
        field_value="start",
        office_value="assigned",
    )


def test_work_done_offline_is_on_the_server_after_a_sync(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    assert server.jobs[JOB].state is JobState.ASSIGNED

    sync(db, server)

    assert server.jobs[JOB].state is JobState.WORKING
    view = get_job(db, JOB)
    assert view.card.state is JobState.WORKING
    assert view.document == server.jobs[JOB]
    assert count_all(db).by_verdict == {"applied": 1}


def test_an_answer_applied_twice_changes_nothing(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    request = next_push(db, a_moment(), "1")
    response = server.handle(request)
    assert isinstance(response, SyncResponse)
    apply_response(db, request, response, a_moment())
    once = dump(db)

    apply_response(db, request, response, a_moment())

    assert dump(db) == once


def test_an_answer_that_comes_after_a_later_one_drops_nothing(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    early_request = next_push(db, a_moment(), "1")
    early = server.handle(early_request)
    assert isinstance(early, SyncResponse)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)
    before = dump(db)

    apply_response(db, early_request, early, a_moment())

    assert dump(db) == before


def test_a_lost_answer_costs_nothing(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    ask(db, server)
    capture.set_field(db, a_pen(), JOB, field="access_notes", value="key at no. 3")

    sync(db, server)

    assert [operation.dseq for operation in server.operations] == [1, 2]
    assert count_all(db).by_verdict == {"applied": 2}


def test_half_a_pull_shows_nothing_and_moves_no_cursor(db: Connection) -> None:
    server = FakeServer(page_size=2)
    for number in range(5):
        server.put_job(a_job(id=JobId(UUID(int=100 + number)), number=f"J-{number}"))
    request = next_push(db, a_moment(), "1")
    response = server.handle(request)
    assert isinstance(response, SyncResponse)

    progress = apply_response(db, request, response, a_moment())

    assert progress == Progress(more=True, moved=True)
    assert list_jobs(db) == ()
    assert get_state(db).cursor is None
    assert len(sync(db, server)) == 2
    assert [card.number for card in list_jobs(db)] == ["J-0", "J-1", "J-2", "J-3", "J-4"]


def test_an_own_entry_does_not_vanish_while_the_pull_is_unfinished(db: Connection) -> None:
    server = FakeServer(page_size=1)
    server.put_job(a_job())
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    for number in range(3):
        server.put_job(a_job(id=JobId(UUID(int=200 + number))))
    states: list[JobState] = []
    more = True
    while more:
        request = next_push(db, a_moment(), "1")
        response = server.handle(request)
        assert isinstance(response, SyncResponse)
        progress = apply_response(db, request, response, a_moment())
        assert isinstance(progress, Progress)
        more = progress.more
        states.append(get_job(db, JOB).card.state)

    assert len(states) == 4
    assert set(states) == {JobState.WORKING}


def test_a_crash_before_any_commit_of_a_pull_converges_all_the_same(tmp_path: Path) -> None:
    server = FakeServer(page_size=2)
    for number in range(5):
        server.put_job(a_job(id=JobId(UUID(int=100 + number))))
    db = an_enrolled_replica(tmp_path / "replica.db")
    capture_before = next_push(db, a_moment(), "1")
    crashes = 0
    more = True
    while more:
        request = next_push(db, a_moment(), "1")
        response = server.handle(request)
        assert isinstance(response, SyncResponse)
        db.execute("BEGIN IMMEDIATE")
        apply_response(db, request, response, a_moment())
        db.execute("ROLLBACK")
        db.close()
        db = open_replica(tmp_path / "replica.db", Unencrypted())
        crashes += 1
        assert next_push(db, a_moment(), "1") == request
        progress = apply_response(db, request, response, a_moment())
        assert isinstance(progress, Progress)
        more = progress.more

    assert (crashes, capture_before.cursor) == (3, None)
    assert len(list_jobs(db)) == 5
    db.close()


def test_a_verdict_that_cannot_be_read_moves_nothing(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    request = next_push(db, a_moment(), "1")
    response = server.handle(request)
    assert isinstance(response, SyncResponse)
    broken = msgspec.structs.replace(response, verdicts=(msgspec.Raw(b'{"dseq":1}'),))
    before = dump(db)

    with pytest.raises(wire.Unreadable):
        apply_response(db, request, broken, a_moment())

    assert dump(db) == before


def test_an_operation_without_its_verdict_stays_pending(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    request = next_push(db, a_moment(), "1")
    response = server.handle(request)
    assert isinstance(response, SyncResponse)

    apply_response(db, request, msgspec.structs.replace(response, verdicts=()), a_moment())

    assert count_all(db).pending_operations == 1


def test_an_issue_stays_until_somebody_decided_it(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    request = next_push(db, a_moment(), "1")
    response = ask(db, server)
    raised = IssueRaised(issue=msgspec.Raw(wire.encode(an_issue())))
    apply_response(db, request, with_entries(response, raised), a_moment())
    assert list_issues(db) == (an_issue(),)

    closed = IssueClosed(issue_id=an_issue().id)
    apply_response(db, request, with_entries(response, closed), a_moment())

    assert list_issues(db) == ()


def test_documents_survive_the_disk_unchanged(db: Connection) -> None:
    job: JobDocument = a_job(reserved_serial="HWTC1A2B3C4D", live_at=NOON)
    server = FakeServer()
    server.put_job(job)

    sync(db, server)

    assert get_job(db, JOB).document == job


def test_an_answer_from_before_an_operation_arrived_does_not_hide_the_operation(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    pushing = next_push(db, a_moment(), "1")
    server.put_job(a_job(id=JobId(UUID(int=101))))
    first = next_push(db, a_moment(), "1", operations_max=0)
    apply_response(db, first, answer(server, first), a_moment())
    asking = next_push(db, a_moment(), "1", operations_max=0)
    asked_before = answer(server, asking)
    apply_response(db, pushing, answer(server, pushing), a_moment())
    assert get_job(db, JOB).document.state is JobState.ASSIGNED

    apply_response(db, asking, asked_before, a_moment())

    assert get_job(db, JOB).card.state is JobState.WORKING
    sync(db, server)
    assert get_job(db, JOB).document.state is JobState.WORKING


def test_a_verdict_behind_one_that_is_missing_waits_for_it(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    capture.move_job(db, a_pen(), JOB, JobEvent.PAUSE)
    request = next_push(db, a_moment(), "1")
    response = answer(server, request)
    second_only = msgspec.structs.replace(response, verdicts=response.verdicts[1:])

    apply_response(db, request, second_only, a_moment())

    assert count_all(db).pending_operations == 2
    sync(db, server)
    assert count_all(db).by_verdict == {"applied": 2}
