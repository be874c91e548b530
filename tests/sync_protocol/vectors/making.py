"""Making the vectors: what our code comes to, as plain JSON that any language can read."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.sync.refusals import STATUS
from sync_protocol import evidence, wire
from sync_protocol.jobs import JobEvent, JobState, MoveNotAllowed, next_state
from sync_protocol.merge import decide
from sync_protocol.messages import Cursor, Refusal, RefusedSync
from sync_protocol.operations import Capture, Manifest, MoveJob
from sync_protocol.optics import PathUnknown, judge
from sync_protocol.serials import NotAnOntSerial, parse_serial, serial_bytes
from tests.sync_protocol.factories import a_path, a_situation
from tests.sync_protocol.test_merge import CASES
from tests.sync_protocol.vectors import facts

Vector = Mapping[str, Any]


def as_text(vectors: list[Vector]) -> str:
    """Write vectors so that a change of one is a change of few lines."""
    return json.dumps(vectors, indent=1, ensure_ascii=True) + "\n"


def _evidence() -> list[Vector]:
    kinds: tuple[tuple[str, Mapping[str, Capture] | Mapping[str, Manifest]], ...] = (
        ("capture", facts.CAPTURES),
        ("manifest", facts.MANIFESTS),
    )
    return [_fact(name, kind, fact) for kind, named in kinds for name, fact in named.items()]


def _fact(name: str, kind: str, fact: Capture | Manifest) -> Vector:
    signed = b"firstlight/evidence/1\n" + evidence.canonical_bytes(fact)
    if isinstance(fact, Manifest):
        assert evidence.bytes_to_sign(fact) == signed
    return {
        "name": name,
        "kind": kind,
        "as_sent": wire.encode(fact).decode(),
        "canonical": evidence.canonical_bytes(fact).decode(),
        "digest": evidence.capture_digest(fact)
        if isinstance(fact, Capture)
        else hashlib.sha256(signed).hexdigest(),
    }


def _signatures() -> list[Vector]:
    key = Ed25519PrivateKey.from_private_bytes(facts.SEED)
    named = {
        f"manifest: {name}": evidence.bytes_to_sign(manifest)
        for name, manifest in facts.MANIFESTS.items()
    }
    named["challenge"] = evidence.challenge_bytes(facts.DEVICE, facts.CHALLENGE)
    return [
        {
            "name": name,
            "seed": facts.SEED.hex(),
            "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
            "signed": message.hex(),
            "signature": base64.b64encode(key.sign(message)).decode(),
            **(
                {"device_id": str(facts.DEVICE), "challenge": facts.CHALLENGE}
                if name == "challenge"
                else {}
            ),
        }
        for name, message in named.items()
    ]


def _chain() -> list[Vector]:
    value = wire.first_chain(facts.INCARNATION)
    vectors: list[Vector] = [{"incarnation": str(facts.INCARNATION), "chain": value}]
    for raw in facts.RAW_OPERATIONS:
        before, value = value, wire.next_chain(value, raw)
        vectors.append({"before": before, "operation": raw.decode(), "chain": value})
    return vectors


def _merge() -> list[Vector]:
    rules = [
        {
            "name": name,
            "situation": msgspec.to_builtins(case.situation),
            "body": msgspec.to_builtins(case.body),
            "decision": msgspec.to_builtins(decide(case.situation, case.body)),
        }
        for name, case in CASES.items()
    ]
    moves = [
        _move(state, event, whose) for state in JobState for event in JobEvent for whose in (1, 2)
    ]
    return [*rules, *moves]


def _move(state: JobState, event: JobEvent, whose: int) -> Vector:
    situation = a_situation(state, assignee_id=UUID(int=whose))
    body = MoveJob(job_id=facts.JOB, event=event, base_state_version=3)
    return {
        "name": f"move: {state}, {event}, {'mine' if whose == 1 else 'no longer mine'}",
        "situation": msgspec.to_builtins(situation),
        "body": msgspec.to_builtins(body),
        "decision": msgspec.to_builtins(decide(situation, body)),
    }


def _states() -> list[Vector]:
    return [
        {"state": state, "event": event, "next": _next(state, event)}
        for state in JobState
        for event in JobEvent
    ]


def _next(state: JobState, event: JobEvent) -> str | None:
    try:
        return next_state(state, event)
    except MoveNotAllowed:
        return None


def _cursors() -> list[Vector]:
    """In their order: by number, then by the texts, code point by code point."""
    places = [
        Cursor(seq=seq, entity=entity, entity_id=str(UUID(int=number)))
        for seq in (1, 9, 10, 2**53)
        for entity in ("job", "issue")
        for number in (1, 10, 2**127)
    ]
    return [msgspec.to_builtins(cursor) for cursor in sorted(places)]


_READINGS: Final = (-6000, -4000, -2701, -2650, -2500, -2204, -2203, -1940, -1603, -1602, -850, 0)


def _light() -> list[Vector]:
    paths = {
        "measured": a_path(),
        "middle of the class": a_path(launch_cdbm=None),
        "XGS": a_path(optic_class="XGS_N1", splitter_ratios=(64,)),
        "no splitter": a_path(splitter_ratios=()),
        "half a unit": a_path(feeder_length_m=20, distribution_length_m=60, drop_length_m=19),
        "no such class": a_path(optic_class="unknown"),
        "no such splitter": a_path(splitter_ratios=(3,)),
    }
    return [
        {
            "name": f"{name}, {reading}",
            "path": msgspec.to_builtins(path),
            "reading_cdbm": reading,
            "judgement": _judged(reading, path),
        }
        for name, path in paths.items()
        for reading in _READINGS
    ]


def _judged(reading: int, path: Any) -> Any:  # noqa: ANN401  any JSON
    try:
        return msgspec.to_builtins(judge(reading, path))
    except PathUnknown:
        return None


_TEXTS: Final = (
    "HWTC1A2B3C4D", "hwtc1a2b3c4d", "  HWTC-1A2B-3C4D ", "SN: hwtc1a2b3c4d", "S/N HWTC1A2B3C4D",
    "GPON SN:HWTC1A2B3C4D", "485754431A2B3C4D", "48:57:54:43:1A:2B:3C:4D", "SNAB1A2B3C4D",
    "ABCD1A2B3C4D", "SN ABCD1A2B3C4D", "HWTC00000000", "HWTCFFFFFFFF", "HWTC1A2B3C4",
    "1WTC1A2B3C4D", "FFFFFFFF1A2B3C4D", "", "Zähler 7",
)  # fmt: skip


def _serials() -> list[Vector]:
    return [{"text": text, **_serial(text)} for text in _TEXTS]


def _serial(text: str) -> Vector:
    try:
        serial = parse_serial(text)
    except NotAnOntSerial:
        return {"serial": None}
    return {"serial": serial, "bytes": serial_bytes(serial).hex()}


def _refusals() -> list[Vector]:
    """The status of each refusal, and the body that comes with it."""
    return [
        {
            "refusal": refusal,
            "status": STATUS[refusal],
            "body": wire.encode(
                RefusedSync(
                    refusal=refusal,
                    detail="why",
                    expected_dseq=7 if refusal is Refusal.GAP else None,
                    retry_after_ms=5000 if refusal is Refusal.BUSY else None,
                )
            ).decode(),
        }
        for refusal in Refusal
    ]


VECTORS: Final[Mapping[str, Callable[[], list[Vector]]]] = {
    "evidence": _evidence,
    "signatures": _signatures,
    "chain": _chain,
    "merge": _merge,
    "states": _states,
    "cursors": _cursors,
    "light": _light,
    "serials": _serials,
    "refusals": _refusals,
}
