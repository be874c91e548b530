"""The two messages of a sync, and what is in them.

One request pushes and then pulls. Operations and verdicts travel as raw values: the server hashes
and stores an operation as it was received and repeats a verdict byte for byte. Documents travel so
too: a tablet keeps the bytes, so fields that its version does not know survive, and the digest of
the scope compares right.
"""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from sync_protocol import wire
from sync_protocol.briefing import Briefing
from sync_protocol.documents import IssueDocument, JobDocument, LongText, ShortText
from sync_protocol.ids import DeviceId, Epoch, Incarnation, IssueId, JobId, TechnicianId
from sync_protocol.operations import Moment
from sync_protocol.units import Counter, Instant, Sha256Hex

PROTOCOL_VERSION = 2
OPERATIONS_PER_PUSH_MAX = 500
BLOBS_PER_HAND_OVER_MAX = 2_000


class Cursor(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """How far a tablet has read its feed. A bulk re-plan puts many rows on one seq."""

    seq: Counter
    entity: ShortText
    entity_id: ShortText


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Push, then pull. ``chain_before`` is the chain value before the first operation."""

    protocol: int
    app_version: ShortText
    incarnation: Incarnation
    chain_before: Sha256Hex
    clock: Moment
    operations: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=OPERATIONS_PER_PUSH_MAX)] = ()
    epoch: Epoch | None = None
    cursor: Cursor | None = None
    check_scope: bool = False
    """True: the last page is to carry the digest even if nothing came."""
    healed: Counter = 0
    """How often this replica has found its scope to differ, and begun anew; it only grows."""
    lost_through: Counter | None = None
    """Operations up to this one, right before the first here, can be sent no more."""


class VerdictKind(enum.StrEnum):
    """What became of an operation; none of them loses it."""

    APPLIED = "applied"
    MERGED = "merged"
    KEPT_AS_CONFLICT = "kept_as_conflict"
    PARKED = "parked"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class OperationVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The server's lasting answer to one operation. It holds no seq, so that it can be replayed."""

    dseq: Counter
    verdict: VerdictKind
    code: ShortText | None = None
    detail: LongText | None = None


class LeaveReason(enum.StrEnum):
    """Why a job left a technician's scope; a newer server may know more."""

    REASSIGNED = "reassigned"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class WithJob(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry that brings a job has; the document is whole."""

    job: Annotated[msgspec.Raw, Meta(description="a `JobDocument`")]

    @property
    def document(self) -> JobDocument:
        """What the bytes say.

        Raises:
            Unreadable: they are no job.
        """
        return wire.decode(bytes(self.job), JobDocument)


class JobEntered(WithJob, frozen=True, kw_only=True, tag="job_entered"):
    """A job came into scope."""


class JobUpdated(WithJob, frozen=True, kw_only=True, tag="job_updated"):
    """A job in scope changed."""


class JobLeft(msgspec.Struct, frozen=True, kw_only=True, tag="job_left"):
    """A job left the scope. With work pending it lingers on the tablet, read-only."""

    job_id: JobId
    reason: ShortText


class IssueRaised(msgspec.Struct, frozen=True, kw_only=True, tag="issue_raised"):
    """Something the technician entered was changed, withheld or refused."""

    issue: Annotated[msgspec.Raw, Meta(description="an `IssueDocument`")]

    @property
    def document(self) -> IssueDocument:
        """What the bytes say.

        Raises:
            Unreadable: they are no issue.
        """
        return wire.decode(bytes(self.issue), IssueDocument)


class IssueClosed(msgspec.Struct, frozen=True, kw_only=True, tag="issue_closed"):
    """Somebody decided an issue; the tablet may forget it."""

    issue_id: IssueId


class BriefingUpdated(msgspec.Struct, frozen=True, kw_only=True, tag="briefing_updated"):
    """The technician's briefing is there, or has changed; it never leaves."""

    briefing: Annotated[msgspec.Raw, Meta(description="a `Briefing`")]

    @property
    def document(self) -> Briefing:
        """What the bytes say.

        Raises:
            Unreadable: they are no briefing.
        """
        return wire.decode(bytes(self.briefing), Briefing)


FeedEntry = JobEntered | JobUpdated | JobLeft | IssueRaised | IssueClosed | BriefingUpdated


class PullPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of the feed. Pages are staged and applied together once ``more`` is false."""

    cursor: Cursor | None
    more: bool
    entries: tuple[FeedEntry, ...]
    snapshot: bool = False
    """True: what is not among the entries of this pull is not in scope (pending work stays)."""
    digest: Sha256Hex | None = None
    """Of the whole scope as this answer renders it (``digest.scope_digest``), on a last page."""
    snapshot_reason: ShortText | None = None
    """Why a snapshot begins: ``no_cursor``, ``other_epoch``, ``cursor_too_old``."""


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """What a newer program on the tablet is needed for: ``pull``."""

    needed_for: ShortText = msgspec.field(name="for")
    detail: LongText


class SyncResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The verdicts of what was pushed and a page of what is new."""

    protocol: int
    epoch: Epoch
    server_time: Instant
    acked_dseq: Counter
    chain: Sha256Hex
    verdicts: tuple[msgspec.Raw, ...]
    pull: PullPage
    upgrade: Upgrade | None = None
    """Present: the pull is withheld, for this version cannot read it; verdicts are as ever."""
    durable_dseq: Counter | None = None
    """Up to here this incarnation's operations are in a backup; None: in none that is known."""


class Refusal(enum.StrEnum):
    """Why a whole request was refused; nothing of it was stored."""

    BAD_REQUEST = "bad_request"
    UPGRADE_REQUIRED = "upgrade_required"
    UNKNOWN_DEVICE = "unknown_device"
    DEVICE_REVOKED = "device_revoked"
    GAP = "gap"
    FORK = "fork"
    """Another history was heard under this incarnation; the tablet begins a new one."""
    UNKNOWN_INCARNATION = "unknown_incarnation"
    """The device has not registered this incarnation; the tablet does, and asks again."""
    TOO_LARGE = "too_large"
    BUSY = "busy"


class RefusedSync(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is not a ``SyncResponse`` (media type problem+json)."""

    refusal: Refusal
    detail: LongText
    expected_dseq: Counter | None = None
    retry_after_ms: Counter | None = None
    needed_for: ShortText | None = msgspec.field(default=None, name="for")
    """Of ``upgrade_required``: what this version of the tablet cannot do any more."""
    lowest_protocol: Counter | None = None
    highest_protocol: Counter | None = None
    """Of ``upgrade_required``: what the server would take."""


class EnrolRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A new tablet shows its one-time code and its public key (Ed25519, raw 32 bytes, base64)."""

    code: Annotated[str, Meta(min_length=8, max_length=80)]
    device_name: ShortText
    public_key: Annotated[str, Meta(min_length=44, max_length=44)]
    incarnation: Incarnation
    app_version: ShortText
    technician_id: TechnicianId | None = None
    """Whose work is on this tablet, where it is somebody's: nobody else's code is taken for it."""


class EnrolResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What a tablet needs to begin: who it is, whose it is, and a short-lived token."""

    device_id: DeviceId
    technician_id: TechnicianId
    technician_name: ShortText
    token: ShortText
    token_expires_at: Instant
    server_time: Instant


class BeginIncarnation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device says that it speaks in one more incarnation; ``after`` is the one before."""

    incarnation: Incarnation
    after: Incarnation | None = None


class IncarnationBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The incarnation can be spoken in; how far it has been heard."""

    incarnation: Incarnation
    acked_dseq: Counter
    chain: Sha256Hex


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A value that the device signs to get its next token; good for a few minutes."""

    challenge: ShortText


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed challenge: Ed25519 over ``evidence.challenge_bytes``, base64."""

    device_id: DeviceId
    challenge: ShortText
    signature: Annotated[str, Meta(max_length=120)]


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """What a withdrawn tablet had not sent: the push it would have made, and the files it has.

    The body as sent, packed, is signed by the device's key; a withdrawn device gets no token.
    """

    push: SyncRequest
    blobs: Annotated[tuple[Sha256Hex, ...], Meta(max_length=BLOBS_PER_HAND_OVER_MAX)] = ()


class HandOverTaken(msgspec.Struct, frozen=True, kw_only=True):
    """It is kept in quarantine, durably; nothing of it is merged before the office releases it."""

    digest: Sha256Hex
    """Of the body as sent."""
    operations: Counter
    token: ShortText
    """For the files that were named, and for nothing else."""
    token_expires_at: Instant
    server_time: Instant


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """The next short-lived token."""

    token: ShortText
    expires_at: Instant
