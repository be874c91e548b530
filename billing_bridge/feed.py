"""The completion feed: the published contract between field work and billing.

Each event is a CloudEvent 1.0 in structured JSON. It carries the whole state of one completion, not
a difference, so a consumer that missed one is right again with the next. ``id`` is the key to
deduplicate by; it is the ``webhook-id`` of every delivery and never changes over retries.

Rules of change, for every Struct here:

- fields are only added, at the end, with a default; consumers ignore what they do not know;
- a field never changes its meaning, its unit or its type;
- anything else is a new event type (``….v2``), and both are published for as long as one is read;
- a correction is a new event with a higher ``revision``; what was published never changes.

The feed holds no name, address, contact or technician: billing needs to trust a completion, and the
evidence digest leads whoever may see more to the rest.
"""

import base64
import binascii
import re
from datetime import UTC, date
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from billing_bridge.errors import CursorUnreadable, OperatorSlugUnusable
from billing_bridge.ledger import Revision
from billing_bridge.money import PriceSnapshot
from billing_bridge.start import BillingStartPolicy
from sync_protocol.units import Counter, Instant, RxPowerCdbm, Sha256Hex

INSTALL_COMPLETED_TYPE: Final = "io.firstlight.install.completed.v1"
EVENT_MEDIA_TYPE: Final = "application/cloudevents+json"

# 2**53 has 16 digits; the sequence extension of CloudEvents compares as text, so it is padded.
_SEQUENCE_DIGITS: Final = 16
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

FeedEpoch = Annotated[
    str, Meta(pattern="^[0-9A-Za-z-]{1,64}$", description="changes when the server is restored")
]


class InstallCompleted(msgspec.Struct, frozen=True, kw_only=True):
    """A service that was installed, is live, and from when it is billed."""

    service_id: UUID
    order_id: UUID
    order_item_id: UUID
    premise_id: UUID
    ont_serial: Annotated[str, Meta(pattern="^[A-Z0-9]{4}[0-9A-F]{8}$")]
    completed_at: Instant
    received_at: Instant
    live_at: Instant
    rx_power_cdbm: RxPowerCdbm
    """Read back from the network when the service went live, not the technician's reading."""
    billing_start: date
    """Local date in the account's zone."""
    billing_policy: BillingStartPolicy
    price: PriceSnapshot
    evidence_digest: Sha256Hex
    revision: Revision = 1


class CompletionEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The CloudEvents 1.0 envelope, with the extensions ``recordedtime`` and ``sequence``."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: Instant
    """When it happened in the field, by the tablet's clock."""
    datacontenttype: Literal["application/json"] = "application/json"
    recordedtime: Instant
    """When the server received it."""
    sequence: str
    """The position in the feed; compare as text within one epoch."""
    data: InstallCompleted


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``GET /feed/completions?after=CURSOR``.

    An empty page repeats the cursor that was asked with; keep it and ask again later.
    """

    events: tuple[CompletionEvent, ...]
    next_cursor: str


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in the feed: everything up to ``sequence`` has been read. Opaque to consumers."""

    epoch: FeedEpoch
    sequence: Counter


def completion_event(
    data: InstallCompleted, *, event_id: UUID, operator_slug: str, sequence: Counter
) -> CompletionEvent:
    """Wrap a completion for publishing.

    Raises:
        OperatorSlugUnusable: the slug is not lower-case letters, digits and inner dashes.
    """
    require_slug(operator_slug)
    return CompletionEvent(
        id=str(event_id),
        source=f"/operators/{operator_slug}",
        type=INSTALL_COMPLETED_TYPE,
        subject=str(data.service_id),
        time=data.completed_at.astimezone(UTC),
        recordedtime=data.received_at.astimezone(UTC),
        sequence=f"{sequence:0{_SEQUENCE_DIGITS}d}",
        data=data,
    )


def require_slug(operator_slug: str) -> None:
    """Check that an operator's slug can stand in the source of an event.

    Raises:
        OperatorSlugUnusable: the slug is not lower-case letters, digits and inner dashes.
    """
    if not _SLUG.fullmatch(operator_slug):
        raise OperatorSlugUnusable(
            f"{operator_slug!r} is no operator slug; use up to 63 lower-case letters, digits and "
            "inner dashes, like north-fiber"
        )


def encode_event(event: CompletionEvent) -> bytes:
    """Write an event as structured JSON; the same event always gives the same bytes."""
    return msgspec.json.encode(event)


def encode_cursor(cursor: Cursor) -> str:
    """Write a cursor as text that stands in a URL as it is.

    >>> decode_cursor(encode_cursor(Cursor("e1", 42)))
    Cursor(epoch='e1', sequence=42)
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode("ascii").rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Read a cursor that a consumer hands back.

    Raises:
        CursorUnreadable: not a cursor of this feed; the consumer may start without one.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=Cursor)
    except (binascii.Error, ValueError, RecursionError) as error:
        # msgspec errors and UnicodeDecodeError are ValueErrors; deep nesting is a RecursionError.
        raise CursorUnreadable(
            f"after={text[:80]!r} is no cursor of this feed; "
            "use the next_cursor of the last page, or leave it out to start from the beginning"
        ) from error
