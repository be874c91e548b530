"""A server that was put back: what the tablet keeps for it, sends again, and names as gone."""

from datetime import timedelta
from uuid import UUID

import msgspec

from field_client import capture
from field_client.replica.anew import begin_anew, must_issue_all
from field_client.replica.inbox import apply_response
from field_client.replica.outbox import forget_old, next_push, rewind
from field_client.replica.state import Why, get_state
from field_client.replica.uploads import note_uploaded
from field_client.replica.views import count_all
from field_client.storage import Connection, StoredBlob
from sync_protocol import wire
from sync_protocol.ids import Epoch, Incarnation, JobId
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import SyncResponse
from sync_protocol.operations import Operation, Origin
from tests.field_client.exchanges import sync
from tests.field_client.factories import COLLEAGUE, NOON, a_job, a_moment, a_pen
from tests.field_client.fake_server import FakeServer

JOB = JobId(UUID(int=100))
OTHER = JobId(UUID(int=101))
SECOND, THIRD = Incarnation(UUID(int=2)), Incarnation(UUID(int=3))


def hear_durable(db: Connection, server: FakeServer, durable_dseq: int | None) -> None:
    request = next_push(db, a_moment(), "test")
    answer = server.handle(request)
    assert isinstance(answer, SyncResponse)
    told = msgspec.structs.replace(answer, durable_dseq=durable_dseq)
    apply_response(db, request, told, a_moment())


def worked_on_two(db: Connection, server: FakeServer) -> None:
    """Operations 1 and 2 are of a job that left, 3 is of one that is here."""
    server.put_job(a_job(id=OTHER))
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    capture.move_job(db, a_pen(), JOB, JobEvent.PAUSE)
    capture.move_job(db, a_pen(), OTHER, JobEvent.START)
    sync(db, server)
    server.take_away(JOB, COLLEAGUE)
    sync(db, server)


def test_what_is_in_no_backup_is_kept_however_old_it_is(db: Connection, server: FakeServer) -> None:
    worked_on_two(db, server)
    hear_durable(db, server, 1)

    assert forget_old(db, NOON + timedelta(days=365)) == 1
    hear_durable(db, server, None)
    assert forget_old(db, NOON + timedelta(days=365)) == 1


def test_what_the_tablet_has_let_go_of_is_named_and_the_rest_is_sent_again(
    db: Connection, server: FakeServer
) -> None:
    worked_on_two(db, server)
    assert forget_old(db, NOON + timedelta(days=31)) == 2

    assert rewind(db, 1)

    request = next_push(db, a_moment(), "test")
    assert request.lost_through == 2
    assert len(request.operations) == 1
    assert get_state(db).acked_dseq == 2
    assert not rewind(db, 1)


def test_what_earlier_incarnations_said_is_issued_again_in_order_after_a_restore(
    db: Connection, server: FakeServer
) -> None:
    """The restored server may lack it, and under its old number it could not come in order."""
    first = get_state(db).incarnation
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)
    begin_anew(db, first, SECOND, Why.FORK, NOON)
    capture.move_job(db, a_pen(), JOB, JobEvent.PAUSE)
    sync(db, server)
    assert not must_issue_all(db)
    server.epoch = Epoch(UUID(int=78))
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.RESUME)

    assert must_issue_all(db)
    begin_anew(db, SECOND, THIRD, Why.RESTORED, NOON)

    again = [
        wire.decode(bytes(raw), Operation) for raw in next_push(db, a_moment(), "1").operations
    ]
    assert [operation.origin for operation in again] == [
        Origin(incarnation=first, dseq=1),
        Origin(incarnation=SECOND, dseq=1),
        Origin(incarnation=SECOND, dseq=2),
    ]
    assert count_all(db).captured == 3
    assert not must_issue_all(db)


def test_past_operations_wait_for_a_backup_as_well(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    sync(db, server)
    begin_anew(db, get_state(db).incarnation, SECOND, Why.FORK, NOON)
    server.take_away(JOB, COLLEAGUE)
    sync(db, server)
    hear_durable(db, server, 0)
    assert forget_old(db, NOON + timedelta(days=365)) == 0

    hear_durable(db, server, None)

    assert forget_old(db, NOON + timedelta(days=365)) == 1


def test_files_are_asked_for_again_in_a_new_epoch(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    stored = StoredBlob(sha256="a" * 64, size_bytes=5, media_type="image/jpeg")
    capture.record_photo(db, a_pen(), JOB, subject="ont", stored=stored)
    sync(db, server)
    note_uploaded(db, stored.sha256, NOON)
    assert count_all(db).pending_blobs == 0
    server.epoch = Epoch(UUID(int=78))

    sync(db, server)

    assert count_all(db).pending_blobs == 1
