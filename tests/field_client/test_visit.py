"""The way through a visit, for every kind and every code with which it can be done."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from field_client import capture, findings
from field_client.keys import DeviceKey
from field_client.replica.captures import Receipt
from field_client.replica.memory import CODE_DRAFT, drop_drafts, store_draft
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection, StoredBlob
from field_client.storage.statements import run
from field_client.visit import Step, first_open, neighbours, stages_of, steps_of, unanswered
from sync_protocol import wire
from sync_protocol.documents import JobDocument, JobKind
from sync_protocol.field_jobs import number_of
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.operations import Answer, OntMove
from sync_protocol.visits import KINDS, usual_code
from tests.field_client.factories import NOON, SERIAL, a_job, a_pen, an_enrolled_replica

JOB = JobId(UUID(int=100))
OLD_SERIAL = "ALCL00000001"
KEY = DeviceKey(bytes(range(32)))
_K, _S = JobKind, Step
EVERY = tuple(Step)
# fmt: off
STEPS: dict[JobKind, tuple[Step, ...]] = {
    _K.INSTALL:    EVERY,
    _K.REPAIR:     EVERY,
    _K.SWAP:       EVERY,
    _K.DISCONNECT: (_S.TRAVEL, _S.SCAN, _S.PHOTOS, _S.CHECKS, _S.FINISH),
    _K.MOVE:       EVERY,
}
WORK = {_S.LIGHT, _S.PHOTOS, _S.CHECKS, _S.SIGNATURE}
OPEN_BY_CODE: dict[tuple[JobKind, str], set[Step]] = {
    (_K.INSTALL, "D01"):    {_S.SCAN, *WORK},
    (_K.INSTALL, "D02"):    {_S.SCAN, *WORK},
    (_K.INSTALL, "D03"):    {_S.SCAN, *WORK},
    (_K.INSTALL, "D04"):    {_S.SCAN, *WORK},
    (_K.REPAIR, "D05"):     WORK,
    (_K.REPAIR, "D06"):     WORK,
    (_K.REPAIR, "D07"):     {_S.SCAN, *WORK},
    (_K.REPAIR, "D08"):     WORK,
    (_K.REPAIR, "D09"):     WORK,
    (_K.SWAP, "D07"):       {_S.SCAN, *WORK},
    (_K.DISCONNECT, "D10"): {_S.SCAN, _S.PHOTOS, _S.CHECKS},
    (_K.DISCONNECT, "D11"): {_S.SCAN, _S.PHOTOS, _S.CHECKS},
    (_K.MOVE, "D12"):       {_S.SCAN, *WORK},
}
# fmt: on


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    replica = an_enrolled_replica(tmp_path / "replica.db")
    yield replica
    replica.close()


def put(db: Connection, kind: JobKind, **changes: object) -> JobDocument:
    changes = {"required_photos": KINDS[kind].photos, **changes}
    job = a_job(kind=kind, current_serial=OLD_SERIAL, **changes)
    run(db, "job_store", id=str(JOB), document=wire.encode(job))
    return job


def choose(db: Connection, code: str) -> JobView:
    store_draft(db, JOB, CODE_DRAFT, code, NOON)
    return get_job(db, JOB)


def scan(db: Connection, serial: str = SERIAL) -> None:
    entry = capture.SerialEntry(text=serial, method="manual", override_reason="it is")
    capture.record_serial(db, a_pen(), JOB, entry)


def tell(db: Connection, move: OntMove, serial: str = OLD_SERIAL) -> None:
    findings.record_ont_moved(db, a_pen(), JOB, findings.OntEntry(serial=serial, move=move))


def do_all(db: Connection, kind: JobKind) -> None:
    """Do whatever can be needed in a visit of the kind, but for scanning."""
    blob = StoredBlob(sha256="a" * 64, size_bytes=9, media_type="image/jpeg")
    capture.move_job(db, a_pen(), JOB, JobEvent.START)
    capture.record_light(db, a_pen(), JOB, "-18,5")
    for subject in KINDS[kind].photos:
        capture.record_photo(db, a_pen(), JOB, subject=subject, stored=blob)
    for check in KINDS[kind].checks:
        entry = findings.CheckEntry(answer=Answer.YES)
        findings.record_check(db, a_pen(), JOB, check.code, entry)
    capture.record_signature(db, a_pen(), JOB, signer_name="A", statement="Done.", stored=blob)


def open_steps(view: JobView) -> set[Step]:
    return {stage.step for stage in stages_of(view) if not stage.done}


@pytest.mark.parametrize("kind", JobKind)
def test_a_visit_has_the_steps_of_its_kind_in_their_order(kind: JobKind) -> None:
    assert steps_of(kind) == STEPS[kind]


def test_the_table_of_this_test_has_every_code_of_every_kind() -> None:
    assert set(OPEN_BY_CODE) == {(kind, code) for kind in KINDS for code in KINDS[kind].done}


@pytest.mark.parametrize(("kind", "code"), OPEN_BY_CODE)
def test_what_is_open_at_first_follows_from_kind_and_code(
    db: Connection, kind: JobKind, code: str
) -> None:
    put(db, kind)
    view = choose(db, code)

    assert view.code == code
    assert open_steps(view) == {Step.TRAVEL, Step.FINISH, *OPEN_BY_CODE[kind, code]}
    assert first_open(stages_of(view)) is Step.TRAVEL


@pytest.mark.parametrize(("kind", "code"), OPEN_BY_CODE)
def test_a_visit_in_which_everything_was_done_can_be_finished_with_its_code(
    db: Connection, kind: JobKind, code: str
) -> None:
    put(db, kind)
    do_all(db, kind)
    if KINDS[kind].takes_down:
        tell(db, OntMove.RECOVERED)
    if code != "D11":
        scan(db, SERIAL if KINDS[kind].puts_up else OLD_SERIAL)
    view = choose(db, code)

    assert (view.missing, open_steps(view)) == ((), {Step.FINISH})
    assert first_open(stages_of(view)) is Step.FINISH
    ended = capture.complete_job(db, a_pen(), JOB, code=code, sign=KEY.sign)
    drop_drafts(db, JOB)
    assert isinstance(ended, capture.Completed)
    finished = get_job(db, JOB)
    assert (finished.code, finished.ended_code) == (code, code)
    assert open_steps(finished) == set()


@pytest.mark.parametrize("kind", JobKind)
def test_one_comes_through_all_steps_and_back_again(kind: JobKind) -> None:
    steps = steps_of(kind)

    pairs = list(zip((None, *steps), (*steps, None), strict=True))
    for place, step in enumerate(steps):
        assert neighbours(kind, step) == (pairs[place][0], pairs[place + 1][1])


def test_from_a_step_that_a_kind_has_not_one_comes_to_those_around_it() -> None:
    assert neighbours(JobKind.DISCONNECT, Step.LIGHT) == (Step.SCAN, Step.PHOTOS)
    assert neighbours(JobKind.DISCONNECT, Step.SIGNATURE) == (Step.CHECKS, Step.FINISH)


def test_a_repair_needs_no_serial_until_an_ont_is_changed(db: Connection) -> None:
    put(db, JobKind.REPAIR)
    before = {stage.step: stage for stage in stages_of(get_job(db, JOB))}
    scan(db)
    view = get_job(db, JOB)
    after = {stage.step: stage for stage in stages_of(view)}

    assert (before[Step.SCAN].done, before[Step.SCAN].is_needed) == (True, False)
    assert (after[Step.SCAN].done, after[Step.SCAN].is_needed) == (False, True)
    assert view.code == "D07", "the old ONT is asked for, and nothing more"
    assert "serial" not in view.missing


def test_a_code_that_was_chosen_stays_whatever_is_captured(db: Connection) -> None:
    put(db, JobKind.REPAIR)
    choose(db, "D05")
    scan(db)

    assert get_job(db, JOB).code == "D05"
    assert choose(db, "D02").code == "D07", "a code of another kind is none"


@pytest.mark.parametrize(("move", "code"), [(OntMove.NOT_FOUND, "D11"), (OntMove.RECOVERED, "D10")])
def test_how_a_disconnection_ends_follows_from_what_became_of_the_ont(
    db: Connection, move: OntMove, code: str
) -> None:
    put(db, JobKind.DISCONNECT)
    tell(db, OntMove.NOT_FOUND)
    tell(db, move)

    assert get_job(db, JOB).code == code


@pytest.mark.parametrize("kind", JobKind)
def test_with_no_code_chosen_that_is_needed_which_the_usual_one_needs(
    db: Connection, kind: JobKind
) -> None:
    put(db, kind)

    assert get_job(db, JOB).missing == choose(db, usual_code(kind, ())).missing


def test_of_checks_the_last_answer_counts_and_all_are_asked(db: Connection) -> None:
    put(db, JobKind.SWAP)
    for answer in (Answer.NO, Answer.NOT_APPLICABLE):
        findings.record_check(db, a_pen(), JOB, "site_tidy", findings.CheckEntry(answer=answer))

    assert unanswered(get_job(db, JOB)) == ("right_address", "connector_clean")


@pytest.mark.parametrize("kind", JobKind)
def test_only_what_brings_a_service_to_life_is_said_to_be_live(
    db: Connection, kind: JobKind
) -> None:
    put(db, kind, live_at=NOON, state=JobState.COMPLETED)
    planned = get_job(db, JOB).card.receipt
    put(db, kind, live_at=NOON, number=number_of(JOB))
    begun_in_the_field = get_job(db, JOB).card.receipt

    assert (planned is Receipt.LIVE) is (kind is JobKind.INSTALL)
    assert begun_in_the_field is Receipt.SENT
