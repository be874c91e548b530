"""What a check may do to an OLT, and what the OLT can tell about itself behind the driver's back.

A rig for a real OLT implements the same: it moves fibers with an optical switch, and reads the
truth from the OLT's command line. Register it under the entry-point group ``firstlight.rigs`` by
the name of its driver.
"""

import enum
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import msgspec

from activation.driver import OltDriver
from activation.requests import OntRef, OntSpec, PonPort
from sync_protocol.serials import OntSerial
from sync_protocol.units import RxPowerCdbm

ENTRY_POINT_GROUP: Final = "firstlight.rigs"


class Trouble(enum.StrEnum):
    """What can go wrong between driver and OLT."""

    SILENT = "silent"
    """No request is answered or has any effect."""
    BUSY = "busy"
    """Every request is refused as something that cannot be done now."""
    WRITE_LOST = "write lost"
    """The next write has no effect and no answer."""
    REPLY_LOST = "reply lost"
    """The next write takes effect, and its answer is lost."""
    SILENT_AFTER_WRITE = "silent after a write"
    """The next write takes effect, and from then on nothing is answered."""
    WALK_CUT = "walk cut"
    """The tables seem to end after their first row."""


class Ends(enum.StrEnum):
    """How an ONT ends up once its OLT has configured it."""

    NORMAL = "normal"
    CONFIG_FAILED = "config_failed"
    MISMATCH = "mismatch"


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What the OLT holds."""

    registered: Mapping[OntSerial, OntRef]
    profiles: Mapping[OntSerial, tuple[str, str]]
    """Line and service profile by serial."""
    suspended: frozenset[OntSerial]
    flows: Mapping[int, OntRef]
    """Service ports by their index, and where they lead."""
    speeds: Mapping[int, tuple[str, str]]
    """The traffic tables of service ports, what comes from the subscriber first."""
    restarts: Mapping[OntSerial, int]
    """How often ONTs were told to start anew."""
    writes: int
    """How many writes have arrived so far."""


class Rig(Protocol):
    """One OLT for one check: nothing is registered, and some ONTs are lit."""

    driver: OltDriver
    reader: OltDriver
    """The same OLT with credentials that may not write."""
    stranger: OltDriver
    """The same OLT with credentials that it does not know."""
    port: PonPort
    other_port: PonPort
    light: RxPowerCdbm
    """What the lit ONTs receive."""

    def spec(self, number: int = 0) -> OntSpec:
        """Say what to configure for one of the ONTs that are lit on ``port``; there are three."""
        ...

    def other_speed(self, spec: OntSpec) -> OntSpec:
        """The same ONT with other profiles and another speed, which the OLT knows."""
        ...

    def strangers(self, count: int) -> Sequence[OntSpec]:
        """Say what to configure for ONTs that are nowhere on the fiber."""
        ...

    async def truth(self) -> Truth:
        """Tell what the OLT holds."""
        ...

    async def unplug(self, serial: OntSerial) -> None:
        """Take an ONT off its fiber."""
        ...

    async def plug(
        self,
        serial: OntSerial,
        port: PonPort,
        *,
        ends: Ends = Ends.NORMAL,
        is_readable: bool = True,
    ) -> None:
        """Put an ONT on the fiber of a port; its light may stay unreadable."""
        ...

    async def register_by_hand(self, spec: OntSpec, ref: OntRef) -> None:
        """Register an ONT without a flow, as somebody at the OLT's command line would."""
        ...

    async def bind_by_hand(self, spec: OntSpec, ref: OntRef, service_port: int) -> int:
        """Lead a service port to an ONT, of this number where it may be; gives the number."""
        ...

    async def remove_by_hand(self, serial: OntSerial) -> None:
        """Delete an ONT with its flows."""
        ...

    async def fill(self, port: PonPort) -> None:
        """Register strangers until the port takes no more."""
        ...

    async def trouble(self, kind: Trouble, *, count: int | None = None) -> None:
        """Let something go wrong: for so many requests, or until ``calm``."""
        ...

    async def calm(self) -> None:
        """End all trouble."""
        ...


class RigFactory(Protocol):
    """A rig, as the suite finds it by the name of a driver."""

    def __call__(self, *, snmp: str) -> AbstractAsyncContextManager[Rig]:
        """Open a fresh OLT for one check; ``snmp`` is ``v2c`` or ``v3``."""
        ...
