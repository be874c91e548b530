"""What a job looks like on the tablet: the server's document, and on top what was done here.

The overlay runs the very rules that the server will run, so what the technician sees before the
sync is what the sync will make of it if nobody else did anything.
"""

from collections.abc import Mapping, Sequence

import msgspec

from sync_protocol import evidence
from sync_protocol.documents import JobDocument, VersionedValue
from sync_protocol.ids import CaptureId, TechnicianId
from sync_protocol.jobs import JobState
from sync_protocol.merge import Decision, Situation, decide
from sync_protocol.operations import OperationBody, RecordCapture
from sync_protocol.units import Counter, Sha256Hex


class Overlaid(msgspec.Struct, frozen=True, kw_only=True):
    """A job with the pending operations applied."""

    state: JobState
    state_version: Counter
    fields: Mapping[str, VersionedValue]


def overlay(
    document: JobDocument,
    technician_id: TechnicianId,
    *,
    captures: Mapping[CaptureId, Sha256Hex],
    pending: Sequence[OperationBody],
) -> Overlaid:
    """Apply operations that the document does not contain yet, in their order.

    ``captures`` are those that the server has; pending ones are added as they are met.
    """
    situation = Situation(
        actor_id=technician_id,
        state=document.state,
        state_version=document.state_version,
        assignee_id=document.assignee_id,
        crew_ids=document.crew_ids,
        fields=document.fields,
        captures=captures,
    )
    for body in pending:
        situation = _after(situation, body, decide(situation, body))
    return Overlaid(
        state=situation.state or document.state,
        state_version=situation.state_version,
        fields=situation.fields,
    )


def _after(situation: Situation, body: OperationBody, decision: Decision) -> Situation:
    changes: dict[str, object] = {}
    if decision.state is not None:
        changes["state"] = decision.state
        changes["state_version"] = situation.state_version + 1
    if decision.capture is not None:
        digest = evidence.capture_digest(decision.capture)
        changes["captures"] = {**situation.captures, decision.capture.id: digest}
    field = getattr(body, "field", None)
    if decision.field_value is not None and isinstance(field, str):
        changes["fields"] = {**situation.fields, field: decision.field_value}
    return msgspec.structs.replace(situation, **changes)


def split_captures(
    settled: Sequence[OperationBody],
) -> dict[CaptureId, Sha256Hex]:
    """Give the digests of captures that the server has."""
    return {
        body.capture.id: evidence.capture_digest(body.capture)
        for body in settled
        if isinstance(body, RecordCapture)
    }
