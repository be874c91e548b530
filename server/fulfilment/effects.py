"""What a completion is to cause, by the kind of its job. Pure, and a table."""

import enum
from collections.abc import Mapping
from typing import Final

from sync_protocol.documents import JobKind

NEEDS_NETWORK_CHANGE: Final = "needs_network_change"
"""The code of an item before a person: what was done in the field is not done on the network."""
SWAPPED: Final = "D07"


class Effect(enum.StrEnum):
    """What follows from a completion."""

    ACTIVATE = "activate"
    """A process registers the ONT and lets the service go live."""
    FULFIL = "fulfil"
    """The work was all that was ordered; its order item is completed."""
    CHANGE_BY_HAND = "change_by_hand"
    """The network has to be changed, and no process does that yet: a person is told."""


_EFFECTS: Final[Mapping[JobKind, Effect]] = {
    JobKind.INSTALL: Effect.ACTIVATE,
    JobKind.REPAIR: Effect.FULFIL,
    JobKind.SWAP: Effect.CHANGE_BY_HAND,
    JobKind.DISCONNECT: Effect.CHANGE_BY_HAND,
    JobKind.MOVE: Effect.CHANGE_BY_HAND,
}


def effect_of(kind: JobKind, code: str) -> Effect:
    """Say what a completion causes; a repair that changed the ONT is a swap."""
    if kind is JobKind.REPAIR and code == SWAPPED:
        return Effect.CHANGE_BY_HAND
    return _EFFECTS[kind]
