"""The records of fulfilment and the states of a process."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from server.fulfilment.flows import Flow


class ProcessState(enum.StrEnum):
    """Where a process stands."""

    READY = "ready"
    LEASED = "leased"
    WAITING = "waiting"
    HELD = "held"
    STUCK = "stuck"
    DONE = "done"
    CANCELLED = "cancelled"


DUE_STATES: Final = (ProcessState.READY, ProcessState.WAITING, ProcessState.HELD)
"""States that go on by themselves once ``next_at`` has come."""


class Intent(enum.StrEnum):
    """What an effect is for."""

    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    CHANGE = "change"
    """Another product: speed, profiles, VLAN."""
    SWAP = "swap"
    """Another ONT at the same ids."""
    REPROVISION = "reprovision"
    """The OLT is to hold again what the records say of the service."""
    DISCONNECT = "disconnect"


def effect_key(service_id: UUID, order_item_id: UUID, intent: Intent) -> str:
    """Name an effect: never by the completion, for two completions of a job cause one effect."""
    return f"{service_id}:{order_item_id}:{intent}"


DUE: Final = frozenset({"processes", "processes_due"})
"""The topics of a process that anybody may take now."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps of a process have found out so far; grows with each step."""

    completion_id: UUID | None = None
    serial: str | None = None
    registered_at: datetime | None = None
    registrations: int = 0
    """How often it was registered; an OLT that forgets is not written to without a pause."""
    written_at: datetime | None = None
    """When the OLT had been written to; a save that began later covers it."""
    given: Flow | None = None
    """What the OLT was given by a change or a swap; it is the service's when that is settled."""
    save_code: str | None = None
    """Why the OLT was not saved afterwards; a later save covers this process, too."""
    live_at: datetime | None = None
    measured_cdbm: int | None = None
    """What the technician measured, by the evidence that goes live."""
    rx_power_cdbm: int | None = None
    """What the ONT itself receives."""
    measured_fails: bool = False
    """The technician's level fails by the plant, and yet the network shows sound light."""
    session_code: str | None = None
    """Why it went live although nobody could tell of its session."""
    evidence_considered: int | None = None
    """How many completions there were when the evidence was chosen."""


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One effect on its way. ``next_at`` is when a worker may take it again.

    An order without a visit has no job.
    """

    id: UUID
    effect_key: str
    intent: Intent
    service_id: UUID
    order_item_id: UUID
    job_id: UUID | None
    state: ProcessState
    step: str
    attempt: int
    lane: str | None
    awaits_lane: str | None = None
    """The lane that its next step needs, as far as is known; None: none, or not looked up."""
    next_at: datetime
    lease_owner: str | None
    lease_until: datetime | None
    fencing_token: int
    code: str | None
    progress: Progress
    created_at: datetime
    updated_at: datetime

    @property
    def topics(self) -> frozenset[str]:
        """Who is told when it goes on; those who take what is due hear of ``DUE`` besides."""
        of_job = () if self.job_id is None else (f"job:{self.job_id}",)
        return frozenset({"processes", *of_job})

    @property
    def visited_job_id(self) -> UUID:
        """The job of a process that a visit caused; whoever asks has seen its evidence."""
        if self.job_id is None:
            raise AssertionError(f"process {self.id} has no job")
        return self.job_id


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one step: when, how it ended, and what a person needs to understand it."""

    id: UUID
    process_id: UUID
    step: str
    attempt: int
    started_at: datetime
    ended_at: datetime
    outcome: str
    code: str | None
    detail: Mapping[str, Any]


class InboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something about evidence that a person must look at or decide."""

    id: UUID
    kind: str
    job_id: UUID
    completion_id: UUID | None
    code: str
    detail: Mapping[str, Any]
    raised_at: datetime
    decided_at: datetime | None
