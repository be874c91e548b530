"""The records of synchronisation, as they are stored."""

from datetime import datetime
from uuid import UUID

import msgspec

from sync_protocol.messages import VerdictKind


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A tablet: whose it is and its key."""

    id: UUID
    technician_id: UUID
    name: str
    public_key: str
    enrolled_at: datetime
    revoked_at: datetime | None


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over as it came: its bytes, what it holds, and when it was released, if it was."""

    id: UUID
    device_id: UUID
    digest: str
    body: bytes
    signature: str
    operations: int
    blobs: tuple[str, ...]
    received_at: datetime
    released_at: datetime | None


class IncarnationHead(msgspec.Struct, frozen=True, kw_only=True):
    """One life of a device's replica, and how far its operations have been received."""

    incarnation: UUID
    device_id: UUID
    after: UUID | None
    head_dseq: int
    chain: str
    begun_at: datetime
    durable_dseq: int | None = None
    """Up to here the operations are in a backup; None: no backup is known, or was, that could."""


class StoredOperation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as received, with the verdict that every replay repeats."""

    incarnation: UUID
    dseq: int
    origin_incarnation: UUID
    origin_dseq: int
    device_id: UUID
    job_id: UUID | None
    chain: str
    raw: bytes
    verdict: bytes
    verdict_kind: VerdictKind
    received_at: datetime


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """Something a technician entered that was changed, withheld, refused or overruled.

    With both values, who entered each, by name, and when; None where that is not known, or nobody's
    business.
    """

    id: UUID
    technician_id: UUID
    job_id: UUID | None
    kind: str
    code: str
    incarnation: UUID
    dseq: int
    raised_at: datetime
    field: str | None
    base_value: str | None
    field_value: str | None
    office_value: str | None
    field_by: str | None
    field_at: datetime | None
    office_by: str | None
    office_at: datetime | None
    answer: str | None = None
    """The technician's answer, an ``IssueAnswer``; the last one."""
    answered_at: datetime | None = None
    """The time of that, as the work of others is timed."""
    closed_at: datetime | None = None
    """Since when nothing of it is open; None: a person of the office may look at it."""
    closed_by: UUID | None = None
    """Who of the office closed it; None where the answer did."""
    closing: str | None = None
    """How the office closed it, a ``Closing``."""
    remark: str | None = None
