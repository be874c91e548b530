"""What became of the old ONT: which one it is, what a technician says, what is recorded."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from field_client import capture
from field_client.findings import OntEntry
from field_client.old_ont import TAKEN_DOWN, OldOnt, find_old_ont, record_old_ont
from field_client.replica.views import get_job
from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.documents import JobKind
from sync_protocol.ids import JobId
from sync_protocol.operations import CaptureBody, OntMove, OntMoved, SerialScan
from tests.field_client.factories import SERIAL, a_job, a_pen, an_enrolled_replica

JOB = JobId(UUID(int=100))
RUNNING = "ALCL00000001"
OTHER = "ZTEGC0000002"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    replica = an_enrolled_replica(tmp_path / "replica.db")
    yield replica
    replica.close()


def put(db: Connection, kind: JobKind, running: str | None = RUNNING) -> None:
    job = a_job(kind=kind, current_serial=running)
    run(db, "job_store", id=str(JOB), document=wire.encode(job))


def tell(db: Connection, move: OntMove, serial: str = RUNNING, reason: str = "") -> None:
    record_old_ont(db, a_pen(), JOB, OntEntry(serial=serial, move=move, reason=reason))


def scan(db: Connection, serial: str) -> None:
    entry = capture.SerialEntry(text=serial, method="manual", override_reason="it is")
    capture.record_serial(db, a_pen(), JOB, entry)


def old_ont(db: Connection, entered: str | None = None) -> OldOnt:
    return find_old_ont(get_job(db, JOB), entered)


def bodies(db: Connection) -> list[CaptureBody]:
    return [item.capture.body for item in get_job(db, JOB).captures]


@pytest.mark.parametrize("move", TAKEN_DOWN)
def test_in_a_swap_what_became_of_the_running_one_is_one_capture(
    db: Connection, move: OntMove
) -> None:
    put(db, JobKind.SWAP)
    scan(db, SERIAL)
    before = old_ont(db)
    tell(db, move, reason="thunderstorm")

    assert (before.serial, before.is_open) == (RUNNING, True)
    assert (old_ont(db).serial, old_ont(db).is_open) == (RUNNING, False)
    assert bodies(db)[1:] == [OntMoved(serial=RUNNING, move=move, reason="thunderstorm")]


@pytest.mark.parametrize("move", [OntMove.RECOVERED, OntMove.DEFECTIVE])
def test_a_disconnection_takes_the_running_one_back_in_one_touch(
    db: Connection, move: OntMove
) -> None:
    put(db, JobKind.DISCONNECT)
    tell(db, move)
    tell(db, move, reason="broken foot")

    assert bodies(db) == [
        OntMoved(serial=RUNNING, move=move),
        SerialScan(serial=RUNNING, raw_text=RUNNING, method="confirmed"),
        OntMoved(serial=RUNNING, move=move, reason="broken foot"),
    ]
    assert "serial" not in get_job(db, JOB).missing


def test_a_disconnection_that_finds_no_ont_needs_no_serial(db: Connection) -> None:
    put(db, JobKind.DISCONNECT)
    tell(db, OntMove.NOT_FOUND, reason="tenant has moved out")

    view = get_job(db, JOB)
    assert view.code == "D11"
    assert "serial" not in view.missing
    assert not find_old_ont(view).is_open
    assert not any(isinstance(body, SerialScan) for body in bodies(db))


def test_a_disconnection_asks_about_the_one_that_was_scanned(db: Connection) -> None:
    put(db, JobKind.DISCONNECT)
    tell(db, OntMove.RECOVERED)
    scan(db, OTHER)
    asked = old_ont(db)
    tell(db, OntMove.DEFECTIVE, OTHER)

    assert (asked.serial, asked.is_open) == (OTHER, True)
    assert not old_ont(db).is_open


def test_an_ont_that_the_office_does_not_know_is_named_first(db: Connection) -> None:
    put(db, JobKind.SWAP, running=None)
    unknown, entered = old_ont(db), old_ont(db, OTHER)
    tell(db, OntMove.RECOVERED, OTHER)

    assert (unknown.serial, unknown.is_open) == (None, True)
    assert (entered.serial, entered.is_open) == (OTHER, True)
    assert (old_ont(db).serial, old_ont(db).is_open) == (OTHER, False)


def test_another_one_than_the_office_thought_stands_once_it_was_told(db: Connection) -> None:
    put(db, JobKind.SWAP)
    tell(db, OntMove.RECOVERED, OTHER)

    assert (old_ont(db).serial, old_ont(db).is_open) == (OTHER, False)


def test_a_new_ont_that_is_defective_is_not_the_old_one(db: Connection) -> None:
    put(db, JobKind.SWAP)
    scan(db, SERIAL)
    tell(db, OntMove.DEFECTIVE, SERIAL)

    assert (old_ont(db).serial, old_ont(db).is_open) == (RUNNING, True)


@pytest.mark.parametrize("kind", [JobKind.INSTALL, JobKind.MOVE])
def test_where_no_ont_runs_none_is_asked_about(db: Connection, kind: JobKind) -> None:
    put(db, kind)

    assert not old_ont(db).is_asked


@pytest.mark.parametrize(
    ("kind", "scanned", "doubt"),
    [
        (JobKind.SWAP, RUNNING, "the_one_that_runs"),
        (JobKind.REPAIR, RUNNING, "the_one_that_runs"),
        (JobKind.DISCONNECT, OTHER, "not_the_one_that_runs"),
        (JobKind.DISCONNECT, RUNNING, None),
        (JobKind.INSTALL, RUNNING, None),
        (JobKind.MOVE, RUNNING, None),
    ],
)
def test_the_wrong_one_of_two_onts_is_doubted(
    db: Connection, kind: JobKind, scanned: str, doubt: str | None
) -> None:
    put(db, kind)

    entry = capture.SerialEntry(text=scanned, method="scan")
    ended = capture.record_serial(db, a_pen(), JOB, entry)

    assert [warned.doubt for warned in ended.warnings] == ([doubt] if doubt else [])
