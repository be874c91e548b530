"""What was read of an OLT, what it should hold, and what comes of comparing the two."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from activation.requests import Listing, OntRef, PonPort, RegisteredOnt, ServicePort
from server.fulfilment.flows import Flow
from server.fulfilment.records import Intent, ProcessState
from server.plant.routes import OltAddress
from server.services.records import ServiceState


class OltReading(msgspec.Struct, frozen=True, kw_only=True):
    """What an OLT held: port by port, and its service ports where its driver shows them."""

    olt: OltAddress
    begun_at: datetime
    read: frozenset[PonPort]
    """Ports that were read to their end: what is not among ``onts`` is not there."""
    unread: Mapping[PonPort, str]
    """Ports of which nothing is called absent, and the code of the failure."""
    onts: tuple[RegisteredOnt, ...]
    service_ports: Listing[ServicePort] | None
    """None: the driver shows none, or they could not be read."""


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """A service that has ids on an OLT, and what the OLT should hold for it."""

    service_id: UUID
    ref: OntRef
    serial: str
    service_port: int
    state: ServiceState
    flow: Flow
    is_under_way: bool
    """A process is at it, or was since the reading began: what was read may be older."""


class Verdict(enum.StrEnum):
    """What is to be said of one registration that was seen, or of one service that has ids."""

    AGREES = "agrees"
    DIFFERS = "differs"
    """The ONT is where it should be; something about it is not as it should be."""
    MOVED = "moved"
    """Its ONT is registered elsewhere, and not where its ids are."""
    TAKEN = "taken"
    """Another ONT stands at its ids."""
    MISSING = "missing"
    """The port was read to its end, and it is not there."""
    TWICE = "twice"
    """The serial is registered once more, besides where it should be or is as good."""
    STRANGER = "stranger"
    """No service has this ONT, or these ids: it can be adopted."""
    NOT_KNOWN = "not_known"
    """The port was not read to its end."""
    UNDER_WAY = "under_way"
    """Fulfilment is at it."""


DRIFTS: Final = frozenset(
    {
        Verdict.DIFFERS,
        Verdict.MOVED,
        Verdict.TAKEN,
        Verdict.MISSING,
        Verdict.TWICE,
        Verdict.STRANGER,
    }
)
"""What a person should see. Nothing of it is repaired by itself: no program knows which side is
wrong."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on a service that has ids, or on a registration that belongs to none."""

    verdict: Verdict
    ref: OntRef
    serial: str
    service_id: UUID | None = None
    detail: str = ""

    @property
    def subject(self) -> str:
        """What it is about: the same for as long as the same differs."""
        return str(self.service_id) if self.service_id else f"{self.serial}@{self.ref}"


class OltRead(msgspec.Struct, frozen=True, kw_only=True):
    """When an OLT was read last, and what came of it."""

    external_id: str
    name: str
    read_at: datetime | None
    ports_read: int
    ports_unread: int
    drifts: int
    missing: int
    """How many of them are services that it has lost, and nothing was done about since."""


class ProcessSince(msgspec.Struct, frozen=True, kw_only=True):
    """A process of a service that differs: under way, or over since the difference was seen."""

    id: UUID
    service_id: UUID
    intent: Intent
    state: ProcessState


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A difference between records and OLT. ``seen_at`` is when it was last confirmed."""

    id: UUID
    olt_id: UUID
    verdict: Verdict
    subject: str
    service_id: UUID | None
    frame: int
    slot: int
    port: int
    ont_id: int
    serial: str
    detail: str
    first_seen_at: datetime
    seen_at: datetime

    @property
    def ref(self) -> OntRef:
        """Where on the OLT."""
        port = PonPort(frame=self.frame, slot=self.slot, port=self.port)
        return OntRef(port=port, ont_id=self.ont_id)


class DriftsFound(msgspec.Struct, frozen=True, kw_only=True):
    """A page of differences, and what is known about them beside."""

    drifts: tuple[Drift, ...]
    more: bool
    names: Mapping[UUID, str]
    """The names of their OLTs."""
    since: Mapping[UUID, ProcessSince]
    """What is being done, or was done since, by service."""
