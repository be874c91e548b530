"""What a driver is asked and what it answers, in words that fit every vendor.

Failures have a module of their own (``activation.failures``). Nothing here knows an OID, a database
or a clock.
"""

import enum
import re
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from sync_protocol.serials import OntSerial
from sync_protocol.units import Metres, RxPowerCdbm

T = TypeVar("T")

OntId = Annotated[int, Meta(ge=0, le=1020, description="GPON uses 0..253, XGS-PON 0..1020")]
VlanId = Annotated[int, Meta(ge=1, le=4094)]

_PORT_TEXT = re.compile(r"([0-9]{1,3})/([0-9]{1,3})/([0-9]{1,3})")


class NotAPonPort(ValueError):
    """The text names no PON port; write it like 0/1/0: frame, slot, port."""


class PonPort(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A PON port as the OLT's front panel counts it."""

    frame: int
    slot: int
    port: int

    def __str__(self) -> str:
        return f"{self.frame}/{self.slot}/{self.port}"


def parse_pon_port(text: str) -> PonPort:
    """Read a port as people write it.

    >>> parse_pon_port("0/1/0")
    PonPort(frame=0, slot=1, port=0)

    Raises:
        NotAPonPort: with the text and what would be right.
    """
    match = _PORT_TEXT.fullmatch(text.strip())
    if match is None:
        raise NotAPonPort(f"{text!r} is not a PON port; write frame/slot/port, like 0/1/0")
    frame, slot, port = (int(part) for part in match.groups())
    return PonPort(frame=frame, slot=slot, port=port)


class OntRef(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A place on an OLT. It identifies no ONT: ids are re-used, so a serial always goes with it."""

    port: PonPort
    ont_id: OntId

    def __str__(self) -> str:
        return f"{self.port}:{self.ont_id}"


class OntSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be configured for one ONT and its one service flow."""

    serial: OntSerial
    line_profile: str
    service_profile: str
    description: str
    """Written for the operator's engineers; an existing one is left as it is."""
    vlan: VlanId
    """The service VLAN, on the network side of the OLT."""
    user_vlan: VlanId
    """The VLAN that the ONT sends."""
    gem_port: int
    traffic_in: str
    """Name of the traffic table for what the subscriber sends."""
    traffic_out: str
    """Name of the traffic table for what the subscriber receives."""
    registration_alone: bool = False
    """Register and configure nothing else: somebody gives the ONT its service by other means.

    For drivers that lack ``SERVICE_FLOW``; others refuse it, and those refuse what is more. An ONT
    that was so ``Applied`` carries no traffic: it may be held, and never be called live or billed.
    """


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of one activation. Persist them before ``apply``, so that a retry uses the same."""

    ref: OntRef
    service_port: int


class Promised(msgspec.Struct, frozen=True, kw_only=True):
    """Ids that are persisted for others and perhaps not written yet; they are not offered again."""

    ont_ids: frozenset[int] = frozenset()
    """Of the port that is asked about."""
    service_ports: frozenset[int] = frozenset()
    """Of the whole OLT."""


NOTHING_PROMISED: Final = Promised()


class SeenOnt(msgspec.Struct, frozen=True, kw_only=True):
    """An ONT that the OLT sees lit and that is not registered."""

    serial: OntSerial
    port: PonPort
    equipment_id: str | None = None


class Listing(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a walk brought. Only a complete one may be read as "the others are absent"."""

    items: tuple[T, ...]
    complete: bool


class Absent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """No row of the whole OLT carries the serial; a complete walk said so."""


class At(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The serial is registered here."""

    ref: OntRef


class Many(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The serial is registered more than once; a person must say which row is right."""

    refs: tuple[OntRef, ...]


class LocationUnknown(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Not found where it was looked for; elsewhere nothing was, or nothing complete, read."""

    searched: tuple[PonPort, ...]
    reason: str


Located = Absent | At | Many | LocationUnknown


class ProfileKind(enum.StrEnum):
    """The kinds of profile that a registration names."""

    LINE = "line"
    SERVICE = "service"
    TRAFFIC = "traffic"


class ProfileName(msgspec.Struct, frozen=True, kw_only=True):
    """A profile by kind and name."""

    kind: ProfileKind
    name: str


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """All that is read before a registration, in one go because every round trip costs."""

    port: PonPort
    located: Located
    """On this port only; ``Absent`` never appears here."""
    seen: Listing[SeenOnt]
    """Where the serial is seen unregistered, on the whole OLT: perhaps on another port."""
    missing_profiles: tuple[ProfileName, ...]
    free_ont_id: OntId | None
    """None when the port is full or when its table could not be read to the end."""
    free_service_port: int | None
    """None when the OLT has none left."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A light level that was really measured."""

    power_cdbm: RxPowerCdbm


class NotReadable(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """No light level: a sentinel, an ONT that does not answer, a value outside physics."""

    reason: str


class Phase(enum.StrEnum):
    """Whether the ONT is up."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class ConfigState(enum.StrEnum):
    """Whether the OLT has brought its configuration into the ONT."""

    INITIAL = "initial"
    CONFIGURING = "configuring"
    NORMAL = "normal"
    FAILED = "failed"
    NOT_RESTORED = "not_restored"
    UNKNOWN = "unknown"


class MatchState(enum.StrEnum):
    """Whether the ports of the ONT are those of its service profile."""

    INITIAL = "initial"
    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one registered ONT, read in one round trip."""

    ref: OntRef
    serial_registered: str
    serial_seen: str | None
    """What the ONT itself says; None until it has said so."""
    phase: Phase
    config: ConfigState
    match: MatchState
    distance_m: Metres | None
    down_cause: str | None
    """Why it went down last, as a word; kept by the OLT after the ONT is up again."""
    ont_rx: Reading | NotReadable
    """Measured by the ONT."""
    olt_rx: Reading | NotReadable
    """This ONT's light as the OLT receives it."""


class RegisteredOnt(msgspec.Struct, frozen=True, kw_only=True):
    """What one port is told to expect. Names are the OLT's own; empty where it has none."""

    ref: OntRef
    serial: str
    """Canonical, or what the OLT holds when that is no serial."""
    line_profile: str
    service_profile: str
    description: str
    active: bool
    """False while it is suspended, or deactivated by hand."""
    stand_in: int | None = None
    """The number that stands in an allocation for the service port that the driver cannot make."""


class ServicePort(msgspec.Struct, frozen=True, kw_only=True):
    """Where one service port of an OLT leads; its number is that of an ``Allocation``."""

    ref: OntRef
    service_port: int
    vlan: int | None
    user_vlan: int | None


class DownReason(enum.StrEnum):
    """What an ONT's last going down says about where to look, whatever the vendor calls it."""

    LIGHT = "light"
    """Its signal was lost or spoilt: the fiber, or an ONT that died without a word."""
    POWER = "power"
    """It said with its last breath that its power went."""
    ORDERED = "ordered"
    """Somebody switched it off or started it anew."""
    UNKNOWN = "unknown"


class PolledOnt(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one registered ONT is up, as the OLT remembers it."""

    ref: OntRef
    serial: str
    phase: Phase
    down_cause: str | None
    """Why it went down last, as a word; says nothing about an ONT that is up."""
    reason: DownReason = DownReason.UNKNOWN
    """The same for whoever correlates."""


class OltInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What an OLT says of itself."""

    description: str
    uptime_s: int
    ports: Listing[PonPort]
    provisionable: bool
    """Whether the OLT is in the mode that the driver writes for."""


class Applied(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Written and read back: registration and service flow are as specified."""

    allocation: Allocation


class Removed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Deleted, and read back as absent."""

    ref: OntRef


class Rebooting(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The OLT took the order; the ONT is away for a minute or two."""

    ref: OntRef


class Saved(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The OLT says that its configuration survives a restart."""


class NoChange(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It was already so; nothing was sent that writes."""

    ref: OntRef
