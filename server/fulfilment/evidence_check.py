"""Whether a completion proves what it says: serial, light, photos, signature. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from server.jobs.records import Completion, Job, StoredCapture
from sync_protocol import evidence, visits
from sync_protocol.ids import CaptureId
from sync_protocol.operations import (
    Capture,
    LightReading,
    Manifest,
    SerialScan,
)
from sync_protocol.serials import OntSerial

# Who signed is checked with the key of the device; the caller brings the keys.
SignatureCheck = Callable[[UUID, str, bytes], bool]


class Proven(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The completion stands: this ONT, at this light, with everything required."""

    completion_id: UUID
    serial: OntSerial
    rx_power_cdbm: int


class Unproven(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something is missing or does not agree; a person decides what to do about it."""

    completion_id: UUID
    code: str
    detail: str


def check(
    job: Job, completion: Completion, captures: Sequence[StoredCapture], verify: SignatureCheck
) -> Proven | Unproven:
    """Check one completion against the captures of its job.

    A capture that was repeated stands beside the one that it corrects; the last of the manifest,
    which is in the order of the work, is what the technician means.
    """
    unproven = fault_of(job, completion, captures, verify)
    if unproven is not None:
        return unproven
    manifest, found = _read(completion, captures)
    bodies = [capture.body for capture in _vouched_for(manifest, found)]
    serial = [body for body in bodies if isinstance(body, SerialScan)][-1]
    # A level at the terminal says nothing of the drop.
    light = [b for b in bodies if isinstance(b, LightReading) and b.is_at_house][-1]
    return Proven(
        completion_id=completion.id,
        serial=OntSerial(serial.serial),
        rx_power_cdbm=light.rx_power_cdbm,
    )


def fault_of(
    job: Job, completion: Completion, captures: Sequence[StoredCapture], verify: SignatureCheck
) -> Unproven | None:
    """Say what is wrong with a completion of any kind; None: it stands."""
    manifest, found = _read(completion, captures)
    fault = (
        _unsigned(completion, manifest, verify)
        or _altered(manifest, found)
        or _missing(job, completion.code, _vouched_for(manifest, found))
    )
    if fault is None:
        return None
    code, detail = fault
    return Unproven(completion_id=completion.id, code=code, detail=detail)


def _read(
    completion: Completion, captures: Sequence[StoredCapture]
) -> tuple[Manifest, Mapping[CaptureId, Capture]]:
    return msgspec.convert(completion.manifest, Manifest), {
        CaptureId(stored.id): msgspec.convert(stored.capture, Capture) for stored in captures
    }


_Fault = tuple[str, str]


def _unsigned(completion: Completion, manifest: Manifest, verify: SignatureCheck) -> _Fault | None:
    if completion.signature is None:
        return ("EVIDENCE_UNSIGNED", "the completion carries no signature of its device")
    signed = evidence.bytes_to_sign(manifest)
    if not verify(completion.device_id, completion.signature, signed):
        return ("EVIDENCE_SIGNATURE_WRONG", "the signature is not of the device that sent it")
    return None


def _altered(manifest: Manifest, found: Mapping[CaptureId, Capture]) -> _Fault | None:
    digests = {key: evidence.capture_digest(capture) for key, capture in found.items()}
    fault = evidence.first_fault(manifest, digests)
    return None if fault is None else ("EVIDENCE_INCOMPLETE", fault)


def _vouched_for(manifest: Manifest, found: Mapping[CaptureId, Capture]) -> list[Capture]:
    return [found[entry.capture_id] for entry in manifest.captures]


def _missing(job: Job, code: str, captures: Iterable[Capture]) -> _Fault | None:
    bodies = [capture.body for capture in captures]
    lacking = visits.missing(job.kind, job.required_photos, bodies, code)
    said = [_WORDS.get(what) or what.replace("photo:", "photo ") for what in lacking]
    return ("EVIDENCE_INCOMPLETE", f"missing: {', '.join(said)}") if said else None


_WORDS: Final = {"serial": "ONT serial", "light": "light level"}
