"""The exchange that docs/protocol.md works through: a job is begun, evidence taken, completed."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from field_client.keys import DeviceKey
from sync_protocol import evidence, wire
from sync_protocol.documents import VersionedValue
from sync_protocol.ids import CaptureId, CompletionId, Epoch, JobId, TechnicianId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.merge import Situation, decide
from sync_protocol.messages import (
    PROTOCOL_VERSION,
    Cursor,
    JobLeft,
    LeaveReason,
    OperationVerdict,
    PullPage,
    SyncRequest,
    SyncResponse,
)
from sync_protocol.operations import (
    Capture,
    CompleteJob,
    Manifest,
    MoveJob,
    Operation,
    OperationBody,
    Photo,
    RecordCapture,
    SetField,
)
from tests.sync_protocol.vectors.facts import AT, INCARNATION, JOB, SCAN, SEED

_ADA: Final = TechnicianId(UUID("0198a000-0000-7000-8000-0000000000e1"))
_EPOCH: Final = Epoch(UUID("0198a000-0000-7000-8000-0000000000f1"))
_LEFT: Final = JobId(UUID("0198a000-0000-7000-8000-0000000000a2"))
_CAPTURES: Final = (
    Capture(
        id=CaptureId(UUID("0198a000-0000-7000-8000-0000000000b1")),
        at=AT,
        body=SCAN,
        latitude=52.520008,
        longitude=13.404954,
    ),
    Capture(
        id=CaptureId(UUID("0198a000-0000-7000-8000-0000000000b2")),
        at=AT,
        body=Photo(subject="ont_mounted", sha256="ab" * 32, size_bytes=284_000),
    ),
)


def _bodies() -> tuple[OperationBody, ...]:
    manifest = Manifest(
        completion_id=CompletionId(UUID("0198a000-0000-7000-8000-0000000000b9")),
        job_id=JOB,
        captures=evidence.digests_of(_CAPTURES),
        completed_at=AT,
    )
    return (
        MoveJob(job_id=JOB, event=JobEvent.START, base_state_version=2),
        SetField(
            job_id=JOB, field="access_notes", value="gate is green", base_version=0, base_value=""
        ),
        *(RecordCapture(job_id=JOB, capture=capture) for capture in _CAPTURES),
        CompleteJob(
            job_id=JOB,
            code="D02",
            base_state_version=3,
            manifest=manifest,
            signature=DeviceKey(SEED).sign(evidence.bytes_to_sign(manifest)),
        ),
    )


def request() -> SyncRequest:
    """Give what the tablet sends."""
    raw = (
        wire.encode(Operation(dseq=number, tx=f"tx-{min(number, 3)}", at=AT, body=body))
        for number, body in enumerate(_bodies(), start=1)
    )
    return SyncRequest(
        protocol=PROTOCOL_VERSION,
        app_version="0.1.0",
        incarnation=INCARNATION,
        chain_before=wire.first_chain(INCARNATION),
        clock=msgspec.structs.replace(AT, monotonic_ms=61_000),
        operations=tuple(map(msgspec.Raw, raw)),
        epoch=_EPOCH,
        cursor=Cursor(seq=41, entity="job", entity_id=str(JOB)),
    )


def response() -> SyncResponse:
    """Give what a server answers where the office has edited the same field meanwhile."""
    asked = request()
    chain = asked.chain_before
    for raw in asked.operations:
        chain = wire.next_chain(chain, bytes(raw))
    return SyncResponse(
        protocol=PROTOCOL_VERSION,
        epoch=_EPOCH,
        server_time=AT.wall + timedelta(minutes=1),
        acked_dseq=len(asked.operations),
        chain=chain,
        verdicts=tuple(_verdicts()),
        pull=PullPage(
            cursor=Cursor(seq=42, entity="job", entity_id=str(_LEFT)),
            more=True,
            entries=(JobLeft(job_id=_LEFT, reason=LeaveReason.REASSIGNED),),
        ),
    )


def _verdicts() -> list[msgspec.Raw]:
    situation = Situation(
        actor_id=_ADA,
        state=JobState.ASSIGNED,
        state_version=2,
        assignee_id=_ADA,
        fields={"access_notes": VersionedValue(value="ring twice", version=1)},
    )
    verdicts: list[msgspec.Raw] = []
    for number, body in enumerate(_bodies(), start=1):
        decision = decide(situation, body)
        if decision.state is not None:
            situation = msgspec.structs.replace(
                situation, state=decision.state, state_version=situation.state_version + 1
            )
        if decision.capture is not None:
            digest = evidence.capture_digest(decision.capture)
            known = {**situation.captures, decision.capture.id: digest}
            situation = msgspec.structs.replace(situation, captures=known)
        verdict = OperationVerdict(
            dseq=number, verdict=decision.verdict, code=decision.code, detail=decision.detail
        )
        verdicts.append(msgspec.Raw(wire.encode(verdict)))
    return verdicts
