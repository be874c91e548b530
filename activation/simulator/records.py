"""What the simulated OLT knows: its ports, the ONTs on its fiber, and the rows of its tables.

The first half is also what a scenario file and the control API say; a person writes those, so an
unknown field there is an error.
"""

import enum
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from activation.simulator.oids import Oid
from sync_protocol.serials import OntSerial, SerialText
from sync_protocol.units import Metres, RxPowerCdbm

PortName = Annotated[
    str,
    Meta(
        pattern=r"^[01]/(1?[0-9]|2[01])/([12]?[0-9]|3[01])$",
        description="frame/slot/port, like 0/1/0",
    ),
]
OntId = Annotated[int, Meta(ge=0, le=128)]
ProfileName = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[!-~]+$")]
Vlan = Annotated[int, Meta(ge=1, le=4094)]
Seconds = Annotated[float, Meta(ge=0, le=3600, description="seconds")]
LaunchCdbm = Annotated[int, Meta(ge=-6000, le=1500, description="launch power, hundredths of dBm")]
TableIndex = Annotated[int, Meta(ge=0, le=1023, description="index of a traffic table")]
FlowIndex = Annotated[int, Meta(ge=1, le=16_128_128, description="index of a service port")]


class Vendor(enum.StrEnum):
    """Whose tables the OLT has."""

    HUAWEI = "huawei"
    VSOL = "vsol"
    ZTE = "zte"


class ZteFirmware(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which trees a ZTE OLT answers in, beside those that all of them have."""

    tree_13: bool = True
    """Tree 1012.3.13: what ports count, and the ONTs that wait for registration."""
    tree_50: bool = True
    """Tree 1012.3.50: light and serial that the ONT itself tells, and restarting it."""
    tree_1082: bool = False
    """The tree of newer firmwares, here for reading alone."""


class PonPort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PON port of the OLT."""

    name: PortName
    capacity: Annotated[int, Meta(ge=1, le=128)] = 128
    autofind: bool = True
    sfp_tx_cdbm: LaunchCdbm = 350
    """Launch power of the port's optics, hundredths of dBm."""
    cut: bool = False
    """True: its fiber is cut, and every ONT on it is dark."""

    @property
    def slot(self) -> int:
        """The middle number of the name."""
        return int(self.name.split("/")[1])

    @property
    def number(self) -> int:
        """The last number of the name."""
        return int(self.name.split("/")[2])


class PluggedOnt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An ONT on the fiber of one port."""

    serial: SerialText
    port: PortName
    lit: bool = True
    """False: the fiber is dark; the OLT neither finds the ONT nor brings it up."""
    powered: bool = True
    """False: it has no power; if it loses that while it is up, it says so with its last gasp."""
    come_up_s: Seconds = 5.0
    """From the accepted registration to run state up; 5 to 40 s on real networks."""
    sentinel_s: Seconds = 0.5
    """How long after that the optics columns still show the unreadable value."""
    ont_rx_cdbm: RxPowerCdbm = -1910
    ont_tx_cdbm: RxPowerCdbm = 220
    olt_rx_cdbm: RxPowerCdbm = -2150
    distance_m: Metres = 1200
    equipment_id: Annotated[str, Meta(max_length=20)] = "HG8245H"
    software: Annotated[str, Meta(max_length=32)] = "V5R020C00S115"
    ends: Literal["normal", "config_failed", "mismatch"] = "normal"
    """How the OLT's configuration of the ONT ends once it is up."""


class OntRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An ONT that the OLT was told to expect."""

    port: PortName
    ont_id: OntId
    serial: SerialText
    line_profile: ProfileName
    service_profile: ProfileName
    description: Annotated[str, Meta(max_length=128)] = ""
    active: bool = True


class FlowRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service port: one VLAN flow of one ONT."""

    index: FlowIndex
    port: PortName
    ont_id: OntId
    gem_port: Annotated[int, Meta(ge=0, le=1023)]
    service_vlan: Vlan
    user_vlan: Vlan
    multi_service: Annotated[int, Meta(ge=1, le=255)] = 1
    tag_transform: Annotated[int, Meta(ge=0, le=20)] = 2
    receive_index: TableIndex = 0
    transmit_index: TableIndex = 0
    inbound_table: Annotated[str, Meta(max_length=32)] = ""
    outbound_table: Annotated[str, Meta(max_length=32)] = ""


class TrafficTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A speed limit that service ports refer to by name or number."""

    index: TableIndex
    name: ProfileName


class RegisterResult(enum.StrEnum):
    """How an attempt to come up ended."""

    OK = "ok"
    SERIAL_CONFLICT = "serial_conflict"


class DownCause(enum.StrEnum):
    """Why an ONT went down last, as far as the simulator tells causes apart."""

    NONE = "none"
    LOS = "los"
    DEACTIVATED = "deactivated"
    RESET = "reset"
    REREGISTER = "reregister"
    DYING_GASP = "dying_gasp"


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A configured ONT and what the OLT has noted about it."""

    row: OntRow
    link_from: datetime
    """Since when the OLT has been trying to bring it up."""
    last_up_at: datetime | None = None
    last_down_at: datetime | None = None
    down_cause: DownCause = DownCause.NONE


class FoundOnt(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the autofind table."""

    ont: PluggedOnt
    found_at: datetime


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the register log."""

    serial: OntSerial
    result: RegisterResult
    at: datetime
    conflict: Oid | None = None
    """Index of the row that already holds the serial: its port's and its ONT id."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to the OLT, for the log and the control API."""

    at: datetime
    event: str
    table: str | None = None
    """``ont``, ``service_port`` or ``pon_port``."""
    action: str | None = None
    """What a SET did: create, change, destroy, activate, restart, autofind."""
    port: str | None = None
    ont_id: int | None = None
    serial: str | None = None
    service_port: int | None = None
    status: int | None = None
    """SNMP error status of a refused SET, with ``position`` as its error index."""
    position: int | None = None
    reason: str | None = None
