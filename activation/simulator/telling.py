"""What an OLT tells a manager, before it is put into its vendor's words."""

import enum
from datetime import datetime
from typing import TypeAlias

import msgspec

from activation.simulator.oids import Oid
from sync_protocol.serials import OntSerial

Value: TypeAlias = int | bytes | Oid


class Alarm(enum.StrEnum):
    """What an OLT tells of."""

    LOS = "los"
    DYING_GASP = "dying_gasp"
    FOUND = "found"
    """An ONT that nobody registered; this has no end."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm about one ONT, or its end."""

    alarm: Alarm
    port: str
    ont_id: int | None
    """None for an ONT that is not registered."""
    serial: OntSerial
    at: datetime
    is_over: bool = False

    @property
    def place(self) -> tuple[int, int, int]:
        """The numbers in the name of the port."""
        frame, slot, number = (int(part) for part in self.port.split("/"))
        return frame, slot, number


class Trap(msgspec.Struct, frozen=True, kw_only=True):
    """What a trap is called, and what it carries."""

    name: Oid
    variables: tuple[tuple[Oid, Value], ...]
    community_ends: str = ""
    """What the vendor writes behind the community."""
