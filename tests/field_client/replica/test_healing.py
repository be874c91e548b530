"""A replica that is not what the server describes begins anew, and loses nothing by that."""

from datetime import timedelta
from uuid import UUID

import pytest

from field_client import capture
from field_client.replica.cards import list_jobs
from field_client.replica.healing import HEAL_EVERY, digest_of_replica, get_check, has_passed
from field_client.replica.outbox import next_push
from field_client.replica.state import get_state
from field_client.replica.views import count_all, get_job
from field_client.storage import Connection
from sync_protocol import wire
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.operations import Moment
from tests.field_client.exchanges import sync
from tests.field_client.factories import COLLEAGUE, NOON, a_job, a_moment, a_pen
from tests.field_client.fake_server import FakeServer

JOB = JobId(UUID(int=100))
OTHER = JobId(UUID(int=101))
CORRUPTIONS = {
    "changed": "UPDATE job SET document = replace(CAST(document AS TEXT), 'J-100', 'J-999')",
    "unreadable": "UPDATE job SET document = x'00'",
    "missing": "DELETE FROM job",
    "extra": "INSERT INTO job (id, document) SELECT 'x', document FROM job",
    "lingering": "UPDATE job SET left_reason = 'reassigned'",
    "an issue that is none": "INSERT INTO issue (id, document) VALUES ('x', x'7b7d')",
}


def later(hours: float, *, boot_id: str = "boot-1", wall_hours: float | None = None) -> Moment:
    passed = timedelta(hours=hours)
    return Moment(
        wall=NOON + timedelta(hours=hours if wall_hours is None else wall_hours),
        monotonic_ms=1_000 + passed // timedelta(milliseconds=1),
        boot_id=boot_id,
    )


def corrupt(db: Connection, what: str) -> None:
    # STRICT columns take text for a blob only as a blob.
    statement = CORRUPTIONS[what].replace("replace(", "CAST(replace(", 1)
    db.execute(statement + " AS BLOB)" if what == "changed" else CORRUPTIONS[what])


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_a_replica_that_differs_is_whole_after_the_next_news(
    db: Connection, server: FakeServer, what: str
) -> None:
    sync(db, server)
    corrupt(db, what)
    server.put_job(a_job(id=OTHER, number="J-101"))

    rounds = sync(db, server, later(2))

    assert [progress.healed for progress in rounds] == [True, False]
    assert [card.number for card in list_jobs(db)] == ["J-100", "J-101"]
    assert get_check(db).heals == 1


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_without_news_it_is_found_within_the_hour(
    db: Connection, server: FakeServer, what: str
) -> None:
    sync(db, server)
    corrupt(db, what)

    soon = sync(db, server, later(0.5))
    then = sync(db, server, later(1))

    assert [progress.healed for progress in soon] == [False]
    assert [progress.healed for progress in then] == [True, False]
    assert get_job(db, JOB).document == server.jobs[JOB]


def test_a_job_that_the_server_no_longer_names_goes(db: Connection, server: FakeServer) -> None:
    server.put_job(a_job(id=OTHER, number="J-101"))
    sync(db, server)
    server.lose_row(OTHER)

    sync(db, server, later(1))

    assert [card.number for card in list_jobs(db)] == ["J-100"]


def test_a_sync_without_news_asks_once_an_hour(db: Connection, server: FakeServer) -> None:
    sync(db, server)

    asked = [next_push(db, later(hours), "1").check_scope for hours in (0, 0.9, 1, 2)]

    assert asked == [False, False, True, True]
    sync(db, server, later(2))
    assert not next_push(db, later(2.5), "1").check_scope


def test_it_heals_once_an_hour_at_most_and_reports_it(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    assert next_push(db, a_moment(), "1").healed == 0
    corrupt(db, "missing")
    sync(db, server, later(1))
    corrupt(db, "missing")
    server.put_job(a_job(id=OTHER, number="J-101"))

    soon = sync(db, server, later(1.5))

    assert [progress.healed for progress in soon] == [False]
    assert next_push(db, later(1.5), "1").healed == 1
    sync(db, server, later(2.5))
    assert next_push(db, later(2.5), "1").healed == 2
    assert len(list_jobs(db)) == 2


def test_pending_work_stays_while_the_pull_begins_anew(db: Connection, server: FakeServer) -> None:
    server.put_job(a_job(id=OTHER, number="J-101"))
    sync(db, server)
    corrupt(db, "changed")
    sync(db, server, later(0.1))
    db.execute("UPDATE replica SET cursor = NULL")
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    server.take_away(OTHER, COLLEAGUE)
    assert count_all(db).pending_operations == 1

    sync(db, server, later(1))

    assert server.jobs[JOB].state is JobState.WORKING
    assert count_all(db).by_verdict == {"applied": 1}
    assert [card.number for card in list_jobs(db)] == ["J-100"]


def test_lingering_jobs_and_the_overlay_are_left_out(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    before = digest_of_replica(db)
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    assert digest_of_replica(db) == before

    db.execute("INSERT INTO job VALUES ('x', x'00', 'cancelled')")

    assert digest_of_replica(db) == before


def test_what_a_newer_server_writes_is_kept_and_compares_right(
    db: Connection, server: FakeServer
) -> None:
    document = b'{"newer": {"deep": [1,  2]},' + wire.encode(a_job())[1:]
    server.put_document(JOB, document)

    sync(db, server)
    rounds = sync(db, server, later(1))

    assert bytes(db.execute("SELECT document FROM job").fetchone()[0]) == document
    assert [progress.healed for progress in rounds] == [False]
    assert get_job(db, JOB).document == a_job()


def test_a_document_that_is_none_moves_nothing(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    cursor = get_state(db).cursor
    server.put_document(OTHER, b'{"id": 7}')

    with pytest.raises(wire.Unreadable):
        sync(db, server)

    db.execute("ROLLBACK") if db.in_transaction else None
    assert get_state(db).cursor == cursor


@pytest.mark.parametrize(
    ("now", "passed"),
    [
        (later(0.9), False),
        (later(1), True),
        (later(1, wall_hours=-5000), True),
        (later(0.9, wall_hours=5000), False),
        (later(0, boot_id="boot-2", wall_hours=0.9), False),
        (later(0, boot_id="boot-2", wall_hours=1), True),
        (later(0, boot_id="boot-2", wall_hours=-0.9), False),
        (later(0, boot_id="boot-2", wall_hours=-5000), True),
    ],
)
def test_an_hour_is_counted_by_what_the_clocks_can_show(now: Moment, *, passed: bool) -> None:
    assert has_passed(HEAL_EVERY, a_moment(), now) is passed
