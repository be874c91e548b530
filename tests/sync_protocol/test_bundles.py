"""A bundle is checked from the signature inwards, and the first fault is named."""

import hashlib
from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest

from sync_protocol import bundles, evidence
from sync_protocol.bundles import BlobFacts, Bundle, Fault, Redacted, SignedCompletion, Verified
from sync_protocol.ids import CaptureId, DeviceId
from sync_protocol.operations import Capture, Photo
from tests.sync_protocol.factories import JOB, MOMENT, NOW, OTHER_JOB, a_capture, completed

KEY, OTHER_KEY = "key-of-the-tablet", "another-key"
PHOTO = b"a photo"
SHA256 = hashlib.sha256(PHOTO).hexdigest()


def signature_of(key: str, message: bytes) -> str:
    return hashlib.sha256(key.encode() + message).hexdigest()


def fits(key: str, signature: str, message: bytes) -> bool:
    return signature == signature_of(key, message)


def a_photo(number: int = 30) -> Capture:
    body = Photo(subject="ont_label", sha256=SHA256, size_bytes=len(PHOTO))
    return Capture(id=CaptureId(UUID(int=number)), at=MOMENT, body=body)


CAPTURES = (a_capture(20), a_capture(21, "HWTC00000007"), a_photo())
BLOBS = {SHA256: BlobFacts(sha256=SHA256, size_bytes=len(PHOTO))}


def a_completion(key: str = KEY) -> SignedCompletion:
    manifest = completed(*CAPTURES).manifest
    return SignedCompletion(
        manifest=manifest,
        device_id=DeviceId(UUID(int=5)),
        public_key=key,
        signature=signature_of(key, evidence.bytes_to_sign(manifest)),
        captures=CAPTURES,
    )


def bundle_of(*completions: SignedCompletion) -> Bundle:
    return Bundle(
        format=bundles.FORMAT,
        job_id=JOB,
        job_number="J-1",
        exported_at=NOW,
        completions=completions,
    )


def changed(**changes: object) -> Bundle:
    return bundle_of(msgspec.structs.replace(a_completion(), **changes))


def test_a_bundle_as_it_was_made_is_verified() -> None:
    found = bundles.verify(bundle_of(a_completion()), BLOBS, fits, trusted_keys=[KEY])

    assert found == Verified(completions=1, captures=3, blobs=1, redacted=(), keys=(KEY,))


def in_another_order() -> Bundle:
    manifest = a_completion().manifest
    return changed(manifest=msgspec.structs.replace(manifest, captures=manifest.captures[::-1]))


def of_another_job() -> Bundle:
    return msgspec.structs.replace(bundle_of(a_completion()), job_id=OTHER_JOB)


FAULTS: dict[str, tuple[Callable[[], Bundle], str]] = {
    "no completion": (bundle_of, "bundle.json: it holds no completion"),
    "another key": (lambda: changed(public_key=OTHER_KEY), "the signature does not fit"),
    "another signature": (lambda: changed(signature="x"), "the signature does not fit"),
    "another order of the manifest": (in_another_order, "the signature does not fit"),
    "another job": (of_another_job, "vouches for job"),
    "another order of the captures": (
        lambda: changed(captures=CAPTURES[::-1]),
        f"capture {CAPTURES[2].id}: it stands where {CAPTURES[0].id} was vouched for",
    ),
    "a dropped capture": (lambda: changed(captures=CAPTURES[:2]), "is missing"),
    "a changed capture": (
        lambda: changed(captures=(a_capture(20, "HWTC00000009"), *CAPTURES[1:])),
        f"capture {CAPTURES[0].id} differs from what was vouched for",
    ),
    "an added capture": (
        lambda: changed(captures=(*CAPTURES, a_capture(99))),
        "nobody vouched for it",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_first_fault_is_named(name: str) -> None:
    make, words = FAULTS[name]

    found = bundles.verify(make(), BLOBS, fits)

    assert isinstance(found, Fault)
    assert words in str(found)


@pytest.mark.parametrize(
    ("blobs", "words"),
    [
        ({}, "names it, it is missing"),
        ({SHA256: BlobFacts(sha256="0" * 64, size_bytes=7)}, "its bytes have the hash 0000"),
        ({SHA256: BlobFacts(sha256=None, size_bytes=7)}, "it is damaged"),
        ({SHA256: BlobFacts(sha256=SHA256, size_bytes=6)}, "it has 6 bytes"),
        ({**BLOBS, "b" * 64: BlobFacts(sha256="b" * 64, size_bytes=1)}, "no capture names"),
    ],
)
def test_files_are_those_that_were_vouched_for(blobs: dict[str, BlobFacts], words: str) -> None:
    found = bundles.verify(bundle_of(a_completion()), blobs, fits)

    assert isinstance(found, Fault)
    assert found.place.startswith("blobs/")
    assert words in found.detail


def test_a_key_that_is_not_trusted_is_a_fault_however_well_it_signs() -> None:
    bundle = bundle_of(a_completion(OTHER_KEY))

    assert isinstance(bundles.verify(bundle, BLOBS, fits), Verified)
    found = bundles.verify(bundle, BLOBS, fits, trusted_keys=[KEY])
    assert isinstance(found, Fault)
    assert "not one that you trust" in found.detail


def test_what_was_redacted_still_verifies_and_is_told() -> None:
    gone = Redacted(capture_id=CAPTURES[2].id, erased_at=NOW)

    found = bundles.verify(changed(captures=CAPTURES[:2], redacted=(gone,)), {}, fits)

    assert isinstance(found, Verified)
    assert found.redacted == (CAPTURES[2].id,)
