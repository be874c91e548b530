from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from field_client import capture
from field_client.entries import JobReadOnly
from field_client.replica.cards import list_jobs
from field_client.replica.held import JobUnknown
from field_client.replica.inbox import ForkSeen, Progress, apply_response
from field_client.replica.outbox import forget_old, next_push, record_operation, rewind
from field_client.replica.state import get_state, measure_offset
from field_client.replica.uploads import forget_uploaded, note_uploaded
from field_client.replica.views import count_all, get_job, list_operations
from field_client.storage import Connection, StoredBlob
from sync_protocol.ids import Epoch, JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import RefusedSync, SyncResponse
from sync_protocol.operations import MoveJob
from tests.field_client.exchanges import dump, sync
from tests.field_client.factories import (
    COLLEAGUE,
    NOON,
    a_job,
    a_moment,
    a_pen,
)
from tests.field_client.fake_server import FakeServer

JOB = JobId(UUID(int=100))


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
    with pytest.raises(JobReadOnly, match="has left this tablet"):
        capture.move_job(db, a_pen(), JOB, JobEvent.START)
    assert forget_uploaded(db, NOON + timedelta(days=30)) == ()
    note_uploaded(db, stored.sha256, NOON)
    assert list_jobs(db) == ()
    assert forget_uploaded(db, NOON + timedelta(days=6)) == ()
    assert forget_uploaded(db, NOON + timedelta(days=8)) == (stored.sha256,)


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


def test_a_tablet_whose_clock_is_set_right_forgets_nothing_early(
    db: Connection, server: FakeServer
) -> None:
    server.now = lambda: NOON + timedelta(days=365)
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)
    server.take_away(JOB, COLLEAGUE)
    sync(db, server)

    measure_offset(db, server.now(), a_moment(server.now()))

    assert forget_old(db, server.now() + timedelta(days=29)) == 0
    assert forget_old(db, server.now() + timedelta(days=31)) == 1


def test_what_an_operation_of_a_present_job_recorded_is_never_forgotten(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)

    assert forget_old(db, NOON + timedelta(days=365)) == 0
