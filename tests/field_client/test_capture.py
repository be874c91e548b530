import base64
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from field_client import capture
from field_client.keys import DeviceKey
from field_client.replica.held import JobUnknown
from field_client.replica.outbox import next_push
from field_client.replica.views import count_all, get_job
from field_client.serial_checks import NO_STOCK, Doubt, Stock
from field_client.storage import Connection, StoredBlob
from field_client.storage.statements import run
from sync_protocol import evidence, wire
from sync_protocol.documents import UNKNOWN_PLANT, JobDocument, PlantCard
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent, JobState, MoveNotAllowed
from sync_protocol.operations import (
    CompleteJob,
    LightReading,
    Operation,
    Place,
    RecordCapture,
    SerialScan,
)
from sync_protocol.optics import UNKNOWN_PATH, Verdict
from sync_protocol.serials import NotAnOntSerial
from sync_protocol.units import NotALightLevel
from sync_protocol.visit_codes import NotAVisitCode
from tests.field_client.factories import (
    SERIAL,
    a_job,
    a_moment,
    a_pen,
    an_enrolled_replica,
)

JOB = JobId(UUID(int=100))
OTHER = JobId(UUID(int=101))
KEY = DeviceKey(bytes(range(32)))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    replica = an_enrolled_replica(tmp_path / "replica.db")
    put(replica, a_job())
    yield replica
    replica.close()


def put(db: Connection, job: JobDocument) -> None:
    run(db, "job_store", id=str(job.id), document=wire.encode(job))


def stored(letter: str) -> StoredBlob:
    return StoredBlob(sha256=letter * 64, size_bytes=9, media_type="image/jpeg")


def typed(text: str, reason: str | None = None) -> capture.SerialEntry:
    return capture.SerialEntry(text=text, method="manual", override_reason=reason)


def recorded(
    db: Connection, entry: capture.SerialEntry, stock: Stock = NO_STOCK
) -> capture.SerialReceipt:
    receipt = capture.record_serial(db, a_pen(), JOB, entry, stock)
    assert isinstance(receipt, capture.SerialReceipt)
    return receipt


def last_body(db: Connection) -> object:
    return wire.decode(bytes(next_push(db, a_moment(), "1").operations[-1]), Operation).body


def fill(db: Connection) -> None:
    capture.record_serial(db, a_pen(), JOB, typed(SERIAL))
    capture.record_light(db, a_pen(), JOB, "-18,5")
    capture.record_photo(db, a_pen(), JOB, subject="ont", stored=stored("a"))
    capture.record_photo(db, a_pen(), JOB, subject="wall", stored=stored("b"))
    capture.record_signature(
        db, a_pen(), JOB, signer_name="A. Subscriber", statement="It works.", stored=stored("c")
    )


def test_a_serial_is_recorded_in_its_one_form_with_the_text_as_read(db: Connection) -> None:
    receipt = recorded(db, typed("sn: hwtc-1a2b3c4d"))

    assert (receipt.serial, receipt.warnings) == (SERIAL, ())
    body = last_body(db)
    assert isinstance(body, RecordCapture)
    assert body.capture.body == SerialScan(
        serial=SERIAL, raw_text="sn: hwtc-1a2b3c4d", method="manual"
    )


def test_a_serial_that_is_not_the_reserved_one_is_recorded_only_with_a_reason(
    db: Connection,
) -> None:
    put(db, a_job(reserved_serial="ALCL00000001"))

    asked = capture.record_serial(db, a_pen(), JOB, typed(SERIAL))

    assert isinstance(asked, capture.Doubtful)
    assert [warned.doubt for warned in asked.warnings] == [Doubt.NOT_THE_RESERVED_ONE]
    assert (SERIAL in asked.warnings[0].detail, "ALCL0" in asked.warnings[0].detail) == (True, True)
    assert len(get_job(db, JOB).captures) == 0


@pytest.mark.parametrize("blank", ["", "  \t"])
def test_a_blank_reason_is_none(db: Connection, blank: str) -> None:
    put(db, a_job(reserved_serial="ALCL00000001"))

    asked = capture.record_serial(db, a_pen(), JOB, typed(SERIAL, blank))

    assert isinstance(asked, capture.Doubtful)


def test_the_reason_and_what_it_answers_travel_with_the_serial(db: Connection) -> None:
    put(db, a_job(reserved_serial="ALCL00000001"))

    receipt = recorded(db, typed(SERIAL, " the other one was broken "), Stock(van={}))

    assert len(receipt.warnings) == 2
    body = last_body(db)
    assert isinstance(body, RecordCapture)
    assert body.capture.body == SerialScan(
        serial=SERIAL,
        raw_text=SERIAL,
        method="manual",
        override_reason="the other one was broken",
        overridden=("not_the_reserved_one", "not_in_van_stock"),
    )


def test_a_serial_of_another_job_is_asked_about(db: Connection) -> None:
    put(db, a_job(id=OTHER))
    capture.record_serial(db, a_pen(), OTHER, typed(SERIAL))

    asked = capture.record_serial(db, a_pen(), JOB, typed(SERIAL))

    assert isinstance(asked, capture.Doubtful)
    assert [warned.doubt for warned in asked.warnings] == [Doubt.USED_IN_ANOTHER_JOB]
    assert str(OTHER) in asked.warnings[0].detail
    assert recorded(db, typed("ALCL00000001")).warnings == ()


@pytest.mark.parametrize(
    ("reading", "verdict"),
    [("-18.5", Verdict.OK), ("18,5", Verdict.OK), ("-29", Verdict.FAIL), ("-9", Verdict.TOO_GOOD)],
)
def test_light_is_judged_against_the_path_of_the_job(
    db: Connection, reading: str, verdict: Verdict
) -> None:
    receipt = capture.record_light(db, a_pen(), JOB, reading)

    assert receipt.judgement is not None
    assert receipt.judgement.verdict is verdict
    assert receipt.judgement.predicted_cdbm == get_job(db, JOB).predicted_cdbm


def test_another_splitter_predicts_another_level(db: Connection) -> None:
    before = get_job(db, JOB).predicted_cdbm
    job = a_job()
    path = msgspec.structs.replace(job.plant.light_path, splitter_ratios=(64,))
    put(db, a_job(plant=msgspec.structs.replace(job.plant, light_path=path)))

    after = get_job(db, JOB).predicted_cdbm

    assert before is not None
    assert after is not None
    assert before - after == 430


@pytest.mark.parametrize(("text", "added"), [("18,5", True), ("-18,5", False)])
def test_a_receipt_says_whether_a_sign_was_added(db: Connection, text: str, added: bool) -> None:  # noqa: FBT001  one column of the table
    receipt = capture.record_light(db, a_pen(), JOB, text)

    assert (receipt.rx_power_cdbm, receipt.sign_added) == (-1850, added)


def test_meter_and_place_are_kept_with_a_reading(db: Connection) -> None:
    setup = capture.LightSetup(meter="EXFO PPM-352D 1187", wavelength_nm=1490, place=Place.ONT)

    receipt = capture.record_light(db, a_pen(), JOB, "-18.5", setup)

    assert receipt.judgement is not None
    body = last_body(db)
    assert isinstance(body, RecordCapture)
    light = body.capture.body
    assert isinstance(light, LightReading)
    assert (light.meter, light.wavelength_nm, light.place, light.verdict) == (
        "EXFO PPM-352D 1187",
        1490,
        "ont",
        Verdict.OK,
    )


@pytest.mark.parametrize(
    ("setup", "why"),
    [
        (capture.LightSetup(wavelength_nm=1550), "set to 1550 nm.*has 1490 nm"),
        (capture.LightSetup(place=Place.TERMINAL), "at the terminal"),
    ],
)
def test_a_reading_of_something_else_than_was_predicted_is_kept_and_not_judged(
    db: Connection, setup: capture.LightSetup, why: str
) -> None:
    receipt = capture.record_light(db, a_pen(), JOB, "-18.5", setup)

    assert receipt.judgement is None
    assert re.search(why, receipt.unjudged or "")
    body = last_body(db)
    assert isinstance(body, RecordCapture)
    assert body.capture.body == LightReading(
        rx_power_cdbm=-1850,
        plant_snapshot="plant-1",
        wavelength_nm=setup.wavelength_nm,
        place=setup.place,
    )


def test_a_level_at_the_terminal_alone_finishes_no_job(db: Connection) -> None:
    fill(db)
    at_terminal = capture.LightSetup(place=Place.TERMINAL)
    capture.record_light(db, a_pen(), JOB, "-17", at_terminal)
    assert get_job(db, JOB).missing == ()
    put(db, a_job(id=OTHER))

    capture.record_light(db, a_pen(), OTHER, "-17", at_terminal)

    assert "light" in get_job(db, OTHER).missing


ODD_PLANT = msgspec.structs.replace(
    UNKNOWN_PLANT,
    light_path=msgspec.structs.replace(UNKNOWN_PATH, optic_class="GPON_Z", drop_length_m=1),
)


@pytest.mark.parametrize(
    ("plant", "named"), [(ODD_PLANT, "GPON_Z"), (UNKNOWN_PLANT, "no path to this premise")]
)
def test_a_reading_over_a_path_that_cannot_be_judged_has_no_verdict_and_says_why(
    db: Connection, plant: PlantCard, named: str
) -> None:
    put(db, a_job(plant=plant))

    receipt = capture.record_light(db, a_pen(), JOB, "-19")

    assert (receipt.rx_power_cdbm, receipt.judgement) == (-1900, None)
    assert receipt.unjudged is not None
    assert named in receipt.unjudged
    body = last_body(db)
    assert isinstance(body, RecordCapture)
    assert body.capture.body == LightReading(rx_power_cdbm=-1900, plant_snapshot=plant.snapshot)


@pytest.mark.parametrize("plant", [ODD_PLANT, UNKNOWN_PLANT])
def test_a_job_whose_plant_is_unknown_shows_and_can_be_finished(
    db: Connection, plant: PlantCard
) -> None:
    put(db, a_job(plant=plant))
    view = get_job(db, JOB)
    fill(db)

    ended = capture.complete_job(db, a_pen(), JOB, code="D02", sign=KEY.sign)

    assert (view.predicted_cdbm, bool(view.plant_problem)) == (None, True)
    assert isinstance(ended, capture.Completed)


def test_a_plant_that_is_completed_later_is_judged_from_then_on(db: Connection) -> None:
    put(db, a_job(plant=UNKNOWN_PLANT))
    capture.record_light(db, a_pen(), JOB, "-18.5")
    put(db, a_job())

    receipt = capture.record_light(db, a_pen(), JOB, "-18.5")

    assert receipt.judgement is not None
    assert (receipt.unjudged, get_job(db, JOB).plant_problem) == (None, None)


@pytest.mark.parametrize("missing_job", [OTHER])
def test_nothing_is_recorded_for_a_job_that_is_not_here(db: Connection, missing_job: JobId) -> None:
    with pytest.raises(JobUnknown, match=str(missing_job)):
        capture.record_photo(db, a_pen(), missing_job, subject="ont", stored=stored("a"))

    assert count_all(db).captured == 0


def test_wrong_values_are_named_and_leave_nothing(db: Connection) -> None:
    with pytest.raises(NotAnOntSerial, match="3FE49715AEAA"):
        capture.record_serial(db, a_pen(), JOB, typed("3FE49715AEAA"))
    with pytest.raises(NotALightLevel, match="bright"):
        capture.record_light(db, a_pen(), JOB, "bright")
    with pytest.raises(capture.NotAField, match=r"'priority'.*access_notes"):
        capture.set_field(db, a_pen(), JOB, field="priority", value="1")
    with pytest.raises(capture.NotAFieldEvent, match="cancel"):
        capture.move_job(db, a_pen(), JOB, JobEvent.CANCEL)
    with pytest.raises(MoveNotAllowed, match="resume"):
        capture.move_job(db, a_pen(), JOB, JobEvent.RESUME)

    assert count_all(db).captured == 0


def test_a_completion_names_all_that_is_missing_before_anything_is_written(
    db: Connection,
) -> None:
    capture.record_photo(db, a_pen(), JOB, subject="wall", stored=stored("b"))

    ended = capture.complete_job(db, a_pen(), JOB, code="D02", sign=KEY.sign)

    assert ended == capture.Incomplete(missing=("serial", "light", "signature", "photo:ont"))
    assert count_all(db).captured == 1
    assert get_job(db, JOB).card.state is JobState.ASSIGNED


def test_a_completion_vouches_for_every_capture_with_the_device_key(db: Connection) -> None:
    fill(db)

    ended = capture.complete_job(db, a_pen(), JOB, code="D02", sign=KEY.sign)

    assert isinstance(ended, capture.Completed)
    assert get_job(db, JOB).card.state is JobState.COMPLETED
    body = last_body(db)
    assert isinstance(body, CompleteJob)
    captures = [view.capture for view in get_job(db, JOB).captures]
    assert body.manifest.captures == evidence.digests_of(captures)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(KEY.public_text()))
    public.verify(base64.b64decode(body.signature or ""), evidence.bytes_to_sign(body.manifest))


def test_a_job_is_completed_once_on_a_tablet(db: Connection) -> None:
    fill(db)
    capture.complete_job(db, a_pen(), JOB, code="D02", sign=KEY.sign)

    with pytest.raises(MoveNotAllowed, match="completed"):
        capture.complete_job(db, a_pen(), JOB, code="D02", sign=KEY.sign)


def test_giving_up_says_why_and_evidence_may_follow(db: Connection) -> None:
    state = capture.give_up_job(db, a_pen(), JOB, code="N01", remark="rang twice")

    assert state is JobState.NOT_DONE
    fill(db)
    ended = capture.complete_job(db, a_pen(), JOB, code="D02", sign=KEY.sign)
    assert isinstance(ended, capture.Completed)


@pytest.mark.parametrize("code", ["done", "N01", ""])
def test_a_job_ends_only_with_a_code_of_its_list(db: Connection, code: str) -> None:
    fill(db)
    captured = count_all(db).captured

    with pytest.raises(NotAVisitCode, match=rf"'{code}' is no code.*D02 installed"):
        capture.complete_job(db, a_pen(), JOB, code=code, sign=KEY.sign)
    other = code.replace("N01", "D02")
    with pytest.raises(NotAVisitCode, match=rf"'{other}' is no code.*N02 no access"):
        capture.give_up_job(db, a_pen(), JOB, code=other, remark="")

    assert count_all(db).captured == captured
    assert get_job(db, JOB).card.state is JobState.ASSIGNED


def test_a_field_is_edited_from_the_value_that_was_seen(db: Connection) -> None:
    first = capture.set_field(db, a_pen(), JOB, field="access_notes", value="key at no. 3")
    second = capture.set_field(db, a_pen(), JOB, field="access_notes", value="no key")

    assert (first.version, second.version) == (1, 2)
    assert get_job(db, JOB).fields["access_notes"] == second
