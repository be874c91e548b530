"""What was said of a job on this tablet, and which of it its document does not contain yet."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from field_client.replica.held import Held
from field_client.replica.overlay import split_captures
from field_client.storage import Connection
from field_client.storage.statements import fetch_all
from sync_protocol import wire
from sync_protocol.ids import CaptureId
from sync_protocol.operations import Operation, OperationBody
from sync_protocol.units import Sha256Hex


class Said(NamedTuple):
    """Something that was said of a job."""

    body: OperationBody
    is_acked: bool
    is_settled: bool


class Unsettled(NamedTuple):
    """What a job's document does not contain yet, and the captures that it does contain."""

    pending: list[OperationBody]
    captures: dict[CaptureId, Sha256Hex]


def list_said(db: Connection, held: Held) -> list[Said]:
    """Read what was said of a job; where there is no document, none of it is in one."""
    return [
        Said(
            wire.decode(row["raw"], Operation).body,
            bool(row["is_acked"]),
            bool(row["is_settled"]) and not held.is_only_here,
        )
        for row in fetch_all(db, "operations_of_job", job_id=str(held.document.id))
    ]


def unsettled_of(said: Sequence[Said]) -> Unsettled:
    """Sort out what is not in the document."""
    return Unsettled(
        [item.body for item in said if not item.is_settled],
        split_captures([item.body for item in said if item.is_settled]),
    )


def list_unsettled(db: Connection) -> Mapping[str, Unsettled]:
    """Read what documents do not contain yet, by job: most jobs are as their documents say."""
    found: dict[str, Unsettled] = {}
    for row in fetch_all(db, "operations_unsettled"):
        body = wire.decode(row["raw"], Operation).body
        found.setdefault(row["job_id"], Unsettled([], {})).pending.append(body)
    for row in fetch_all(db, "captures_settled"):
        capture_id = CaptureId(UUID(row["capture_id"]))
        found[row["job_id"]].captures[capture_id] = row["capture_digest"]
    return found
