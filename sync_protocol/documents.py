"""What a tablet holds: the job document and the issue, as the feed delivers them.

Compatibility: fields are only added, at the end, with a default. A tablet never sends a document
back, it sends operations, so an old tablet cannot erase what it does not know.

Every type has a tolerance for what it does not know: decoding ignores unknown fields.
"""

import enum
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from sync_protocol.ids import Incarnation, IssueId, JobId, TechnicianId
from sync_protocol.jobs import JobState
from sync_protocol.optics import UNKNOWN_PATH, LightPath, Verdict
from sync_protocol.serials import SerialText
from sync_protocol.units import Counter, Instant, RxPowerCdbm, Sha256Hex

ShortText = Annotated[str, Meta(max_length=200)]
AddressText = Annotated[str, Meta(max_length=400)]
LongText = Annotated[str, Meta(max_length=4000)]


class JobKind(enum.StrEnum):
    """What a visit is for.

    A tablet can read no job of a kind that it does not know: with one more kind, pulls need one
    more version of the protocol.
    """

    INSTALL = "install"
    REPAIR = "repair"
    SWAP = "swap"
    DISCONNECT = "disconnect"
    MOVE = "move"


class VersionedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A shared field: its value and how often it has changed."""

    value: LongText
    version: Counter


class CustomerCard(msgspec.Struct, frozen=True, kw_only=True):
    """Who is visited: only what a technician needs at the door."""

    name: ShortText
    phone: ShortText | None = None


class PremiseCard(msgspec.Struct, frozen=True, kw_only=True):
    """Where: WGS84 degrees, and the IANA zone that the appointment is told in.

    ``access_notes`` are the lasting ones of the premise; those of one visit are a field of the job.
    """

    address: AddressText
    latitude: float
    longitude: float
    zone: ShortText
    access_notes: LongText = ""
    hazards: tuple[ShortText, ...] = ()
    """What to beware of, in the operator's words: a dog, asbestos, a roof."""


class ProductCard(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold; speeds in Mbit/s."""

    name: ShortText
    down_mbps: int
    up_mbps: int


class PlantCard(msgspec.Struct, frozen=True, kw_only=True):
    """How the light gets there. ``snapshot`` names this state of the plant data in verdicts."""

    olt: ShortText
    pon_port: ShortText
    splitter: ShortText
    terminal: ShortText
    terminal_port: int
    light_path: LightPath
    snapshot: ShortText


UNKNOWN_PLANT: Final = PlantCard(
    olt="unknown",
    pon_port="unknown",
    splitter="unknown",
    terminal="unknown",
    terminal_port=0,
    light_path=UNKNOWN_PATH,
    snapshot="unknown",
)
"""The card of a premise to which no drop leads: the visit is due all the same."""


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """When the customer expects somebody; half open, in UTC."""

    starts_at: Instant
    ends_at: Instant


VISITS_MAX: Final = 10
VISIT_PHOTOS_MAX: Final = 12
TICKETS_MAX: Final = 10


class PhotoCard(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of an earlier visit, by its content; the time is the tablet's own."""

    subject: ShortText
    sha256: Sha256Hex
    taken_at: Instant


class VisitCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an earlier visit at the premise ended, of whatever job, and what was captured last."""

    job_number: ShortText
    kind: JobKind
    state: JobState
    ended_at: Instant
    technician: ShortText
    code: ShortText | None = None
    """The visit code; None: the technician broke off."""
    remark: LongText = ""
    serial: SerialText | None = None
    rx_power_cdbm: RxPowerCdbm | None = None
    light_verdict: Verdict | None = None
    photos: tuple[PhotoCard, ...] = ()


class TicketCard(msgspec.Struct, frozen=True, kw_only=True):
    """An open ticket of the premise, or of the account as a whole."""

    number: ShortText
    subject: ShortText
    priority: ShortText
    opened_at: Instant


class JobDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a technician needs before arriving, and where the job stands."""

    id: JobId
    kind: JobKind
    number: ShortText
    state: JobState
    state_version: Counter
    assignee_id: TechnicianId | None
    customer: CustomerCard
    premise: PremiseCard
    product: ProductCard
    plant: PlantCard
    appointment: Appointment
    required_photos: tuple[ShortText, ...]
    fields: Mapping[str, VersionedValue]
    reserved_serial: SerialText | None = None
    service_state: ShortText = "designed"
    live_at: Instant | None = None
    crew_ids: tuple[TechnicianId, ...] = ()
    """Who works on it beside the assignee, with the same rights."""
    expected_model: ShortText | None = None
    """The model of the ONT to take along; None: the data do not say."""
    current_serial: SerialText | None = None
    """The ONT on which the service runs now."""
    baseline_cdbm: RxPowerCdbm | None = None
    """What was measured when the service went live."""
    visits: tuple[VisitCard, ...] = ()
    """The newest visits at the premise, newest first; none once the job has ended."""
    tickets: tuple[TicketCard, ...] = ()
    """The newest open tickets, newest first; none once the job has ended."""


class IssueKind(enum.StrEnum):
    """Why something a technician entered did not simply apply.

    There will be no more of these, for a tablet that does not know one could read no feed with it.
    What is told apart from now on, is so by its code.
    """

    KEPT_AS_CONFLICT = "kept_as_conflict"
    PARKED = "parked"
    REJECTED = "rejected"


OVERRULED: Final = "overruled"
"""The code of an issue about a value that stood, until somebody who had not seen it set another."""


class IssueDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Something a technician entered that was changed, withheld, refused or overruled.

    ``field_value`` is what the technician entered who is told, ``office_value`` the other one.
    """

    id: IssueId
    job_id: JobId | None
    kind: IssueKind
    code: ShortText
    incarnation: Incarnation
    dseq: Counter
    raised_at: Instant
    field: ShortText | None = None
    base_value: LongText | None = None
    field_value: LongText | None = None
    office_value: LongText | None = None
    field_by: ShortText | None = None
    """The name of the technician who entered ``field_value``."""
    field_at: Instant | None = None
    """The time of that work; None: not known."""
    office_by: ShortText | None = None
    """The name of the technician who entered ``office_value``; None: the office, or not known."""
    office_at: Instant | None = None
