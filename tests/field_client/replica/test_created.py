"""Jobs that began on a tablet: shown at once, until the server's document takes their place."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from field_client import capture, field_jobs, findings
from field_client.field_jobs import JobEntry, NoPlace, NoReason
from field_client.keys import DeviceKey
from field_client.replica.anew import begin_anew
from field_client.replica.cards import list_jobs
from field_client.replica.healing import get_check
from field_client.replica.held import JobUnknown, NotEnrolled
from field_client.replica.outbox import forget_old
from field_client.replica.state import Why, get_state
from field_client.replica.uploads import note_uploaded
from field_client.replica.views import count_all, get_job, list_operations
from field_client.storage import Connection, StoredBlob, Unencrypted, open_replica
from sync_protocol.documents import UNKNOWN_PLANT, JobKind
from sync_protocol.ids import Epoch, Incarnation, JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.operations import CreateJob
from tests.field_client.exchanges import sync
from tests.field_client.factories import (
    COLLEAGUE,
    NOON,
    SERIAL,
    a_job,
    a_pen,
    an_enrolled_replica,
)
from tests.field_client.fake_server import FakeServer

JOB = a_job().id
KEY = DeviceKey(bytes(range(32)))
BESIDE = JobEntry(kind=JobKind.INSTALL, reason="a second outlet", premise_of=JOB)
AT_ADDRESS = JobEntry(kind=JobKind.INSTALL, reason="the neighbour asked", address="2 Sample Road")


@pytest.fixture
def server() -> FakeServer:
    made = FakeServer()
    made.put_job(a_job())
    return made


@pytest.fixture
def db(tmp_path: Path, server: FakeServer) -> Iterator[Connection]:
    replica = an_enrolled_replica(tmp_path / "replica.db")
    sync(replica, server)
    yield replica
    replica.close()


def begin(db: Connection, entry: JobEntry = BESIDE) -> JobId:
    return field_jobs.create_job(db, a_pen(), entry).job_id


def work(db: Connection, job_id: JobId) -> None:
    capture.move_job(db, a_pen(), job_id, JobEvent.START)
    findings.record_note(db, a_pen(), job_id, "behind the shelf")
    capture.set_field(db, a_pen(), job_id, field="technician_remark", value="two metres")


def finish(db: Connection, job_id: JobId) -> None:
    capture.record_serial(db, a_pen(), job_id, capture.SerialEntry(text=SERIAL, method="manual"))
    capture.record_light(db, a_pen(), job_id, "-18.5")
    blob = StoredBlob(sha256="c" * 64, size_bytes=9, media_type="image/svg+xml")
    capture.record_signature(
        db, a_pen(), job_id, signer_name="A", statement="It works.", stored=blob
    )
    ended = capture.complete_job(db, a_pen(), job_id, code="D01", sign=KEY.sign)
    assert isinstance(ended, capture.Completed)


def states(db: Connection) -> dict[JobId, tuple[JobState, bool]]:
    return {card.id: (card.state, card.is_only_here) for card in list_jobs(db)}


def test_a_new_job_is_shown_at_once_with_what_the_one_beside_it_knows(db: Connection) -> None:
    begun = field_jobs.create_job(db, a_pen(), BESIDE)

    view = get_job(db, begun.job_id)
    beside = a_job()
    assert view.card.is_only_here
    assert view.card.number == begun.number == f"FIELD-{begun.job_id.hex[-10:].upper()}"
    assert (view.document.premise, view.document.customer) == (beside.premise, beside.customer)
    assert (view.document.plant, view.document.product) == (beside.plant, beside.product)
    assert (view.card.state, view.state_version) == (JobState.ASSIGNED, 1)
    assert view.document.appointment.starts_at == NOON
    assert view.missing == ("serial", "light", "signature")
    assert {card.id for card in list_jobs(db)} == {JOB, begun.job_id}


def test_a_job_at_an_address_shows_what_was_written_and_no_plant(db: Connection) -> None:
    view = get_job(db, begin(db, AT_ADDRESS))

    assert (view.card.address, view.document.plant) == ("2 Sample Road", UNKNOWN_PLANT)
    assert view.plant_problem is not None


def test_a_new_job_is_worked_on_and_finished_before_anybody_has_heard_of_it(
    db: Connection,
) -> None:
    job_id = begin(db)
    work(db, job_id)
    finish(db, job_id)

    view = get_job(db, job_id)
    assert (view.card.state, view.card.pending_operations) == (JobState.COMPLETED, 8)
    assert len(view.latest.notes) == 1
    assert view.fields["technician_remark"].value == "two metres"


def test_the_document_of_the_server_takes_its_place(db: Connection, server: FakeServer) -> None:
    job_id = begin(db)
    work(db, job_id)

    sync(db, server)

    view = get_job(db, job_id)
    assert (view.card.is_only_here, view.card.state) == (False, JobState.WORKING)
    assert (view.state_version, view.document.state_version) == (2, 2)
    assert view.fields["technician_remark"].value == "two metres"
    assert {row.verdict for row in list_operations(db, after=0, count_max=9)} == {"applied"}
    assert get_check(db).heals == 0


def test_a_job_that_is_parked_stays_with_all_that_was_done_on_it(
    db: Connection, server: FakeServer
) -> None:
    job_id = begin(db, AT_ADDRESS)
    work(db, job_id)
    sync(db, server)
    finish(db, job_id)
    sync(db, server)

    view = get_job(db, job_id)
    assert (view.card.is_only_here, view.card.state) == (True, JobState.COMPLETED)
    assert view.fields["technician_remark"].value == "two metres"
    assert (view.card.pending_operations, len(view.captures)) == (0, 4)
    verdicts = {(row.verdict, row.code) for row in list_operations(db, after=0, count_max=20)}
    assert verdicts == {("parked", "needs_placing"), ("parked", "unknown_job")}
    assert get_check(db).heals == 0


def test_a_job_that_was_taken_up_and_given_away_does_not_come_back(
    db: Connection, server: FakeServer
) -> None:
    job_id = begin(db)
    sync(db, server)
    server.take_away(job_id, COLLEAGUE)
    sync(db, server)

    assert job_id not in states(db)
    with pytest.raises(JobUnknown):
        get_job(db, job_id)


def test_a_snapshot_takes_no_job_away_that_nobody_has_heard_of(
    db: Connection, server: FakeServer
) -> None:
    parked = begin(db, AT_ADDRESS)
    sync(db, server)
    server.epoch = Epoch(UUID(int=78))

    sync(db, server)

    assert states(db)[parked] == (JobState.ASSIGNED, True)


def test_a_new_incarnation_keeps_jobs_that_began_here(db: Connection, server: FakeServer) -> None:
    parked = begin(db, AT_ADDRESS)
    work(db, parked)
    sync(db, server)
    unheard = begin(db)
    now = get_state(db).incarnation

    begin_anew(db, now, Incarnation(UUID(int=55)), Why.FORK, NOON)

    assert states(db)[parked] == (JobState.WORKING, True)
    assert states(db)[unheard] == (JobState.ASSIGNED, True)
    sync(db, server)
    assert states(db)[parked] == (JobState.WORKING, True)
    assert states(db)[unheard] == (JobState.ASSIGNED, False)


def test_a_restored_copy_shows_a_job_until_its_files_are_sent(
    tmp_path: Path, db: Connection, server: FakeServer
) -> None:
    job_id = begin(db)
    capture.move_job(db, a_pen(), job_id, JobEvent.START)
    finish(db, job_id)
    db.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    sync(db, server)
    server.take_away(job_id, COLLEAGUE)
    copy = open_replica(tmp_path / "copy.db", Unencrypted())

    sync(copy, server)
    assert states(copy)[job_id] == (JobState.COMPLETED, True)

    note_uploaded(copy, "c" * 64, NOON)
    assert job_id not in states(copy)
    copy.close()


def test_a_parked_job_goes_with_its_operations_after_their_time(
    db: Connection, server: FakeServer
) -> None:
    parked = begin(db, AT_ADDRESS)
    sync(db, server)

    forget_old(db, NOON + timedelta(days=31))

    assert parked not in states(db)


def test_a_job_may_begin_beside_one_that_began_here(db: Connection, server: FakeServer) -> None:
    first = begin(db)
    second = begin(db, JobEntry(kind=JobKind.INSTALL, reason="a third", premise_of=first))

    assert get_job(db, second).document.premise == a_job().premise
    sync(db, server)
    assert states(db) == {
        JOB: (JobState.ASSIGNED, False),
        first: (JobState.ASSIGNED, False),
        second: (JobState.ASSIGNED, False),
    }


def test_address_and_customer_travel_for_whoever_has_to_place_it(
    db: Connection, server: FakeServer
) -> None:
    begin(db)
    sync(db, server)

    (operation,) = server.operations
    body = operation.body
    assert isinstance(body, CreateJob)
    assert (body.address, body.customer_name) == ("1 Sample Road", "A. Subscriber")


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (JobEntry(kind=JobKind.INSTALL, reason=" ", premise_of=JOB), NoReason),
        (JobEntry(kind=JobKind.INSTALL, reason="why not", address=" "), NoPlace),
        (
            JobEntry(kind=JobKind.INSTALL, reason="why not", premise_of=JobId(UUID(int=404))),
            JobUnknown,
        ),
    ],
)
def test_a_job_without_reason_or_place_is_named_and_leaves_nothing(
    db: Connection, entry: JobEntry, error: type[Exception]
) -> None:
    with pytest.raises(error):
        field_jobs.create_job(db, a_pen(), entry)

    assert count_all(db).captured == 0


def test_nobodys_tablet_begins_no_job(tmp_path: Path) -> None:
    replica = open_replica(tmp_path / "nobodys.db", Unencrypted())

    with pytest.raises(NotEnrolled):
        field_jobs.create_job(replica, a_pen(), AT_ADDRESS)

    replica.close()
