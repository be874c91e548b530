"""A replica that goes on in a new incarnation: what is sent again, what is kept, what is shown."""

from pathlib import Path
from uuid import UUID

import pytest

from field_client import capture
from field_client.replica.anew import begin_anew
from field_client.replica.inbox import Progress, apply_response
from field_client.replica.outbox import next_push
from field_client.replica.state import Why, get_state
from field_client.replica.views import count_all, find_serial_elsewhere, get_job, list_pending_blobs
from field_client.storage import (
    CommitPoint,
    Connection,
    StoredBlob,
    Unencrypted,
    open_replica,
    write_unit,
)
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.ids import Incarnation, JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.operations import Operation, Origin
from tests.field_client.exchanges import answer, dump, sync
from tests.field_client.factories import NOON, SERIAL, a_moment, a_pen
from tests.field_client.fake_server import FakeServer

JOB = JobId(UUID(int=100))
FIRST, SECOND, THIRD = (Incarnation(UUID(int=number)) for number in (1, 2, 3))


def anew(db: Connection, before: Incarnation = FIRST, after: Incarnation = SECOND) -> bool:
    return begin_anew(db, before, after, Why.FORK, NOON)


def said(db: Connection) -> list[Operation]:
    return [wire.decode(bytes(raw), Operation) for raw in next_push(db, a_moment(), "1").operations]


@pytest.fixture
def worked(db: Connection, server: FakeServer) -> Connection:
    """Give a replica with two operations that the server has and two that it has not."""
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    entry = capture.SerialEntry(text=SERIAL, method="manual")
    capture.record_serial(db, a_pen(), JOB, entry)
    sync(db, server)
    capture.set_field(db, a_pen(), JOB, field="access_notes", value="ring twice")
    capture.record_light(db, a_pen(), JOB, "-19.4")
    return db


def test_what_has_no_verdict_is_issued_again_from_one_with_its_origin(worked: Connection) -> None:
    before = said(worked)

    assert anew(worked)

    after = said(worked)
    assert [operation.dseq for operation in after] == [1, 2]
    assert [operation.origin for operation in after] == [
        Origin(incarnation=FIRST, dseq=3),
        Origin(incarnation=FIRST, dseq=4),
    ]
    assert [(each.tx, each.at, each.body) for each in after] == [
        (each.tx, each.at, each.body) for each in before
    ]
    assert next_push(worked, a_moment(), "1").chain_before == wire.first_chain(SECOND)


def test_an_origin_that_is_there_stays(worked: Connection) -> None:
    anew(worked)
    capture.record_light(worked, a_pen(), JOB, "-19.5")
    anew(worked, SECOND, THIRD)

    assert [operation.origin for operation in said(worked)] == [
        Origin(incarnation=FIRST, dseq=3),
        Origin(incarnation=FIRST, dseq=4),
        Origin(incarnation=SECOND, dseq=3),
    ]


def test_what_the_page_shows_and_what_waits_for_upload_stays(worked: Connection) -> None:
    photo = StoredBlob(sha256="a" * 64, size_bytes=3, media_type="image/jpeg")
    capture.record_photo(worked, a_pen(), JOB, subject="ont", stored=photo)
    before = get_job(worked, JOB), count_all(worked), list_pending_blobs(worked, 9)

    anew(worked)

    assert (get_job(worked, JOB), count_all(worked), list_pending_blobs(worked, 9)) == before
    assert find_serial_elsewhere(worked, SERIAL, JobId(UUID(int=5))) == JOB


def test_what_is_acknowledged_and_not_yet_in_the_documents_still_shows(
    db: Connection, server: FakeServer
) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    server.page_size = 0  # the verdict comes, the page with its effect does not
    request = next_push(db, a_moment(), "1")
    apply_response(db, request, answer(server, request), a_moment())
    assert get_state(db).settled_dseq < get_state(db).acked_dseq

    anew(db)

    assert get_job(db, JOB).card.state is JobState.WORKING
    server.page_size = 100
    sync(db, server)
    assert get_job(db, JOB).card.state is JobState.WORKING
    assert get_job(db, JOB).document.state is JobState.WORKING


def test_acknowledged_operations_are_kept_as_they_were_sent(worked: Connection) -> None:
    columns = "dseq, raw, chain, verdict"
    before = worked.execute(f"SELECT {columns} FROM operation WHERE dseq <= 2").fetchall()  # noqa: S608  our own names

    anew(worked)

    kept = worked.execute(f"SELECT incarnation, {columns} FROM past_operation").fetchall()  # noqa: S608  as above
    assert [tuple(row) for row in kept] == [(str(FIRST), *row) for row in before]


def test_after_thirty_days_they_are_forgotten_like_all_others(worked: Connection) -> None:
    anew(worked)
    worked.execute("DELETE FROM job")

    run(worked, "past_forget", before="2027-01-01")

    assert worked.execute("SELECT count(*) FROM past_operation").fetchone()[0] == 0


def test_it_goes_on_with_the_server_and_everything_gets_its_verdict(
    worked: Connection, server: FakeServer
) -> None:
    anew(worked)

    sync(worked, server)

    counts = count_all(worked)
    assert (counts.captured, counts.pending_operations) == (4, 0)
    assert sum(counts.by_verdict.values()) == 4


def test_an_answer_to_a_request_of_before_moves_nothing(
    worked: Connection, server: FakeServer
) -> None:
    request = next_push(worked, a_moment(), "1")
    late = answer(server, request)
    anew(worked)
    before = dump(worked)

    assert apply_response(worked, request, late, a_moment()) == Progress(more=True, moved=True)
    assert dump(worked) == before


def test_a_second_beginning_after_the_same_incarnation_does_nothing(worked: Connection) -> None:
    anew(worked)
    before = dump(worked)

    assert not anew(worked, FIRST, THIRD)
    assert dump(worked) == before


def test_a_crash_leaves_the_replica_before_or_after(worked: Connection, tmp_path: Path) -> None:
    class Died(BaseException):
        pass

    def die_at(wanted: CommitPoint) -> None:
        def checkpoint(point: CommitPoint) -> None:
            if point is wanted:
                raise Died

        with pytest.raises(Died):
            write_unit(worked, anew, checkpoint)

    before = dump(worked)
    for point in (CommitPoint.BEGUN, CommitPoint.BEFORE_COMMIT):
        die_at(point)
        assert dump(worked) == before
    die_at(CommitPoint.COMMITTED)
    again = open_replica(tmp_path / "replica.db", Unencrypted())
    assert get_state(again).incarnation == SECOND
    assert [operation.dseq for operation in said(again)] == [1, 2]
    again.close()


def test_the_place_in_the_feed_stays(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    state = get_state(db)

    anew(db)

    after = get_state(db)
    assert (after.cursor, after.epoch, after.position) == (
        state.cursor,
        state.epoch,
        state.position,
    )
