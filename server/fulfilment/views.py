"""The views of the pages about processes: what fell out, and one process with its attempts."""

from uuid import UUID

import msgspec

from server.console.views import Frame
from server.jobs.views import Chip, Choice, StateTab


class FalloutLineView(msgspec.Struct, frozen=True, kw_only=True):
    """One process that does not get on; also the answer to a retry. ``fallout/_line.html``."""

    id: UUID
    state: Chip
    words: str
    code: str
    owner: str
    next_step: str
    detail: str
    what: str
    order_number: str
    where: str
    olt: str
    since: str
    csrf_token: str | None
    """None for whom may neither retry nor call off."""
    may_call_off: bool


class FalloutLinesView(msgspec.Struct, frozen=True, kw_only=True):
    """What moves of the list. ``fallout/_lines.html``."""

    tabs: tuple[StateTab, ...]
    rows: tuple[FalloutLineView, ...]
    first_url: str | None
    next_url: str | None


class FalloutView(msgspec.Struct, frozen=True, kw_only=True):
    """The page of the fallout. ``fallout/list.html``."""

    frame: Frame
    standing: str
    codes: tuple[Choice, ...]
    olts: tuple[Choice, ...]
    live_url: str
    moving: FalloutLinesView


class CountView(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are, beside the navigation. ``fallout/_count.html``."""

    count: int


class PathStepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the path of a process."""

    text: str
    standing: str
    """``done``, ``now`` or ``open``."""


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a step."""

    id: UUID
    at: str
    step: str
    outcome: Chip
    words: str
    code: str
    detail: str
    repeats: str
    exchange_url: str | None
    """None: nothing was asked of an OLT."""


class ProcessStateView(msgspec.Struct, frozen=True, kw_only=True):
    """What moves on the page of a process. ``fallout/_process.html``."""

    line: FalloutLineView
    path: tuple[PathStepView, ...]
    attempts: tuple[AttemptView, ...]
    is_cut: bool


class ProcessView(msgspec.Struct, frozen=True, kw_only=True):
    """One process. ``fallout/process.html``."""

    frame: Frame
    id: UUID
    what: str
    order_number: str
    where: str
    service_url: str
    job_url: str | None
    moving: ProcessStateView


class ExchangedView(msgspec.Struct, frozen=True, kw_only=True):
    """One request to an OLT and its answer."""

    verb: str
    asked: str
    answered: str
    error: str


class ExchangeView(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of the OLT in an attempt. ``fallout/_exchange.html``."""

    entries: tuple[ExchangedView, ...]
    left_out: int


class CallOffView(msgspec.Struct, frozen=True, kw_only=True):
    """What calling off does, before it is done. ``fallout/call_off.html``."""

    frame: Frame
    id: UUID
    what: str
    order_number: str
    where: str
    taken_back: str
    csrf_token: str
