"""The two messages of a sync, and what is in them.

One request pushes and then pulls. Operations and verdicts travel as raw values: the server hashes
and stores an operation as it was received and repeats a verdict byte for byte.
"""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from sync_protocol.documents import IssueDocument, JobDocument, LongText, ShortText
from sync_protocol.ids import DeviceId, Epoch, Incarnation, IssueId, JobId, TechnicianId
from sync_protocol.operations import Moment
from sync_protocol.units import Counter, Instant, Sha256Hex

PROTOCOL_VERSION = 1
OPERATIONS_PER_PUSH_MAX = 500


class Cursor(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """How far a tablet has read its feed. A bulk re-plan puts many rows on one seq."""

    seq: Counter
    entity: ShortText
    entity_id: ShortText


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Push, then pull. ``chain_before`` is the chain value before the first operation."""

    protocol: int
    app_version: ShortText
    incarnation: Incarnation
    chain_before: Sha256Hex
    clock: Moment
    operations: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=OPERATIONS_PER_PUSH_MAX)] = ()
    epoch: Epoch | None = None
    cursor: Cursor | None = None
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
    """Why a job left a technician's scope."""

    REASSIGNED = "reassigned"
    CANCELLED = "cancelled"


class JobEntered(msgspec.Struct, frozen=True, kw_only=True, tag="job_entered"):
    """A job came into scope; the document is whole."""

    job: JobDocument


class JobUpdated(msgspec.Struct, frozen=True, kw_only=True, tag="job_updated"):
    """A job in scope changed; the document is whole."""

    job: JobDocument


class JobLeft(msgspec.Struct, frozen=True, kw_only=True, tag="job_left"):
    """A job left the scope. With work pending it lingers on the tablet, read-only."""

    job_id: JobId
    reason: LeaveReason


class IssueRaised(msgspec.Struct, frozen=True, kw_only=True, tag="issue_raised"):
    """Something the technician entered was changed, withheld or refused."""

    issue: IssueDocument


class IssueClosed(msgspec.Struct, frozen=True, kw_only=True, tag="issue_closed"):
    """Somebody decided an issue; the tablet may forget it."""

    issue_id: IssueId


FeedEntry = JobEntered | JobUpdated | JobLeft | IssueRaised | IssueClosed


class PullPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the feed. Pages are staged and applied together once ``more`` is false."""

    cursor: Cursor | None
    more: bool
    entries: tuple[FeedEntry, ...]
    snapshot: bool = False
    """True: what is not among the entries of this pull is not in scope (pending work stays)."""


class SyncResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts of what was pushed and a page of what is new."""

    protocol: int
    epoch: Epoch
    server_time: Instant
    acked_dseq: Counter
    chain: Sha256Hex
    verdicts: tuple[msgspec.Raw, ...]
    pull: PullPage
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
    TOO_LARGE = "too_large"
    BUSY = "busy"


class RefusedSync(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is not a ``SyncResponse`` (media type problem+json)."""

    refusal: Refusal
    detail: LongText
    expected_dseq: Counter | None = None
    retry_after_ms: Counter | None = None


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new tablet shows its one-time code and its public key (Ed25519, raw 32 bytes, base64)."""

    code: Annotated[str, Meta(min_length=8, max_length=80)]
    device_name: ShortText
    public_key: Annotated[str, Meta(min_length=44, max_length=44)]
    incarnation: Incarnation
    app_version: ShortText


class EnrolResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What a tablet needs to begin: who it is, whose it is, and a short-lived token."""

    device_id: DeviceId
    technician_id: TechnicianId
    technician_name: ShortText
    token: ShortText
    token_expires_at: Instant
    server_time: Instant


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A value that the device signs to get its next token; good for a few minutes."""

    challenge: ShortText


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed challenge: Ed25519 over ``evidence.challenge_bytes``, base64."""

    device_id: DeviceId
    challenge: ShortText
    signature: Annotated[str, Meta(max_length=120)]


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """The next short-lived token."""

    token: ShortText
    expires_at: Instant
