"""The views of the pages about one subscriber's service."""

from uuid import UUID

import msgspec

from server.console.views import Frame
from server.jobs.views import Chip, Choice, Fact


class FoundView(msgspec.Struct, frozen=True, kw_only=True):
    """One service in a list."""

    id: UUID
    account: str
    account_number: str
    where: str
    product: str
    state: Chip
    serial: str


class SearchView(msgspec.Struct, frozen=True, kw_only=True):
    """The search for services. ``services/search.html``."""

    frame: Frame
    text: str
    rows: tuple[FoundView, ...]
    note: str
    """What to do where nothing, or too much, was found."""


class AffectedView(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a fault of the plant took off the network. ``services/affected.html``."""

    frame: Frame
    title: str
    rows: tuple[FoundView, ...]
    first_url: str | None
    next_url: str | None


class ServiceStateView(msgspec.Struct, frozen=True, kw_only=True):
    """Where the service stands. ``services/_state.html``."""

    state: Chip
    suspended: tuple[Fact, ...]
    """Each reason, since when."""
    instants: tuple[Fact, ...]


class TroubleView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that explains why a service does not work."""

    text: str
    note: str
    url: str | None


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """The ONT by the last poll, and what is wrong. ``services/_line.html``."""

    state: Chip
    facts: tuple[Fact, ...]
    troubles: tuple[TroubleView, ...]


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """One order about the service."""

    number: str
    what: str
    placed: str
    state: Chip
    waiting_for: str
    process_url: str | None
    job_url: str | None
    job: str
    evidence_url: str | None


class OrdersView(msgspec.Struct, frozen=True, kw_only=True):
    """All that was ordered. ``services/_orders.html``."""

    rows: tuple[OrderView, ...]
    is_cut: bool


class OrderFormView(msgspec.Struct, frozen=True, kw_only=True):
    """One order that can be placed here."""

    action: str
    """The last part of the address that takes it."""
    label: str
    explained: str
    field: str = ""
    """Empty: nothing is to be chosen."""
    field_label: str = ""
    choices: tuple[Choice, ...] = ()


class DoingView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be ordered now. ``services/_doing.html``."""

    id: UUID
    csrf_token: str
    seen_orders: int
    forms: tuple[OrderFormView, ...]
    note: str
    """Why there is none."""


class LookView(msgspec.Struct, frozen=True, kw_only=True):
    """What the ONT says now. ``services/_look.html``."""

    heading: str
    at: str
    facts: tuple[Fact, ...]
    problem: str


class ServiceView(msgspec.Struct, frozen=True, kw_only=True):
    """One service. ``services/service.html``."""

    frame: Frame
    id: UUID
    account: str
    account_number: str
    where: str
    facts: tuple[Fact, ...]
    standing: ServiceStateView
    line: LineView
    may_look: bool
    look: LookView | None
    doing: DoingView | None
    orders: OrdersView
    billing: tuple[Fact, ...]
