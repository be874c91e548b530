"""How the office closes an issue, and an issue as its list shows it."""

import enum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from server.sync.records import Issue
from sync_protocol.documents import IssueKind


class Closing(enum.StrEnum):
    """What stands once the office has closed an issue."""

    AS_IT_IS = "as_it_is"
    FIELD_VALUE = "field_value"
    """What the technician entered who was told."""
    OFFICE_VALUE = "office_value"
    """The other value."""


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody of the office decides, over the version of the field that they saw."""

    closing: Closing
    remark: Annotated[str, Meta(max_length=1000)] = ""
    seen_version: Annotated[int, Meta(ge=0)] = 0


class IssueFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which open issues are wanted, from the newest on or older than one of them."""

    kind: IssueKind | None = None
    technician_id: UUID | None = None
    older_than: UUID | None = None


class IssueLine(msgspec.Struct, frozen=True, kw_only=True):
    """An open issue with whose it is, its job, and what its field says now."""

    issue: Issue
    technician: str
    job_number: str | None
    address: str | None
    zone: str | None
    standing: str | None
    standing_version: int
