"""What a completion causes, by the kind of its job. Pure, and a table that both sides run.

The server does what is here; a tablet tells the technician what will be done, before the server has
heard of it.
"""

import enum
from collections.abc import Mapping
from typing import Final

from sync_protocol.documents import JobKind
from sync_protocol.visits import SWAPPED


class Effect(enum.StrEnum):
    """What follows from a completion."""

    ACTIVATE = "activate"
    """A process registers the ONT and lets the service go live."""
    SWAP = "swap"
    """A process puts the new ONT in the place of the old one; the service keeps running."""
    DISCONNECT = "disconnect"
    """A process takes the ONT off the OLT and ends the service."""
    FULFIL = "fulfil"
    """The work was all that was ordered; its order item is completed."""
    CHANGE_BY_HAND = "change_by_hand"
    """The network has to be changed, and no process does that yet: a person is told."""


_EFFECTS: Final[Mapping[JobKind, Effect]] = {
    JobKind.INSTALL: Effect.ACTIVATE,
    JobKind.REPAIR: Effect.FULFIL,
    JobKind.SWAP: Effect.SWAP,
    JobKind.DISCONNECT: Effect.DISCONNECT,
    JobKind.MOVE: Effect.CHANGE_BY_HAND,
}


def effect_of(kind: JobKind, code: str, *, changes_service: bool = True) -> Effect:
    """Say what a completion causes; a repair that changed the ONT is a swap.

    A job whose order changes no service, as one that began in the field, activates none.
    """
    if kind is JobKind.REPAIR and code == SWAPPED:
        return Effect.SWAP
    effect = _EFFECTS[kind]
    return Effect.FULFIL if effect is Effect.ACTIVATE and not changes_service else effect
