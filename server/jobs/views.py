"""The views of the pages about jobs: one Struct for each template, words and numbers only.

Everything is decided here, so that a template repeats and places, and nothing else.
"""

from uuid import UUID

import msgspec

from server.console.views import Frame
from server.jobs.words import Tone


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a select."""

    value: str
    label: str
    is_chosen: bool


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """A word with a tone."""

    label: str
    tone: Tone


class AssignView(msgspec.Struct, frozen=True, kw_only=True):
    """The control that gives a job to a technician. ``jobs/_assign.html``."""

    job_id: UUID
    number: str
    csrf_token: str
    technicians: tuple[Choice, ...]
    action: str
    """What the button does: assign, or assign to somebody else."""
    target: str
    """The element that the answer replaces; empty for none."""


class JobRowView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the list; also the answer to an assignment there. ``jobs/_row.html``."""

    id: UUID
    number: str
    kind: str
    day: str
    hours: str
    address: str
    city: str
    product: str
    state: Chip
    assignee: str | None
    assign: AssignView | None
    """None for whom may not assign, and for a job that is over."""
    is_fresh: bool


class StateTab(msgspec.Struct, frozen=True, kw_only=True):
    """One state above the list, with how many jobs are in it."""

    label: str
    count: int
    url: str
    is_chosen: bool


class JobListView(msgspec.Struct, frozen=True, kw_only=True):
    """The list of jobs. ``jobs/list.html``."""

    frame: Frame
    tabs: tuple[StateTab, ...]
    state: str
    technicians: tuple[Choice, ...]
    day: str
    day_note: str
    """In which zone the day is meant."""
    rows: tuple[JobRowView, ...]
    page: int
    previous_url: str | None
    next_url: str | None


class PathNode(msgspec.Struct, frozen=True, kw_only=True):
    """One place on the way of the light, and what is lost up to the next."""

    kind: str
    name: str
    loss: str


class GaugeView(msgspec.Struct, frozen=True, kw_only=True):
    """The light at the house against what was predicted, drawn; positions in a width of 1000."""

    predicted_x: int
    band_x: int
    band_width: int
    reading_x: int | None
    ticks: tuple[tuple[int, str], ...]
    label: str
    """The picture in words."""


class PlantView(msgspec.Struct, frozen=True, kw_only=True):
    """How the light gets there, and how much of it should arrive."""

    nodes: tuple[PathNode, ...]
    predicted: str
    problem: str | None
    """Why nothing can be predicted: what the plant data lacks."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One named value."""

    name: str
    value: str
    note: str = ""


class Instant(msgspec.Struct, frozen=True, kw_only=True):
    """One of the instants between field and bill; without a time it is still to come."""

    name: str
    time: str | None
    day: str


class StateView(msgspec.Struct, frozen=True, kw_only=True):
    """Where job and service stand; moves live. ``jobs/_state.html``."""

    state: Chip
    assignee: str | None
    service: Chip
    instants: tuple[Instant, ...]


class PhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that can be opened."""

    url: str
    label: str
    """What the link does, in words."""
    is_drawn: bool
    """Whether browsers draw its format; others are only linked."""


class EvidenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the job must show, or that was shown besides."""

    name: str
    value: str
    note: str
    is_there: bool
    tone: Tone
    photo: PhotoView | None = None


class EvidenceView(msgspec.Struct, frozen=True, kw_only=True):
    """What was captured so far, against what is required; moves live. ``jobs/_evidence.html``."""

    items: tuple[EvidenceItem, ...]
    there: int
    required: int
    gauge: GaugeView | None
    bundle_url: str | None
    """Where the signed evidence is to be had as one file, once there is any."""


class TimelineLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    id: UUID
    day: str
    """Only where it differs from the line before."""
    time: str
    machine_time: str
    text: str
    note: str
    actor: str
    tone: Tone
    is_fresh: bool


class TimelineView(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a job, oldest first; moves live. ``jobs/_timeline.html``."""

    lines: tuple[TimelineLine, ...]
    zone: str
    is_cut: bool
    """Only the first entries are shown; a job with so many is being tried over and over."""


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """One job. ``jobs/job.html``."""

    frame: Frame
    id: UUID
    service_id: UUID
    number: str
    kind: str
    window: str
    customer: str
    phone: str | None
    address: str
    coordinates: str
    facts: tuple[Fact, ...]
    plant: PlantView
    state: StateView
    evidence: EvidenceView
    timeline: TimelineView
    assign: AssignView | None
