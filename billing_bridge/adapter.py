"""What every way to hand completions to a billing system owes: one attempt, one named outcome.

An adapter makes one attempt and says what came of it; when to try again is decided by
``billing_bridge.schedule``, and the server keeps the queue, so that a restart forgets nothing.
"""

from typing import Protocol

import msgspec

from billing_bridge.feed import CompletionEvent


class Delivered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The billing system has it; a repeat would do no harm."""

    status: int


class TryLater(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It may or may not have arrived; the same event with the same key may be sent again."""

    why: str
    after_s: int | None = None
    """How long the other side asked to be left alone, in seconds."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Trying again is of no use until a person has changed something.

    ``gone`` means that the receiver wants nothing more: send it no event until it is enabled again.
    """

    why: str
    gone: bool


Outcome = Delivered | TryLater | Refused


class BillingAdapter(Protocol):
    """A billing system that completions go out to."""

    async def deliver(self, event: CompletionEvent, key: str) -> Outcome:
        """Hand over one event, once.

        ``key`` is the idempotency key, the same at every repeat. Nothing is raised for what the
        other side or the network does.
        """
        ...
