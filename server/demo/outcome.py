"""What the demo has seen, as ``--json`` writes it, and the arithmetic in it.

Times are ISO 8601 in UTC, durations milliseconds, light dBm as people read it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec

from server.acts import ActorKind
from server.audit import AuditEntry
from sync_protocol.messages import VerdictKind


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """The one job of the story: three instants, and what they came to."""

    job_id: UUID
    completed_at: datetime
    received_at: datetime
    live_at: datetime
    billing_start: date
    invoice_line_minor: int
    currency: str
    notified_at: datetime
    human_touches: int


class LatencyMs(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time went between the push and the bill."""

    received_to_live: int
    received_to_billed: int
    ont_come_up: int
    poll_wait: int
    overhead: int


class Snmp(msgspec.Struct, frozen=True, kw_only=True):
    """The ONT as the OLT shows it; ``sets`` are the SET requests that it counted for the story."""

    sets: int
    serial_on_olt: str
    ont_state: str
    rx_power_dbm: float | None


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """What the billing receiver saw; ``signature_verified`` says so of every delivery."""

    deliveries: int
    distinct_events: int
    signature_verified: bool


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a completion can cause, counted where it arrives."""

    olt_sets: int
    invoice_lines: int
    feed_events: int
    webhook_events: int
    mails: int


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """The same push sent again and again."""

    batches: int
    new_effects: int
    identical_verdicts: bool


class Rival(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong, and what became of it."""

    name: str
    expected: str
    happened: str
    ok: bool


class Operations(msgspec.Struct, frozen=True, kw_only=True):
    """Every operation that was captured on a tablet, and what the servers say of it."""

    captured: int
    applied: int
    superseded: int
    parked: int
    rejected: int

    @property
    def adds_up(self) -> bool:
        """Whether every captured operation has exactly one verdict."""
        return self.captured == self.applied + self.superseded + self.parked + self.rejected


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of ``--json``."""

    seed: int
    story: Story
    latency_ms: LatencyMs
    snmp: Snmp
    webhook: Webhook
    replay: Replay
    rivals: tuple[Rival, ...]
    operations: Operations


class Instants(msgspec.Struct, frozen=True, kw_only=True):
    """When the story was where, each read off the log of whoever did it."""

    received_at: datetime
    registered_at: datetime
    """The simulator accepted the SET that registers the ONT."""
    acceptable_at: datetime
    """The simulator first shows a state that verification accepts."""
    polled_at: datetime
    """The look that saw it began."""
    live_at: datetime
    billed_at: datetime


def latency(instants: Instants) -> LatencyMs:
    """Work out where the time went; what neither the ONT nor the poll schedule took is overhead."""
    come_up = _ms(instants.registered_at, instants.acceptable_at)
    poll_wait = _ms(instants.acceptable_at, instants.polled_at)
    billed = _ms(instants.received_at, instants.billed_at)
    return LatencyMs(
        received_to_live=_ms(instants.received_at, instants.live_at),
        received_to_billed=billed,
        ont_come_up=come_up,
        poll_wait=poll_wait,
        overhead=billed - come_up - poll_wait,
    )


def human_touches(timeline: Iterable[AuditEntry], *, since: datetime, until: datetime) -> int:
    """Count what people did between two instants."""
    return sum(
        entry.actor_kind is ActorKind.HUMAN and since <= entry.at <= until for entry in timeline
    )


def new_effects(before: Effects, after: Effects) -> int:
    """Count how many effects have come since; fewer of one kind hide none of another."""
    return sum(
        abs(getattr(after, name) - getattr(before, name)) for name in Effects.__struct_fields__
    )


def count_operations(captured: int, verdicts: Iterable[Mapping[VerdictKind, int]]) -> Operations:
    """Add up the verdicts of all servers."""
    totals: dict[VerdictKind, int] = {}
    for counted in verdicts:
        for kind, count in counted.items():
            totals[kind] = totals.get(kind, 0) + count
    return Operations(
        captured=captured,
        applied=totals.get(VerdictKind.APPLIED, 0) + totals.get(VerdictKind.MERGED, 0),
        superseded=totals.get(VerdictKind.KEPT_AS_CONFLICT, 0),
        parked=totals.get(VerdictKind.PARKED, 0),
        rejected=totals.get(VerdictKind.REJECTED, 0),
    )


def shortfalls(outcome: Outcome) -> tuple[str, ...]:
    """Name what is not as it should be; empty when everything is."""
    story, operations = outcome.story, outcome.operations
    checks = (
        (story.human_touches == 0, f"{story.human_touches} human touches in the story, not 0"),
        (story.completed_at <= story.received_at <= story.live_at, "the instants are out of order"),
        (outcome.snmp.ont_state == "up", f"the OLT shows the ONT {outcome.snmp.ont_state}, not up"),
        (outcome.webhook.signature_verified, "a webhook signature did not hold"),
        (
            outcome.replay.new_effects == 0,
            f"the replay caused {outcome.replay.new_effects} effects",
        ),
        (operations.adds_up, f"operations do not add up: {operations}"),
        *((rival.ok, f"rival '{rival.name}': {rival.happened}") for rival in outcome.rivals),
    )
    return tuple(complaint for is_right, complaint in checks if not is_right)


def _ms(earlier: datetime, later: datetime) -> int:
    return round((later - earlier).total_seconds() * 1000)
