from collections.abc import Sequence
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from server.fulfilment.evidence_check import Proven, Unproven, check
from server.jobs.records import Completion, Job, StoredCapture
from server.sync import devices
from server.sync.planning import kind_of
from sync_protocol import evidence
from sync_protocol.documents import JobKind
from sync_protocol.jobs import JobState
from sync_protocol.operations import Capture, CaptureBody, CompleteJob
from tests.server.factories import NOON
from tests.server.tablets import OTHER_SERIAL, SERIAL, Tablet, bodies, capture

JOB = Job(
    id=uuid7(),
    number="O-1-1",
    kind=JobKind.INSTALL,
    order_item_id=UUID(int=2),
    service_id=UUID(int=1),
    premise_id=UUID(int=4),
    assignee_id=None,
    state=JobState.COMPLETED,
    state_version=3,
    starts_at=NOON,
    ends_at=NOON,
    required_photos=("ont_mounted", "ont_label"),
    reserved_serial=None,
)


def stored(taken: Capture) -> StoredCapture:
    return StoredCapture(
        id=taken.id,
        job_id=JOB.id,
        technician_id=UUID(int=5),
        kind=kind_of(taken),
        digest=evidence.capture_digest(taken),
        capture=msgspec.to_builtins(taken),
        late=False,
        received_at=NOON,
    )


def completed(said: CompleteJob, *, signature: str | None) -> Completion:
    return Completion(
        id=said.manifest.completion_id,
        job_id=JOB.id,
        order_item_id=JOB.order_item_id,
        technician_id=UUID(int=5),
        device_id=UUID(int=6),
        code="done",
        manifest=msgspec.to_builtins(said.manifest),
        signature=signature,
        verdict="applied",
        completed_at=NOON,
        received_at=NOON,
    )


def checked(
    tablet: Tablet,
    vouched: Sequence[Capture],
    *,
    arrived: Sequence[Capture] | None = None,
    signature: str | None = "",
) -> Proven | Unproven:
    """Check a completion of these captures; "" signs it with the tablet's key."""
    said = tablet.completion(JOB.id, vouched)

    def verify(_device_id: UUID, given: str, message: bytes) -> bool:
        return devices.verifies(tablet.public_key, given, message)

    return check(
        JOB,
        completed(said, signature=said.signature if signature == "" else signature),
        [stored(each) for each in (vouched if arrived is None else arrived)],
        verify,
    )


def taken(*changed: CaptureBody) -> list[Capture]:
    return [capture(body) for body in (*bodies(), *changed)]


def test_complete_evidence_proves_serial_and_light() -> None:
    found = checked(Tablet(), taken())

    assert isinstance(found, Proven)
    assert (found.serial, found.rx_power_cdbm) == (SERIAL, -1940)


@pytest.mark.parametrize(
    ("left_out", "named"),
    [
        (0, "ONT serial"),
        (1, "light level"),
        (2, "photo ont_mounted"),
        (3, "photo ont_label"),
        (4, "signature"),
    ],
)
def test_what_is_missing_is_named(left_out: int, named: str) -> None:
    captures = taken()
    del captures[left_out]

    found = checked(Tablet(), captures)

    assert isinstance(found, Unproven)
    assert (found.code, found.detail) == ("EVIDENCE_INCOMPLETE", f"missing: {named}")


def test_a_corrected_scan_and_light_level_count_as_last_captured() -> None:
    corrections = bodies(OTHER_SERIAL, -2010)[:2]

    found = checked(Tablet(), taken(*corrections))

    assert isinstance(found, Proven)
    assert (found.serial, found.rx_power_cdbm) == (OTHER_SERIAL, -2010)


def test_a_capture_that_nobody_vouched_for_proves_nothing() -> None:
    captures = taken()

    found = checked(Tablet(), captures[1:], arrived=captures)

    assert isinstance(found, Unproven)
    assert found.detail == "missing: ONT serial"


def test_a_vouched_capture_that_did_not_arrive_is_named() -> None:
    captures = taken()

    found = checked(Tablet(), captures, arrived=captures[1:])

    assert isinstance(found, Unproven)
    assert found.detail == f"capture {captures[0].id} is missing"


def test_a_capture_altered_afterwards_is_named() -> None:
    captures = taken()
    altered = msgspec.structs.replace(captures[0], body=bodies(OTHER_SERIAL)[0])

    found = checked(Tablet(), captures, arrived=[altered, *captures[1:]])

    assert isinstance(found, Unproven)
    assert found.detail == f"capture {captures[0].id} differs from what was vouched for"


SIGNATURES = {
    "none": (None, "EVIDENCE_UNSIGNED"),
    "not base64": ("%%%", "EVIDENCE_SIGNATURE_WRONG"),
    "not ASCII": ("ä" * 88, "EVIDENCE_SIGNATURE_WRONG"),
    "too short": ("AAAA", "EVIDENCE_SIGNATURE_WRONG"),
    "of something else": (Tablet().sign(b"something else"), "EVIDENCE_SIGNATURE_WRONG"),
}


@pytest.mark.parametrize(("signature", "code"), SIGNATURES.values(), ids=SIGNATURES.keys())
def test_only_the_signature_of_its_device_vouches(signature: str | None, code: str) -> None:
    found = checked(Tablet(), taken(), signature=signature)

    assert isinstance(found, Unproven)
    assert found.code == code
