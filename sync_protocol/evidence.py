"""Evidence: canonical bytes of captured facts, their digests, and the manifest that is signed.

Signing and verifying are passed in by the side that has the keys; here is only what both must do
alike. Signed are facts and manifest, never sequence numbers (a re-issue must not break them).
"""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from sync_protocol.ids import CaptureId, DeviceId
from sync_protocol.operations import Capture, CaptureDigest, Manifest
from sync_protocol.units import Sha256Hex

_DOMAIN = b"firstlight/evidence/1\n"


def canonical_bytes(fact: Capture | Manifest) -> bytes:
    """Write a fact so that it gives the same bytes everywhere: sorted keys, no blanks."""
    values = msgspec.to_builtins(fact)
    for coordinate in ("latitude", "longitude"):
        if values.get(coordinate) == 0:
            values[coordinate] = 0.0  # a database may not keep the sign of a zero
    return msgspec.json.encode(values, order="sorted")


def capture_digest(capture: Capture) -> Sha256Hex:
    """Give the digest by which a manifest names a capture."""
    return hashlib.sha256(_DOMAIN + canonical_bytes(capture)).hexdigest()


def digests_of(captures: Iterable[Capture]) -> tuple[CaptureDigest, ...]:
    """List captures for a manifest, in the order given."""
    return tuple(
        CaptureDigest(capture_id=capture.id, digest=capture_digest(capture)) for capture in captures
    )


def bytes_to_sign(manifest: Manifest) -> bytes:
    """Give the bytes that the device signs."""
    return _DOMAIN + canonical_bytes(manifest)


def challenge_bytes(device_id: DeviceId, challenge: str) -> bytes:
    """Give the bytes that a device signs to get a token; no manifest can be mistaken for them."""
    return b"firstlight/token/1\n" + device_id.bytes + challenge.encode()


def hand_over_bytes(device_id: DeviceId, body: bytes) -> bytes:
    """Give the bytes that a withdrawn device signs for the body in which it hands over."""
    return b"firstlight/hand-over/1\n" + device_id.bytes + hashlib.sha256(body).digest()


def first_fault(manifest: Manifest, known: Mapping[CaptureId, Sha256Hex]) -> str | None:
    """Name the first capture of a manifest that is missing or altered; None when all are there."""
    for entry in manifest.captures:
        digest = known.get(entry.capture_id)
        if digest is None:
            return f"capture {entry.capture_id} is missing"
        if digest != entry.digest:
            return f"capture {entry.capture_id} differs from what was vouched for"
    return None
