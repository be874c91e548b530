"""Acts: who does something, when, and where the ids of what it creates come from.

Commands take an act instead of asking a clock or a random source, so that the same command runs
on a virtual clock in the simulation.
"""

import enum
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

Clock = Callable[[], datetime]
IdSource = Callable[[], UUID]


class ActorKind(enum.StrEnum):
    """What sort of actor; a human touch is an act of a HUMAN."""

    HUMAN = "human"
    DEVICE = "device"
    INTEGRATION = "integration"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True):
    """Who acts; the system has no id."""

    kind: ActorKind
    id: UUID | None = None


SYSTEM = Actor(ActorKind.SYSTEM)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One act: the actor, the instant (aware, UTC) and the source of new ids."""

    actor: Actor
    now: datetime
    new_id: IdSource


def utc_now() -> datetime:
    """Read the clock of this machine."""
    return datetime.now(UTC)  # noqa: TID251  the one place that asks the machine


def act_of(actor: Actor, *, clock: Clock = utc_now, new_id: IdSource = uuid7) -> Act:
    """Begin an act now."""
    return Act(actor=actor, now=clock(), new_id=new_id)
