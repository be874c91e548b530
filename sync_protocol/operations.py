"""What a tablet says happened: one operation per fact, numbered without gaps by its device.

An operation's identity is its origin, the pair (incarnation, dseq) under which it was first issued.
It travels inside the operation only when a tablet had to begin a new incarnation and issues again
what the server may not have; so a re-issue is recognised and never applied twice.

Compatibility: a new kind of operation is a new tag; fields are only added, with a default. The
server stores the bytes as received, so what an old server does not know is not lost. What is
digested and signed leaves defaults out: a field that is added later changes no digest of before.
"""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from sync_protocol.documents import AddressText, LongText, ShortText
from sync_protocol.ids import CaptureId, CompletionId, Incarnation, IssueId, JobId
from sync_protocol.jobs import JobEvent
from sync_protocol.optics import Verdict
from sync_protocol.serials import SerialText
from sync_protocol.units import Counter, Instant, Millis, RxPowerCdbm, Sha256Hex

Degrees = Annotated[float, Meta(ge=-180, le=180)]


class Moment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When something happened, as the tablet can know it.

    Wall time may be wrong; ``monotonic_ms`` within one ``boot_id`` is not, and ``server_offset_ms``
    is server minus tablet as last measured. No winner is ever chosen by any of these.
    """

    wall: Instant
    monotonic_ms: Millis
    boot_id: ShortText
    server_offset_ms: Annotated[int, Meta(ge=-(2**53), le=2**53)] | None = None


class SerialScan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="serial"):
    """An ONT serial, canonical, and the raw text that was read or typed.

    ``overridden``: codes of the tablet's doubts that the technician gave a reason against. A server
    shows those it does not know as they are.
    """

    serial: SerialText
    raw_text: LongText
    method: ShortText
    override_reason: ShortText | None = None
    overridden: Annotated[tuple[ShortText, ...], Meta(max_length=20)] = ()


class Place(enum.StrEnum):
    """Where a light level is measured; on the wire it is a text, and may be another."""

    TERMINAL = "terminal"
    WALL_OUTLET = "wall_outlet"
    ONT = "ont"


class LightReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="light"):
    """A light level with the verdict that the tablet gave, and what it was judged against.

    ``wavelength_nm`` is what the meter was set to; where nobody said, that of the path. Prediction
    and verdict are None together: the path is not known, or is not the one that was measured.
    """

    rx_power_cdbm: RxPowerCdbm
    plant_snapshot: ShortText
    wavelength_nm: Annotated[int, Meta(ge=800, le=2000)] | None = None
    predicted_cdbm: RxPowerCdbm | None = None
    verdict: Verdict | None = None
    meter: ShortText | None = None
    """Which meter it was read off: maker and number, as the technician has it."""
    place: ShortText | None = None
    """A ``Place``; None: at the house."""

    @property
    def is_at_house(self) -> bool:
        """Whether the whole path was measured; at the terminal the drop is not in it."""
        return self.place != Place.TERMINAL


Pixels = Annotated[int, Meta(ge=1, le=100_000)]
CameraTime = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d)?$",
        description="the camera's local time, with its offset where the camera knew it",
    ),
]


class Photo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="photo"):
    """A photo by its content; the bytes travel apart, before or after.

    Width and height are those of the bytes that travel, upright.
    """

    subject: ShortText
    sha256: Sha256Hex
    size_bytes: Annotated[int, Meta(ge=1, le=50_000_000)]
    media_type: ShortText = "image/jpeg"
    width: Pixels | None = None
    height: Pixels | None = None
    taken_at: CameraTime | None = None
    """When the camera says that it was taken; much earlier than the capture, it is an old photo."""


class Signature(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="signature"):
    """A subscriber's signature: who signed what, and the drawing by its content."""

    signer_name: ShortText
    statement: LongText
    sha256: Sha256Hex
    size_bytes: Annotated[int, Meta(ge=1, le=5_000_000)]
    media_type: ShortText = "image/svg+xml"


class Answer(enum.StrEnum):
    """What a check found."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class Check(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="check"):
    """One thing that was looked at: a code like ``bend_radius``. The last of a name stands."""

    name: ShortText
    answer: Answer
    value: ShortText | None = None
    """What was measured, with its unit."""
    remark: LongText = ""


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="note"):
    """Something worth writing down; notes stand beside each other, nobody overwrites anybody's."""

    text: LongText


class Subject(enum.StrEnum):
    """What a correction is about."""

    PREMISE = "premise"
    PLANT = "plant"


class Correction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="correction"):
    """Data that are not as the technician sees them: a proposal, which the office decides.

    ``field`` is one of ``sync_protocol.corrections`` where the tablet knows it; any text is kept.
    """

    subject: Subject
    field: ShortText
    proposed_value: LongText
    seen_value: LongText = ""
    """What the tablet showed when it was corrected."""
    reason: LongText = ""


class OntMove(enum.StrEnum):
    """Where an ONT went."""

    INSTALLED = "installed"
    RECOVERED = "recovered"
    DEFECTIVE = "defective"
    """It is in the van as well."""
    NOT_FOUND = "not_found"
    """It should have been there; whose it is stays as it was."""


class OntMoved(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ont_moved"):
    """An ONT left the van for a house, came back into it, or was looked for in vain."""

    serial: SerialText
    move: OntMove
    model: ShortText | None = None
    reason: LongText = ""


CaptureBody = SerialScan | LightReading | Photo | Signature | Check | Note | Correction | OntMoved


class Capture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One captured fact: never changed, never removed."""

    id: CaptureId
    at: Moment
    body: CaptureBody
    latitude: Degrees | None = None
    longitude: Degrees | None = None
    salt: ShortText | None = None
    """Random; part of what is digested. Once a capture is erased with it, nobody can find out by
    guessing what the digest in the manifest was made of."""
    accuracy_m: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    """How far off latitude and longitude may be, in metres; None: not known."""


class CaptureDigest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A capture as a manifest names it."""

    capture_id: CaptureId
    digest: Sha256Hex


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the technician vouches for: the captured facts, and no merged or numbered state."""

    completion_id: CompletionId
    job_id: JobId
    captures: Annotated[tuple[CaptureDigest, ...], Meta(max_length=200)]
    completed_at: Moment


class RecordCapture(msgspec.Struct, frozen=True, kw_only=True, tag="capture"):
    """Add a capture to a job."""

    job_id: JobId
    capture: Capture


class MoveJob(msgspec.Struct, frozen=True, kw_only=True, tag="move"):
    """Move a job along, from the state version that the tablet saw."""

    job_id: JobId
    event: JobEvent
    base_state_version: Counter


class SetField(msgspec.Struct, frozen=True, kw_only=True, tag="set_field"):
    """Set a shared field that had ``base_version`` and ``base_value`` when it was edited."""

    job_id: JobId
    field: ShortText
    value: LongText
    base_version: Counter
    base_value: LongText


class CompleteJob(msgspec.Struct, frozen=True, kw_only=True, tag="complete"):
    """Finish a job, with a visit code.

    ``signature`` is the device's Ed25519 signature of the manifest, in base64.
    """

    job_id: JobId
    code: ShortText
    base_state_version: Counter
    manifest: Manifest
    signature: Annotated[str, Meta(max_length=120)] | None = None


class GiveUpJob(msgspec.Struct, frozen=True, kw_only=True, tag="give_up"):
    """Leave without finishing: a visit code and what the technician says about it."""

    job_id: JobId
    code: ShortText
    base_state_version: Counter
    remark: LongText = ""


class CreateJob(msgspec.Struct, frozen=True, kw_only=True, tag="create_job"):
    """Begin a job that nobody planned, under an id that the tablet made.

    It is at the premise and about the service of ``premise_of``, where that is a job of the same
    technician. Address and name travel also then: for the person who has to place it otherwise.
    """

    job_id: JobId
    kind: ShortText
    """A ``JobKind``; a text, so that one which a server does not know yet loses nothing."""
    reason: LongText
    premise_of: JobId | None = None
    address: AddressText = ""
    customer_name: ShortText = ""


class IssueAnswer(enum.StrEnum):
    """What a technician says to an issue."""

    SEEN = "seen"
    KEEP_MINE = "keep_mine"
    KEEP_OTHER = "keep_other"


class AnswerIssue(msgspec.Struct, frozen=True, kw_only=True, tag="answer_issue"):
    """Answer an issue; of which job, where it is of one.

    It sets no value. Where the one to keep does not stand, a ``SetField`` with the same ``tx`` goes
    before it: an edit like any other, from the version that the tablet shows.
    """

    issue_id: IssueId
    answer: IssueAnswer
    job_id: JobId | None = None


OperationBody = (
    RecordCapture | MoveJob | SetField | CompleteJob | GiveUpJob | CreateJob | AnswerIssue
)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The lasting identity of an operation."""

    incarnation: Incarnation
    dseq: Counter


class OperationHead(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an operation that must be readable for its number to be accounted for."""

    dseq: Annotated[int, Meta(ge=1, le=2**53)]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One numbered operation. Operations with one ``tx`` are applied together."""

    dseq: Annotated[int, Meta(ge=1, le=2**53)]
    tx: ShortText
    at: Moment
    body: OperationBody
    origin: Origin | None = None
