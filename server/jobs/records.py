"""The records of field work, as they are stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sync_protocol.documents import JobKind, VersionedValue
from sync_protocol.jobs import JobState


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of field work. The appointment is half open, in UTC."""

    id: UUID
    number: str
    kind: JobKind
    order_item_id: UUID
    service_id: UUID
    premise_id: UUID
    assignee_id: UUID | None
    state: JobState
    state_version: int
    starts_at: datetime
    ends_at: datetime
    required_photos: tuple[str, ...]
    reserved_serial: str | None
    crew: tuple[UUID, ...] = ()
    """Technicians who work on it beside the assignee, with the same rights."""

    @property
    def team(self) -> tuple[UUID, ...]:
        """Everybody whose job it is; the assignee first."""
        return () if self.assignee_id is None else (self.assignee_id, *self.crew)


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """Who entered something, the time of work (UTC), and the number under which it came.

    ``at`` is None where that could not be read.
    """

    technician_id: UUID
    name: str
    at: datetime | None
    incarnation: UUID
    dseq: int


class FieldWrite(msgspec.Struct, frozen=True, kw_only=True):
    """A shared field of a job as it is to stand, and who entered that; None: the office."""

    job_id: UUID
    field: str
    value: VersionedValue
    entered: Entered | None


class JobLine(msgspec.Struct, frozen=True, kw_only=True):
    """A job in a list: enough to dispatch it."""

    id: UUID
    number: str
    kind: JobKind
    state: JobState
    starts_at: datetime
    ends_at: datetime
    zone: str
    address: str
    city: str
    product: str
    assignee_id: UUID | None
    assignee: str | None


class StoredCapture(msgspec.Struct, frozen=True, kw_only=True):
    """A capture as received; ``capture`` is the record of ``sync_protocol``, as plain JSON."""

    id: UUID
    job_id: UUID
    technician_id: UUID
    kind: str
    digest: str
    capture: Mapping[str, Any]
    late: bool
    received_at: datetime


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """How a visit ended, as the technician said; ``code`` None: they broke it off."""

    id: UUID
    job_id: UUID
    premise_id: UUID
    technician_id: UUID
    technician: str
    state: JobState
    code: str | None
    remark: str
    ended_at: datetime
    received_at: datetime


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What a technician vouched for, with the device's signature. Several may exist for one job."""

    id: UUID
    job_id: UUID
    order_item_id: UUID
    technician_id: UUID
    device_id: UUID
    code: str
    manifest: Mapping[str, Any]
    signature: str | None
    verdict: str
    completed_at: datetime
    received_at: datetime
