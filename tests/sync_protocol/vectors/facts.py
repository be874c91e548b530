"""The facts, operations and situations that the vectors are about; every id and time is fixed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

import msgspec

from sync_protocol import evidence
from sync_protocol.documents import VersionedValue
from sync_protocol.ids import CaptureId, CompletionId, DeviceId, Incarnation, JobId
from sync_protocol.operations import (
    Answer,
    Capture,
    CaptureBody,
    Check,
    Correction,
    LightReading,
    Manifest,
    Moment,
    Note,
    OntMove,
    OntMoved,
    Photo,
    Place,
    SerialScan,
    Signature,
    Subject,
)
from sync_protocol.optics import Verdict

SEED: Final = bytes(range(32))
"""The private half of the test key; of no device."""
CHALLENGE: Final = "4kZ0mV1r-challenge"
DEVICE: Final = DeviceId(UUID("0198a000-0000-7000-8000-0000000000d1"))
JOB: Final = JobId(UUID("0198a000-0000-7000-8000-0000000000a1"))
INCARNATION: Final = Incarnation(UUID("0198a000-0000-7000-8000-0000000000c1"))
AT: Final = Moment(
    wall=datetime(2026, 7, 2, 14, 2, tzinfo=UTC), monotonic_ms=1000, boot_id="boot-1"
)
LATER: Final = Moment(
    wall=datetime(2026, 7, 2, 14, 2, 3, 45_000, tzinfo=timezone(timedelta(hours=2))),
    monotonic_ms=2**53,
    boot_id='böot "2"',
    server_offset_ms=-1500,
)


def _capture(
    number: int,
    body: CaptureBody,
    *,
    at: Moment = AT,
    latitude: float | None = None,
    longitude: float | None = None,
) -> Capture:
    return Capture(
        id=CaptureId(UUID(int=number)), at=at, body=body, latitude=latitude, longitude=longitude
    )


SCAN: Final = SerialScan(serial="HWTC1A2B3C4D", raw_text="S/N HWTC1A2B3C4D", method="scan")
PHOTO: Final = Photo(subject="ont_mounted", sha256="ab" * 32, size_bytes=284_000)
SIGNATURE: Final = Signature(
    signer_name="Erika", statement="It works.", sha256="cd" * 32, size_bytes=4_000
)
LIGHT: Final = LightReading(
    rx_power_cdbm=-1940,
    plant_snapshot="p1",
    wavelength_nm=1490,
    predicted_cdbm=-1903,
    verdict=Verdict.OK,
)
CAPTURES: Final = {
    "a serial": _capture(1, SCAN),
    "a serial with a reason": _capture(
        2,
        SerialScan(
            serial="HWTC1A2B3C4D", raw_text="typed", method="typed", override_reason="label torn"
        ),
    ),
    "a serial entered despite doubts": _capture(
        22,
        SerialScan(
            serial="HWTC1A2B3C4D",
            raw_text="S/N HWTC1A2B3C4D",
            method="scan",
            override_reason="swapped at the depot",
            overridden=("not_the_reserved_one", "not_in_van_stock"),
        ),
    ),
    "text beyond ASCII and escapes": _capture(
        3,
        SerialScan(
            serial="HWTC1A2B3C4D",
            raw_text='Zähler "7" \\ / \t\n\x01\x1f\x7f \u2028 😀',
            method="<&>",
        ),
    ),
    "a light reading": _capture(4, LIGHT),
    "a light reading without a verdict": _capture(
        5, LightReading(rx_power_cdbm=-6000, plant_snapshot="unknown")
    ),
    "a photo": _capture(6, PHOTO),
    "a photo of another type": _capture(
        7, Photo(subject="door", sha256="00" * 32, size_bytes=1, media_type="image/png")
    ),
    "a signature": _capture(8, SIGNATURE),
    "a place": _capture(9, SCAN, latitude=52.520008, longitude=13.404954),
    "a place of whole degrees": _capture(10, SCAN, latitude=51.0, longitude=-180.0),
    "a place on equator and meridian": _capture(11, SCAN, latitude=0.0, longitude=-0.0),
    "a place of small and long numbers": _capture(
        12, SCAN, latitude=0.000001, longitude=-0.1234567890123456
    ),
    "a place beside the meridian": _capture(13, SCAN, latitude=1e-7, longitude=2.5e-10),
    "a moment with everything": _capture(14, SCAN, at=LATER),
    "a light reading with its meter": _capture(
        15,
        LightReading(
            rx_power_cdbm=-1720,
            plant_snapshot="p1",
            wavelength_nm=1550,
            meter="EXFO PPM-352D 1187",
            place=Place.TERMINAL,
        ),
    ),
    "a photo with what the camera knew": msgspec.structs.replace(
        _capture(
            16,
            Photo(
                subject="ont_mounted",
                sha256="ef" * 32,
                size_bytes=243_000,
                width=2048,
                height=1536,
                taken_at="2026-07-02T16:02:11+02:00",
            ),
            latitude=52.520008,
            longitude=13.404954,
        ),
        accuracy_m=5,
    ),
    "a check": _capture(17, Check(name="bend_radius", answer=Answer.YES)),
    "a check with a value": _capture(
        18,
        Check(name="speed_test", answer=Answer.NO, value="212 Mbit/s", remark="over the wall"),
    ),
    "a note": _capture(19, Note(text="the dog is friendly")),
    "a correction": _capture(
        20,
        Correction(
            subject=Subject.PLANT,
            field="terminal_port",
            seen_value="2",
            proposed_value="3",
            reason="port 2 is broken",
        ),
    ),
    "an ONT that was recovered": _capture(
        21, OntMoved(serial="HWTC1A2B3C4D", move=OntMove.RECOVERED, model="HG8245H")
    ),
}
MANIFESTS: Final = {
    "no capture": Manifest(
        completion_id=CompletionId(UUID(int=30)), job_id=JOB, captures=(), completed_at=AT
    ),
    "all captures": Manifest(
        completion_id=CompletionId(UUID(int=31)),
        job_id=JOB,
        captures=evidence.digests_of(CAPTURES.values()),
        completed_at=LATER,
    ),
    "another order": Manifest(
        completion_id=CompletionId(UUID(int=31)),
        job_id=JOB,
        captures=evidence.digests_of(reversed(CAPTURES.values())),
        completed_at=LATER,
    ),
}
RAW_OPERATIONS: Final = (
    (
        b'{"dseq":1,"tx":"t","at":{"wall":"2026-07-02T14:02:00Z","monotonic_ms":1,"boot_id":"b"},'
        b'"body":{"type":"move","job_id":"0198a000-0000-7000-8000-0000000000a1","event":"accept",'
        b'"base_state_version":1},"origin":null}'
    ),
    (
        b'{ "tx" : "t",  "dseq" : 2,\n  "at":{"wall":"2026-07-02T14:02:00.000Z","monotonic_ms":2,'
        b'"boot_id":"b"},\t"body":{"type":"set_field","job_id":'
        b'"0198a000-0000-7000-8000-0000000000a1","field":"access_notes","value":"Gr\\u00fcn",'
        b'"base_version":0,"base_value":""} }'
    ),
    b'{"dseq":3,"new_in_fls_9":[1, 2 ,3]}',
)
NOTES: Final = {"access_notes": VersionedValue(value="old", version=1)}
