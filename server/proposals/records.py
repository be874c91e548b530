"""The records of proposals."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sync_protocol.operations import Subject


class ProposalState(enum.StrEnum):
    """What the office says to a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """One correction of one technician; its id is that of the capture."""

    id: UUID
    job_id: UUID
    premise_id: UUID
    technician_id: UUID
    subject: Subject
    field: str
    seen_value: str
    proposed_value: str
    reason: str
    raised_at: datetime
    state: ProposalState = ProposalState.OPEN
    is_applied: bool = False
    """True: accepting it changed the data; else whoever accepted it does that."""
    decided_by: UUID | None = None
    decided_at: datetime | None = None


class ProposalLine(Proposal, frozen=True, kw_only=True):
    """A proposal in a list, with the names that people know."""

    job_number: str
    address: str
    technician: str


class Ruling(enum.StrEnum):
    """What a person decides."""

    ACCEPT = "accept"
    DECLINE = "decline"

    @property
    def state(self) -> ProposalState:
        """The state that this leads to."""
        return ProposalState.ACCEPTED if self is Ruling.ACCEPT else ProposalState.DECLINED


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ruling, as a program sends it."""

    ruling: Ruling


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal comes to: a kind of import file, and the fields of its row as they become."""

    kind: str
    values: dict[str, Any]
