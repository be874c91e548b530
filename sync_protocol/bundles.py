"""An evidence bundle: what a job's completions vouched for, to be checked by anyone, anywhere.

A bundle needs nothing but itself and the public key of the device. Reading files and checking
signatures are passed in; here is the order in which things are checked, and the words for the first
that is wrong.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, Literal

import msgspec

from sync_protocol import evidence
from sync_protocol.documents import ShortText
from sync_protocol.ids import CaptureId, DeviceId, JobId
from sync_protocol.operations import Capture, Manifest, Photo, Signature
from sync_protocol.units import Counter, Instant, Sha256Hex

FORMAT: Final = "firstlight/bundle/1"

SignatureFits = Callable[[str, str, bytes], bool]
"""Whether a signature fits a public key (both base64) and the bytes that were signed."""


class Redacted(msgspec.Struct, frozen=True, kw_only=True):
    """A capture that was erased, with its salt; the manifest still names its digest."""

    capture_id: CaptureId
    erased_at: Instant


class SignedCompletion(msgspec.Struct, frozen=True, kw_only=True):
    """One completion: what the device signed, and the captures in the order of the manifest."""

    manifest: Manifest
    device_id: DeviceId
    public_key: ShortText
    """Ed25519, the raw 32 bytes in base64."""
    signature: ShortText
    captures: tuple[Capture, ...]
    redacted: tuple[Redacted, ...] = ()


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """The file ``bundle.json`` of a bundle; blobs lie beside it, each named by its hash."""

    format: Literal["firstlight/bundle/1"]
    job_id: JobId
    job_number: ShortText
    exported_at: Instant
    completions: tuple[SignedCompletion, ...]


class BlobFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was really found in a file of the bundle; no hash of one that is damaged."""

    sha256: Sha256Hex | None
    size_bytes: Counter


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Everything fits. What was redacted is named: it is known that it was there, and no more."""

    completions: int
    captures: int
    blobs: int
    redacted: tuple[CaptureId, ...]
    keys: tuple[str, ...]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """The first thing that does not fit, and where."""

    place: str
    detail: str

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}"


def verify(
    bundle: Bundle,
    blobs: Mapping[str, BlobFacts],
    signature_fits: SignatureFits,
    *,
    trusted_keys: Collection[str] = (),
) -> Verified | Fault:
    """Check a bundle from the signatures inwards.

    ``blobs`` holds the files by the name that they have in the bundle. With ``trusted_keys`` a
    completion signed by any other key is a fault; without, the bundle is only shown to fit its own
    keys, which says nothing of who made it.
    """
    for completion in bundle.completions:
        fault = (
            _wrong_signature(bundle, completion, signature_fits, trusted_keys)
            or _wrong_captures(completion)
            or _wrong_blobs(completion, blobs)
        )
        if fault is not None:
            return fault
    if not bundle.completions:
        return Fault(place="bundle.json", detail="it holds no completion")
    captures = [capture for each in bundle.completions for capture in each.captures]
    named = {sha256 for capture in captures for sha256, _size in _blobs_of(capture)}
    for name in sorted(blobs):
        if name not in named:
            return Fault(place=f"blobs/{name}", detail="no capture names this file")
    return Verified(
        completions=len(bundle.completions),
        captures=len(captures),
        blobs=len(named),
        redacted=tuple(gone.capture_id for each in bundle.completions for gone in each.redacted),
        keys=tuple(sorted({each.public_key for each in bundle.completions})),
    )


def _place(completion: SignedCompletion) -> str:
    return f"completion {completion.manifest.completion_id}"


def _wrong_signature(
    bundle: Bundle,
    completion: SignedCompletion,
    signature_fits: SignatureFits,
    trusted_keys: Collection[str],
) -> Fault | None:
    place, manifest = _place(completion), completion.manifest
    if trusted_keys and completion.public_key not in trusted_keys:
        detail = f"it is signed with key {completion.public_key}, which is not one that you trust"
        return Fault(place=place, detail=detail)
    signed = evidence.bytes_to_sign(manifest)
    if not signature_fits(completion.public_key, completion.signature, signed):
        detail = "the signature does not fit: the manifest, its order, or the key was changed"
        return Fault(place=place, detail=detail)
    if manifest.job_id != bundle.job_id:
        detail = f"it vouches for job {manifest.job_id}, the bundle is of {bundle.job_id}"
        return Fault(place=place, detail=detail)
    return None


def _wrong_captures(completion: SignedCompletion) -> Fault | None:
    """Walk the manifest and the captures side by side; what was redacted may be absent."""
    gone = {each.capture_id for each in completion.redacted}
    wanted = [entry for entry in completion.manifest.captures if entry.capture_id not in gone]
    found = {capture.id: evidence.capture_digest(capture) for capture in completion.captures}
    fault = evidence.first_fault(completion.manifest, {**_redacted_digests(completion), **found})
    if fault is not None:
        return Fault(place=_place(completion), detail=fault)
    for entry, capture in zip(wanted, completion.captures, strict=False):
        if entry.capture_id != capture.id:
            detail = f"it stands where {entry.capture_id} was vouched for"
            return Fault(place=f"capture {capture.id}", detail=detail)
    if len(completion.captures) > len(wanted):
        extra = completion.captures[len(wanted)]
        return Fault(place=f"capture {extra.id}", detail="nobody vouched for it")
    return None


def _redacted_digests(completion: SignedCompletion) -> dict[CaptureId, Sha256Hex]:
    gone = {each.capture_id for each in completion.redacted}
    return {
        entry.capture_id: entry.digest
        for entry in completion.manifest.captures
        if entry.capture_id in gone
    }


def _wrong_blobs(completion: SignedCompletion, blobs: Mapping[str, BlobFacts]) -> Fault | None:
    for capture in completion.captures:
        for sha256, size_bytes in _blobs_of(capture):
            found, place = blobs.get(sha256), f"blobs/{sha256}"
            if found is None:
                return Fault(place=place, detail=f"capture {capture.id} names it, it is missing")
            if found.sha256 is None:
                return Fault(place=place, detail="it is damaged and cannot be read to its end")
            if found.sha256 != sha256:
                return Fault(place=place, detail=f"its bytes have the hash {found.sha256}")
            if found.size_bytes != size_bytes:
                detail = f"it has {found.size_bytes} bytes, capture {capture.id} says {size_bytes}"
                return Fault(place=place, detail=detail)
    return None


def _blobs_of(capture: Capture) -> Iterable[tuple[Sha256Hex, int]]:
    if isinstance(capture.body, Photo | Signature):
        yield capture.body.sha256, capture.body.size_bytes
