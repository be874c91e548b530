"""What every driver can do, and what it owes.

A driver keeps no record of what it did: the caller persists allocations before ``apply`` and asks
again after a crash. Each operation is idempotent by design, each failure is a value, and no ONT is
ever taken for ours by port and id alone.
"""

import enum
from collections.abc import Sequence
from typing import ClassVar, Protocol

from activation.failures import Failure
from activation.requests import (
    NOTHING_PROMISED,
    Allocation,
    Applied,
    Listing,
    Located,
    NoChange,
    Observation,
    OltInfo,
    OntRef,
    OntSpec,
    PolledOnt,
    PonPort,
    Promised,
    Rebooting,
    RegisteredOnt,
    Removed,
    Saved,
    SeenOnt,
    ServicePort,
    Survey,
)
from activation.snmp import SnmpSession
from sync_protocol.serials import OntSerial


class DriverCapability(enum.StrEnum):
    """What a driver may lack. Ask before calling; a call without it answers ``Unsupported``."""

    REGISTER = "register"
    BIND_PROFILES = "bind_profiles"
    SERVICE_FLOW = "service_flow"
    DISCOVER = "discover"
    LOCATE = "locate"
    ONT_LIGHT = "ont_light"
    OLT_LIGHT = "olt_light"
    SUSPEND = "suspend"
    """``suspend`` and ``resume``."""
    CHANGE_PROFILE = "change_profile"
    SWAP = "swap"
    REBOOT = "reboot"
    SAVE_CONFIGURATION = "save_configuration"
    LIST_REGISTERED = "list_registered"
    LIST_SERVICE_PORTS = "list_service_ports"
    POLL = "poll"
    CONFIG_STATE = "config_state"
    """Tells apart an ONT that is still being configured from one that cannot be."""
    MATCH_STATE = "match_state"
    """Tells whether the ports of an ONT are those of its service profile."""


class OltDriver(Protocol):
    """An OLT of one vendor, as the fulfilment steps see it."""

    capabilities: ClassVar[frozenset[DriverCapability]]

    async def probe(self) -> OltInfo | Failure:
        """Ask the OLT who it is, whether it can be provisioned, and which PON ports it has."""
        ...

    async def discover(self, port: PonPort | None = None) -> Listing[SeenOnt] | Failure:
        """List the lit ONTs that are not registered, of one port or of the whole OLT."""
        ...

    async def locate(self, serial: OntSerial, hints: Sequence[PonPort] = ()) -> Located | Failure:
        """Find where a serial is registered: the hinted ports first, then the whole OLT.

        The second part walks one column of every ONT, which takes seconds to minutes on a full
        OLT; it has no place in the ordinary registration. Use ``survey`` there.
        """
        ...

    async def survey(
        self, port: PonPort, spec: OntSpec, *, promised: Promised = NOTHING_PROMISED
    ) -> Survey | Failure:
        """Read all that decides whether and how to register: see ``activation.prechecks``."""
        ...

    async def next_allocation(
        self, port: PonPort, *, promised: Promised = NOTHING_PROMISED
    ) -> Allocation | Failure:
        """Read a free ONT id and a free service port index. Nothing is reserved on the OLT."""
        ...

    async def bound(self, ref: OntRef, spec: OntSpec) -> int | Failure | None:
        """Find the service port that leads to a registered ONT with the VLANs of a specification.

        For an ONT of whose ids nothing is persisted, such as after a database was put back. It
        walks the service ports of the whole OLT, so it has no place in the ordinary registration.
        """
        ...

    async def apply(self, spec: OntSpec, allocation: Allocation) -> Applied | NoChange | Failure:
        """Make it so: register the ONT and its service flow at the allocated ids.

        What is there already and right is kept, what is missing is written, each write is sent once
        and read back. The same call twice answers ``NoChange`` without a write.

        After ``OutcomeUnknown`` and ``PartlyApplied`` call it again with the same allocation; after
        ``IdTaken`` and ``FlowConflict`` allocate anew first.
        """
        ...

    async def remove(
        self, allocation: Allocation, expect: OntSerial
    ) -> Removed | NoChange | Failure:
        """Delete the service flow, then the registration, if they are ours; absent is fine."""
        ...

    async def observe(self, ref: OntRef, expect: OntSerial) -> Observation | Failure:
        """Read the state and the light of one ONT, in one round trip.

        Answers ``OntNotRegistered`` when the row is gone and ``ForeignOnt`` when it holds another
        serial. Costs the ONT an OMCI exchange: ask for one ONT, never for a port.
        """
        ...

    async def carries(self, allocation: Allocation) -> bool | Failure:
        """Say whether the service port of an allocation leads to its ONT, in one round trip.

        ``apply`` writes it last: where it is there, so is the rest, also on an OLT that restarted
        amid the writes and lost what it had not saved. True where the driver makes no service port.
        """
        ...

    async def suspend(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Take the service off an ONT and leave everything registered, ids included.

        Answers ``OntNotRegistered`` and ``ForeignOnt`` like ``observe``.
        """
        ...

    async def resume(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Give the service back to a suspended ONT."""
        ...

    async def change_profile(
        self, spec: OntSpec, allocation: Allocation
    ) -> Applied | NoChange | Failure:
        """Make a registered ONT and its flow as specified, where ``apply`` would say it differs.

        The ids stay. Traffic may stop for the seconds that a flow takes to be made anew. After
        ``PartlyApplied`` and ``OutcomeUnknown`` the same call goes on from what it finds.
        """
        ...

    async def swap(
        self, spec: OntSpec, allocation: Allocation, replaced: OntSerial
    ) -> Applied | NoChange | Failure:
        """Put the ONT of the specification in the place of another, at the same ids.

        One operation: the place holds the old ONT, the new one, or, after ``PartlyApplied`` or
        ``OutcomeUnknown``, perhaps none; the same call again ends with the new one. An ONT that is
        neither is ``IdTaken`` and stays.
        """
        ...

    async def reboot(self, ref: OntRef, expect: OntSerial) -> Rebooting | Failure:
        """Tell one ONT to start anew. Sent once; after ``OutcomeUnknown`` look at it first."""
        ...

    async def save_configuration(self) -> Saved | Failure:
        """Tell the OLT to keep what was written beyond its next restart."""
        ...

    async def list_registered(self, port: PonPort) -> Listing[RegisteredOnt] | Failure:
        """List what is configured on one port, to adopt it or to compare it with the inventory."""
        ...

    async def list_service_ports(self) -> Listing[ServicePort] | Failure:
        """List where the service ports of the whole OLT lead, in the order of their numbers.

        One column is walked after the other, which takes seconds to minutes on a full OLT: for an
        adoption or a comparison, once for all ports. The OLT does not count its service ports, so
        a walk that ended early without an error is not noticed: only what lies before the last of
        them is known to be absent.
        """
        ...

    async def poll(self, port: PonPort) -> Listing[PolledOnt] | Failure:
        """Read whether the registered ONTs of one port are up, from the OLT's own memory.

        Asks no ONT anything, so it costs the OLT little; light is for ``observe``, one at a time.
        """
        ...


class DriverFactory(Protocol):
    """A driver class, as the registry finds it."""

    @property
    def capabilities(self) -> frozenset[DriverCapability]:
        """What drivers of this class can do."""
        ...

    def __call__(self, session: SnmpSession) -> OltDriver:
        """Make a driver that talks through this session."""
        ...
