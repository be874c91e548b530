from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from field_client import capture
from field_client.replica.inbox import ForkSeen, Progress, apply_response
from field_client.replica.outbox import forget_old, next_push, record_operation, rewind
from field_client.replica.state import get_state
from field_client.replica.uploads import forget_uploaded, note_uploaded
from field_client.replica.views import (
    JobUnknown,
    count_all,
    get_job,
    list_issues,
    list_jobs,
    list_operations,
)
from field_client.storage import Connection, StoredBlob, Unencrypted, open_replica
from sync_protocol import wire
from sync_protocol.documents import IssueDocument, IssueKind, JobDocument
from sync_protocol.ids import Epoch, Incarnation, IssueId, JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import IssueClosed, IssueRaised, RefusedSync, SyncResponse
from sync_protocol.operations import MoveJob
from tests.field_client.factories import (
    COLLEAGUE,
    NOON,
    a_job,
    a_moment,
    a_pen,
    an_enrolled_replica,
)
from tests.field_client.fake_server import FakeServer

JOB = JobId(UUID(int=100))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    replica = an_enrolled_replica(tmp_path / "replica.db")
    yield replica
    replica.close()


@pytest.fixture
def server() -> FakeServer:
    fake = FakeServer()
    fake.put_job(a_job())
    return fake


def ask(db: Connection, server: FakeServer) -> SyncResponse:
    response = server.handle(next_push(db, a_moment(), "1"))
    assert isinstance(response, SyncResponse)
    return response


def sync(db: Connection, server: FakeServer) -> list[Progress]:
    """Go on until nothing is left, as a session does."""
    rounds: list[Progress] = []
    while not rounds or rounds[-1].more:
        request = next_push(db, a_moment(), "1")
        response = server.handle(request)
        assert isinstance(response, SyncResponse)
        progress = apply_response(db, request, response, a_moment())
        assert isinstance(progress, Progress)
        assert progress.moved or not progress.more
        rounds.append(progress)
    return rounds


def dump(db: Connection) -> list[list[tuple[object, ...]]]:
    tables = ("replica", "operation", "job", "issue", "staged", "blob")
    return [[tuple(row) for row in db.execute(f"SELECT * FROM {table}")] for table in tables]  # noqa: S608  our own names


def with_entries(response: SyncResponse, *entries: IssueRaised | IssueClosed) -> SyncResponse:
    page = msgspec.structs.replace(response.pull, entries=entries)
    return msgspec.structs.replace(response, pull=page)


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


@pytest.mark.parametrize("page_size", [1, 2, 3, 100])
def test_pulling_in_pieces_equals_pulling_at_once(db: Connection, page_size: int) -> None:
    server = FakeServer(page_size=page_size)
    jobs = [a_job(id=JobId(UUID(int=100 + number)), number=f"J-{number}") for number in range(6)]
    for job in jobs:
        server.put_job(job)
    server.take_away(jobs[2].id, COLLEAGUE)

    sync(db, server)

    kept = [job for job in jobs if job.id != jobs[2].id]
    assert [get_job(db, card.id).document for card in list_jobs(db)] == kept


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


def test_a_job_that_leaves_with_nothing_pending_is_gone(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    server.take_away(JOB, COLLEAGUE)

    sync(db, server)

    assert list_jobs(db) == ()
    with pytest.raises(JobUnknown):
        get_job(db, JOB)


def test_a_job_that_leaves_while_its_photo_waits_lingers_until_it_is_uploaded(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    stored = StoredBlob(sha256="a" * 64, size_bytes=5, media_type="image/jpeg")
    capture.record_photo(db, a_pen(), JOB, subject="ont", stored=stored)
    server.take_away(JOB, COLLEAGUE)

    sync(db, server)

    (card,) = list_jobs(db)
    assert (card.lingering, card.pending_operations, card.pending_blobs) == (True, 0, 1)
    with pytest.raises(capture.JobReadOnly, match="has left this tablet"):
        capture.move_job(db, a_pen(), JOB, JobEvent.START)
    assert forget_uploaded(db) == ()
    note_uploaded(db, stored.sha256, NOON)
    assert list_jobs(db) == ()
    assert forget_uploaded(db) == (stored.sha256,)


def test_a_job_that_leaves_while_an_operation_is_under_way_lingers_until_its_verdict(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    request = next_push(db, a_moment(), "1")
    server.take_away(JOB, COLLEAGUE)
    response = server.handle(request)
    assert isinstance(response, SyncResponse)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)

    progress = apply_response(db, request, response, a_moment())

    assert isinstance(progress, Progress)
    assert progress.more
    assert [card.lingering for card in list_jobs(db)] == [True]
    sync(db, server)
    assert list_jobs(db) == ()
    assert count_all(db).by_verdict == {"kept_as_conflict": 1}


def test_a_job_that_comes_back_is_whole_again(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    entry = capture.SerialEntry(text="HWTC1A2B3C4D", method="manual")
    capture.record_serial(db, a_pen(), JOB, entry)
    sync(db, server)
    server.take_away(JOB, COLLEAGUE)
    sync(db, server)
    server.put_job(a_job())

    sync(db, server)

    view = get_job(db, JOB)
    assert not view.card.lingering
    assert len(view.captures) == 1


@pytest.mark.parametrize(
    ("acked", "chain"), [(5, "0" * 64), (1, "0" * 64)], ids=["never made here", "other content"]
)
def test_a_server_that_heard_another_device_under_our_number_is_a_fork(
    db: Connection, server: FakeServer, acked: int, chain: str
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    request = next_push(db, a_moment(), "1")
    response = server.handle(request)
    assert isinstance(response, SyncResponse)
    before = dump(db)

    answer = apply_response(
        db,
        request,
        msgspec.structs.replace(response, acked_dseq=acked, chain=chain),
        a_moment(),
    )

    assert isinstance(answer, ForkSeen)
    assert dump(db) == before


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


def test_a_restored_server_gets_again_what_it_lost(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)
    capture.set_field(db, a_pen(), JOB, field="access_notes", value="key at no. 3")
    restored = FakeServer()
    restored.epoch = Epoch(UUID(int=78))
    restored.put_job(a_job())
    refused = restored.handle(next_push(db, a_moment(), "1"))
    assert isinstance(refused, RefusedSync)
    assert refused.expected_dseq == 1

    assert rewind(db, refused.expected_dseq)
    assert not rewind(db, refused.expected_dseq)
    sync(db, restored)

    assert [operation.dseq for operation in restored.operations] == [1, 2]
    assert get_job(db, JOB).card.state is JobState.WORKING
    assert get_state(db).epoch == restored.epoch


def test_a_restored_server_that_is_only_asked_gets_again_what_it_lost(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)
    restored = FakeServer()
    restored.epoch = Epoch(UUID(int=78))
    restored.put_job(a_job())

    sync(db, restored)

    assert restored.jobs[JOB].state is JobState.WORKING


def test_a_snapshot_drops_what_it_does_not_name_but_not_pending_work(
    db: Connection, server: FakeServer
) -> None:
    other = JobId(UUID(int=101))
    server.put_job(a_job(id=other))
    sync(db, server)
    stored = StoredBlob(sha256="a" * 64, size_bytes=5, media_type="image/jpeg")
    capture.record_photo(db, a_pen(), JOB, subject="ont", stored=stored)
    sync(db, server)
    restored = FakeServer()
    restored.epoch = Epoch(UUID(int=78))

    sync(db, restored)

    assert [(card.id, card.lingering) for card in list_jobs(db)] == [(JOB, True)]


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


def test_an_issue_stays_until_somebody_decided_it(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    request = next_push(db, a_moment(), "1")
    response = ask(db, server)
    apply_response(db, request, with_entries(response, IssueRaised(issue=an_issue())), a_moment())
    assert list_issues(db) == (an_issue(),)

    closed = IssueClosed(issue_id=an_issue().id)
    apply_response(db, request, with_entries(response, closed), a_moment())

    assert list_issues(db) == ()


def test_settled_operations_are_kept_thirty_days_and_pending_ones_for_ever(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)
    server.take_away(JOB, COLLEAGUE)
    sync(db, server)
    record_operation(db, a_pen(), MoveJob(job_id=JOB, event=JobEvent.PAUSE, base_state_version=1))

    assert forget_old(db, NOON + timedelta(days=29)) == 0
    assert forget_old(db, NOON + timedelta(days=31)) == 1

    assert [row.dseq for row in list_operations(db, after=0, count_max=9)] == [2]
    assert count_all(db).captured == 2


def test_what_an_operation_of_a_present_job_recorded_is_never_forgotten(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)

    assert forget_old(db, NOON + timedelta(days=365)) == 0


def test_documents_survive_the_disk_unchanged(db: Connection) -> None:
    job: JobDocument = a_job(reserved_serial="HWTC1A2B3C4D", live_at=NOON)
    server = FakeServer()
    server.put_job(job)

    sync(db, server)

    assert get_job(db, JOB).document == job
