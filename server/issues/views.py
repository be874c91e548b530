"""The views of the pages about issues."""

from uuid import UUID

import msgspec

from server.console.views import Frame
from server.jobs.views import Chip, Choice


class ValueView(msgspec.Struct, frozen=True, kw_only=True):
    """One of the values, and whose it is."""

    by: str
    text: str
    stands: bool


class IssueRowView(msgspec.Struct, frozen=True, kw_only=True):
    """One open issue, and what may be done. ``issues/_issue.html``."""

    id: UUID
    csrf_token: str
    kind: Chip
    story: str
    technician: str
    at: str
    job_url: str
    job: str
    field: str
    values: tuple[ValueView, ...]
    standing: str
    """What the field says now, where that is neither of the two."""
    seen_version: int
    answered: str
    closings: tuple[Choice, ...]
    """The buttons."""


class IssueListView(msgspec.Struct, frozen=True, kw_only=True):
    """``issues/list.html``."""

    frame: Frame
    kinds: tuple[Choice, ...]
    technicians: tuple[Choice, ...]
    rows: tuple[IssueRowView, ...]
    first_url: str | None
    next_url: str | None
