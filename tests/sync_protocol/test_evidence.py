import typing
from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol import evidence, wire
from sync_protocol.ids import CaptureId, DeviceId
from sync_protocol.operations import Capture, LightReading, Manifest, SerialScan
from sync_protocol.optics import Verdict
from tests.sync_protocol.factories import MOMENT, a_capture, completed, knowing

CAPTURES = st.builds(
    Capture,
    id=st.uuids().map(CaptureId),
    at=st.just(MOMENT),
    body=st.builds(
        SerialScan,
        serial=st.just("HWTC1A2B3C4D"),
        raw_text=st.text(max_size=30),
        method=st.text(max_size=5),
        override_reason=st.none() | st.text(max_size=9),
    ),
    latitude=st.none() | st.floats(-90, 90),
    longitude=st.none() | st.floats(-180, 180),
)


def test_the_bytes_of_a_fact_are_the_same_everywhere() -> None:
    """A golden value: another client must come to these bytes and this digest."""
    assert evidence.canonical_bytes(a_capture()) == (
        b'{"at":{"boot_id":"boot","monotonic_ms":1000,"wall":"2026-07-02T14:02:00Z"},'
        b'"body":{"method":"scan","raw_text":"HWTC1A2B3C4D","serial":"HWTC1A2B3C4D",'
        b'"type":"serial"},"id":"00000000-0000-0000-0000-000000000014"}'
    )


@given(CAPTURES)
def test_a_digest_survives_wire_and_storage(capture: Capture) -> None:
    travelled = msgspec.json.decode(msgspec.json.encode(capture), type=Capture)
    kept = msgspec.convert(msgspec.to_builtins(capture), Capture)

    assert evidence.capture_digest(travelled) == evidence.capture_digest(capture)
    assert evidence.capture_digest(kept) == evidence.capture_digest(capture)


def _digested_and_signed(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Go through all types of which a fact of this type can consist."""
    yield kind
    for part in typing.get_type_hints(kind, include_extras=False).values():
        for each in (part, *typing.get_args(part)):
            if isinstance(each, type) and issubclass(each, msgspec.Struct):
                yield from _digested_and_signed(each)


def test_a_field_that_is_added_later_changes_no_digest_of_before() -> None:
    """With a default, as the rule of compatibility says, it is left out of the bytes."""
    kinds = {*_digested_and_signed(Capture), *_digested_and_signed(Manifest)}

    assert len(kinds) == 12
    assert all(kind.__struct_config__.omit_defaults for kind in kinds)


@given(CAPTURES, st.text(max_size=30))
def test_another_text_has_another_digest(capture: Capture, text: str) -> None:
    assert isinstance(capture.body, SerialScan)
    body = msgspec.structs.replace(capture.body, raw_text=text)
    other = msgspec.structs.replace(capture, body=body)

    same = evidence.capture_digest(other) == evidence.capture_digest(capture)
    assert same is (other == capture)


def test_a_manifest_is_signed_without_numbers_or_state() -> None:
    signed = evidence.bytes_to_sign(completed(a_capture()).manifest)

    assert {*Manifest.__struct_fields__} == {
        "completion_id",
        "job_id",
        "captures",
        "completed_at",
    }
    assert b"dseq" not in signed
    assert b"state" not in signed


@pytest.mark.parametrize(
    ("known", "fault"),
    [
        (knowing(a_capture(20), a_capture(21)), None),
        (knowing(a_capture(20), a_capture(21), a_capture(22)), None),
        (knowing(a_capture(20)), "is missing"),
        ({}, "is missing"),
        (knowing(a_capture(20), a_capture(21, "HWTC000000AA")), "differs"),
    ],
)
def test_the_first_fault_of_a_manifest_is_named(
    known: dict[CaptureId, str], fault: str | None
) -> None:
    manifest = completed(a_capture(20), a_capture(21)).manifest

    found = evidence.first_fault(manifest, known)

    assert (found is None) if fault is None else (found is not None and fault in found)


def test_what_is_signed_for_a_token_is_never_a_manifest() -> None:
    device = DeviceId(UUID(int=1))

    assert not evidence.challenge_bytes(device, "x").startswith(
        evidence.bytes_to_sign(completed().manifest)[:20]
    )
    assert evidence.challenge_bytes(device, "x") != evidence.challenge_bytes(device, "y")


def test_a_reading_may_go_without_a_verdict_and_no_digest_of_before_has_changed() -> None:
    """The bytes with a verdict are those that tablets signed when every reading had one."""
    unjudged = LightReading(rx_power_cdbm=-1900, plant_snapshot="p1")
    judged = msgspec.structs.replace(
        unjudged, wavelength_nm=1490, predicted_cdbm=-1903, verdict=Verdict.OK
    )

    def body_of(reading: LightReading) -> bytes:
        fact = msgspec.structs.replace(a_capture(), body=reading)
        assert wire.decode(wire.encode(fact), Capture) == fact
        return evidence.canonical_bytes(fact).partition(b'"body":')[2].partition(b"}")[0] + b"}"

    assert body_of(judged) == (
        b'{"plant_snapshot":"p1","predicted_cdbm":-1903,"rx_power_cdbm":-1900,"type":"light",'
        b'"verdict":"ok","wavelength_nm":1490}'
    )
    assert body_of(unjudged) == b'{"plant_snapshot":"p1","rx_power_cdbm":-1900,"type":"light"}'


def test_the_sign_of_a_zero_coordinate_changes_no_digest() -> None:
    def at(longitude: float) -> Capture:
        return msgspec.structs.replace(a_capture(), latitude=51.5, longitude=longitude)

    assert evidence.capture_digest(at(-0.0)) == evidence.capture_digest(at(0.0))
    assert evidence.capture_digest(at(0.0)) != evidence.capture_digest(at(0.1))
