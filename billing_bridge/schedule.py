"""When a delivery is tried again: pure, from the outcome of an attempt to what comes next."""

from datetime import datetime, timedelta
from typing import Final, assert_never

import msgspec

from billing_bridge.adapter import Delivered, Outcome, Refused, TryLater
from sync_protocol.units import Instant

# Standard Webhooks, "Deliverability and reliability": about 76 hours in ten attempts.
ATTEMPT_DELAYS_S: Final = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER_SHARE: Final = 0.1
"""A wait is up to this share longer, so that what failed together does not come back together."""
WAIT_MAX_S: Final = 86_400
"""A receiver that asks for longer is asked again after a day."""


class Settled(msgspec.Struct, frozen=True, tag=True):
    """Delivered; nothing is left to do."""


class TryAt(msgspec.Struct, frozen=True, tag=True):
    """Attempt it again at this instant, not before."""

    at: Instant


class DeadLettered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A person has to look, and may have it tried again; the event is still in the feed."""

    why: str


class EndpointDisabled(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The receiver is gone: dead-letter this and stop sending it anything."""

    why: str


NextStep = Settled | TryAt | DeadLettered | EndpointDisabled


def next_step(outcome: Outcome, attempts: int, *, now: datetime, jitter: float) -> NextStep:
    """Decide what follows an attempt.

    Args:
        outcome: of the attempt that was just made.
        attempts: made so far, that one included; at least 1.
        now: when it ended.
        jitter: in [0, 1), from the caller's source of randomness.
    """
    match outcome:
        case Delivered():
            return Settled()
        case Refused(gone=True):
            return EndpointDisabled(why=outcome.why)
        case Refused():
            return DeadLettered(why=outcome.why)
        case TryLater():
            return _after_failure(outcome, attempts, now=now, jitter=jitter)
        case _:
            assert_never(outcome)


def _after_failure(
    outcome: TryLater, attempts: int, *, now: datetime, jitter: float
) -> TryAt | DeadLettered:
    if attempts >= len(ATTEMPT_DELAYS_S):
        return DeadLettered(why=f"{attempts} attempts failed; the last: {outcome.why}")
    wait_s = max(ATTEMPT_DELAYS_S[attempts], min(outcome.after_s or 0, WAIT_MAX_S))
    return TryAt(now + timedelta(seconds=wait_s * (1 + JITTER_SHARE * jitter)))
