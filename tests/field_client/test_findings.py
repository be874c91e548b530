from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from field_client import capture, findings
from field_client.entries import JobReadOnly
from field_client.keys import DeviceKey
from field_client.replica.held import JobUnknown
from field_client.replica.outbox import next_push
from field_client.replica.views import count_all, get_job
from field_client.storage import Connection, StoredBlob
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.corrections import FIELDS, NotCorrectable
from sync_protocol.ids import JobId
from sync_protocol.operations import (
    Answer,
    Check,
    CompleteJob,
    Correction,
    Note,
    OntMove,
    OntMoved,
    Operation,
    RecordCapture,
    Subject,
)
from sync_protocol.serials import NotAnOntSerial
from tests.field_client.factories import SERIAL, a_job, a_moment, a_pen, an_enrolled_replica

JOB = JobId(UUID(int=100))
KEY = DeviceKey(bytes(range(32)))
PORT = findings.CorrectionEntry(
    subject=Subject.PLANT,
    field="terminal_port",
    seen_value="2",
    proposed_value=" 3 ",
    reason="full",
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    replica = an_enrolled_replica(tmp_path / "replica.db")
    run(replica, "job_store", id=str(JOB), document=wire.encode(a_job(required_photos=())))
    yield replica
    replica.close()


def said(db: Connection) -> list[object]:
    bodies = [
        wire.decode(bytes(raw), Operation).body for raw in next_push(db, a_moment(), "1").operations
    ]
    return [body.capture.body if isinstance(body, RecordCapture) else body for body in bodies]


def test_what_was_found_is_one_capture_each(db: Connection) -> None:
    entry = findings.CheckEntry(answer=Answer.YES, value="30 mm", remark="by the wall")
    findings.record_check(db, a_pen(), JOB, "bend_radius", entry)
    findings.record_note(db, a_pen(), JOB, " the dog is friendly\n")
    findings.record_correction(db, a_pen(), JOB, PORT)
    moved = findings.OntEntry(serial="sn: hwtc-1a2b3c4d", move=OntMove.RECOVERED, model="HG8245H")
    receipt = findings.record_ont_moved(db, a_pen(), JOB, moved)

    assert receipt.serial == SERIAL
    assert said(db) == [
        Check(name="bend_radius", answer=Answer.YES, value="30 mm", remark="by the wall"),
        Note(text="the dog is friendly"),
        Correction(
            subject=Subject.PLANT,
            field="terminal_port",
            seen_value="2",
            proposed_value="3",
            reason="full",
        ),
        OntMoved(serial=SERIAL, move=OntMove.RECOVERED, model="HG8245H"),
    ]


def test_a_page_gets_the_last_answer_of_a_check_and_every_note(db: Connection) -> None:
    for answer in (Answer.NO, Answer.YES):
        findings.record_check(db, a_pen(), JOB, "speed_test", findings.CheckEntry(answer=answer))
        findings.record_note(db, a_pen(), JOB, f"it was {answer}")

    shown = get_job(db, JOB).latest

    assert shown.checks["speed_test"].capture.body == Check(name="speed_test", answer=Answer.YES)
    assert [view.capture.body for view in shown.notes] == [
        Note(text="it was no"),
        Note(text="it was yes"),
    ]


def test_a_completion_vouches_for_what_was_found(db: Connection) -> None:
    findings.record_correction(db, a_pen(), JOB, PORT)
    findings.record_note(db, a_pen(), JOB, "port 2 is broken")
    capture.record_serial(db, a_pen(), JOB, capture.SerialEntry(text=SERIAL, method="manual"))
    capture.record_light(db, a_pen(), JOB, "-18.5")
    blob = StoredBlob(sha256="c" * 64, size_bytes=9, media_type="image/svg+xml")
    capture.record_signature(db, a_pen(), JOB, signer_name="A", statement="It works.", stored=blob)

    capture.complete_job(db, a_pen(), JOB, code="D02", sign=KEY.sign)

    completion = said(db)[-1]
    assert isinstance(completion, CompleteJob)
    assert len(completion.manifest.captures) == 5


def test_what_says_nothing_or_cannot_be_is_named_and_leaves_nothing(db: Connection) -> None:
    with pytest.raises(findings.NothingSaid, match="the note is empty"):
        findings.record_note(db, a_pen(), JOB, " \n")
    for name in (" ", "Bend radius", "x" * 61):
        with pytest.raises(findings.NotACheck, match="a code like bend_radius"):
            findings.record_check(db, a_pen(), JOB, name, findings.CheckEntry(answer=Answer.YES))
    empty = findings.CorrectionEntry(subject=Subject.PREMISE, field="unit", proposed_value=" ")
    with pytest.raises(findings.NothingSaid, match="the proposed value"):
        findings.record_correction(db, a_pen(), JOB, empty)
    price = findings.CorrectionEntry(subject=Subject.PREMISE, field="price", proposed_value="1")
    with pytest.raises(NotCorrectable, match=r"'price' of the premise.*access_notes"):
        findings.record_correction(db, a_pen(), JOB, price)
    with pytest.raises(NotAnOntSerial, match="3FE49715AEAA"):
        findings.record_ont_moved(
            db, a_pen(), JOB, findings.OntEntry(serial="3FE49715AEAA", move=OntMove.DEFECTIVE)
        )

    assert count_all(db).captured == 0


def test_nothing_is_found_at_a_job_that_is_not_here_or_has_left(db: Connection) -> None:
    with pytest.raises(JobUnknown):
        findings.record_note(db, a_pen(), JobId(UUID(int=404)), "where is it?")
    run(db, "job_linger", id=str(JOB), reason="reassigned")
    with pytest.raises(JobReadOnly, match="reassigned"):
        findings.record_note(db, a_pen(), JOB, "one more thing")

    assert count_all(db).captured == 0


@pytest.mark.parametrize(
    ("subject", "field"), [(subject, field) for subject in Subject for field in FIELDS[subject]]
)
def test_every_field_of_the_list_can_be_corrected(
    db: Connection, subject: Subject, field: str
) -> None:
    value = "52.52001, 13.40495" if field == "position" else "1"
    entry = findings.CorrectionEntry(subject=subject, field=field, proposed_value=value)

    findings.record_correction(db, a_pen(), JOB, entry)

    assert count_all(db).captured == 1
