"""What is known of ONTs that run, and of faults of the plant."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from activation.requests import DownReason, Phase

Branch = tuple[str, UUID]
"""A part of the plant: what it is (``pon_port``, ``splitter``, ``terminal``) and its id."""

PON_PORT: Final = "pon_port"
SPLITTER: Final = "splitter"
TERMINAL: Final = "terminal"


class OntState(msgspec.Struct, frozen=True, kw_only=True):
    """How the ONT of one service stood when its port was last polled."""

    service_id: UUID
    phase: Phase
    since: datetime
    """Since when it is in this phase, by our polls: never later than it is true."""
    reason: DownReason = DownReason.UNKNOWN
    cause: str | None = None
    """Why it went down, in the OLT's words."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """One service whose ONT should be on a port, where it hangs, and how it stood."""

    service_id: UUID
    serial: str
    ont_id: int
    splitter_id: UUID
    terminal_id: UUID
    state: OntState | None = None
    """None: never polled."""
    fault_id: UUID | None = None
    """The open fault of the plant that it belongs to."""


class FaultKind(enum.StrEnum):
    """Where the plant is at fault, as far as dark ONTs tell."""

    FEEDER = "feeder"
    """Several PON ports of one OLT went dark together."""
    PORT = "pon_port"
    SPLITTER = "splitter"
    TERMINAL = "terminal"


class PlantFault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of the plant, however many subscribers it takes off the network."""

    id: UUID
    olt_id: UUID
    kind: FaultKind
    branches: tuple[str, ...]
    """The parts that are dark, as ``kind:id``, in the order in which they were found."""
    raised_at: datetime
    affected: int
    """How many services it took off the network in all."""
    dark: int
    """How many of them are still off."""
    cleared_at: datetime | None = None


class AlarmKind(enum.StrEnum):
    """What an alarm tells."""

    LOSS_OF_SIGNAL = "loss_of_signal"
    """An ONT is dark, and nothing says that it lost its power."""
    DYING_GASP = "dying_gasp"
    """An ONT said that its power went: the subscriber's plug or street, not the plant."""
    DEGRADATION = "degradation"
    """An ONT receives much less light than when it went live."""
    OLT_UNREACHABLE = "olt_unreachable"


class Severity(enum.StrEnum):
    """How bad it is, in the words of ITU-T X.733."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"


SEVERITIES: Final[Mapping[AlarmKind, Severity]] = {
    AlarmKind.OLT_UNREACHABLE: Severity.CRITICAL,
    AlarmKind.LOSS_OF_SIGNAL: Severity.MAJOR,
    AlarmKind.DEGRADATION: Severity.MINOR,
    AlarmKind.DYING_GASP: Severity.WARNING,
}


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with one ONT or one OLT, from when it was seen until it was not."""

    id: UUID
    kind: AlarmKind
    severity: Severity
    olt_id: UUID
    pon_port_id: UUID | None = None
    service_id: UUID | None = None
    """None of both: the alarm is of the whole OLT."""
    raised_at: datetime
    cleared_at: datetime | None = None
    detail: str = ""


class OntLight(msgspec.Struct, frozen=True, kw_only=True):
    """What an ONT says of its light, now and when it went live."""

    service_id: UUID
    serial: str
    next_at: datetime
    baseline_cdbm: int | None = None
    """By the ONT itself: a meter and an ONT differ too much to be compared."""
    rx_cdbm: int | None = None
    measured_at: datetime | None = None
