"""Misbehaviour on request: an agent that is silent, busy, or loses its answer to a SET."""

import enum
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta


class FaultKind(enum.StrEnum):
    """What goes wrong."""

    SILENT = "silent"
    """Requests are lost: nothing is read, written or answered."""
    BUSY = "busy"
    """Every request is answered with genErr, and nothing is written."""
    DROP_REPLY_AFTER_SET = "drop_reply_after_set"
    """A SET takes effect or is refused as usual, and its answer is lost."""
    DROP_SET = "drop_set"
    """A SET is lost on its way: nothing is written or answered; reads are as usual."""
    SILENT_AFTER_SET = "silent_after_set"
    """A SET takes effect, its answer is lost, and from then on every request is."""
    CUT_WALK = "cut_walk"
    """A GETBULK brings one row and says that there is nothing behind it."""


class FaultOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault to play, for a time, for a number of requests, or until it is cleared."""

    kind: FaultKind
    seconds: Annotated[float, Meta(gt=0, le=3600)] | None = None
    count: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that is being played."""

    kind: FaultKind
    since: datetime
    until: datetime | None = None
    left: int | None = None

    def is_over(self, now: datetime) -> bool:
        """Say whether its time or its number of requests has run out."""
        return self.left == 0 or (self.until is not None and now >= self.until)


def begin(order: FaultOrder, now: datetime) -> Fault:
    """Start a fault at this instant."""
    until = None if order.seconds is None else now + timedelta(seconds=order.seconds)
    return Fault(kind=order.kind, since=now, until=until, left=order.count)


def spend(fault: Fault) -> Fault:
    """Count one request that the fault struck."""
    if fault.left is None:
        return fault
    return msgspec.structs.replace(fault, left=fault.left - 1)
