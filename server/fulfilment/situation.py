"""What the steps of an activation need to know, read in one snapshot."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from activation.requests import Allocation, OntRef, PonPort, Promised
from server.database.prepared import Prepared
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.plant import olts
from server.fulfilment.evidence_check import Proven, SignatureCheck, Unproven, check, fault_of
from server.fulfilment.flows import Flow, load_flow
from server.fulfilment.records import Process
from server.jobs import queries as jobs
from server.plant import routes
from server.plant.routes import OltAddress, Route
from server.services import storage as services
from server.sync import devices
from sync_protocol.serials import OntSerial


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """The ids that are kept for a service, on which OLT, and for which ONT."""

    olt: OltAddress
    serial: OntSerial
    allocation: Allocation
    adopted: bool
    """The registration was there before we came; undoing our work leaves it there."""
    given: Flow | None = None
    """What the OLT was last given with them; None where that is not known."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service belongs by the plant, and where ids are kept for it."""

    route: Route
    own: Reserved | None

    @property
    def port(self) -> PonPort:
        """The planned PON port, as drivers name it."""
        return PonPort(frame=self.route.frame, slot=self.route.slot, port=self.route.port)

    def is_planned(self, own: Reserved) -> bool:
        """Say whether ids are kept where the plant leads; it may have been corrected since."""
        return own.olt.id == self.route.olt_id and own.allocation.ref.port == self.port


class Situation(Place, frozen=True, kw_only=True):
    """One activation: where, what, with which evidence, and what others have on the OLT."""

    flow: Flow
    evidence: tuple[Proven | Unproven, ...]
    """First received first."""
    promised: Promised
    holders: Mapping[OntSerial, UUID]
    """Which other service, on whatever OLT, has which of the ONTs in the evidence."""

    @property
    def proven(self) -> tuple[Proven, ...]:
        """The completions that stand."""
        return tuple(each for each in self.evidence if isinstance(each, Proven))


def load(db: sa.Connection, process: Process) -> Situation:
    """Load the situation of an activation.

    Raises:
        NotFound: no drop leads to the premise any more.
    """
    place = load_place(db, process)
    evidence = load_evidence(db, process)
    serials = {each.serial for each in evidence if isinstance(each, Proven)}
    return Situation(
        route=place.route,
        own=place.own,
        flow=load_flow(db, services.get(db, process.service_id).product_id, place.route.olt_id),
        evidence=evidence,
        promised=_promised(db, process.service_id, place.route),
        holders=load_holders(db, process.service_id, serials),
    )


def load_place(db: sa.Connection, process: Process) -> Place:
    """Load where a service belongs and where it is; a look at one ONT needs no more.

    Raises:
        NotFound: no drop leads to the premise any more.
    """
    return Place(
        route=routes.get_of_service(db, process.service_id),
        own=load_reserved(db, process.service_id),
    )


def load_reserved(db: sa.Connection, service_id: UUID) -> Reserved | None:
    """Load the ids that are kept for a service, if any."""
    row = _RESERVED.row(db, {"service": service_id})
    if row is None:
        return None
    port = PonPort(frame=row["frame"], slot=row["slot"], port=row["port"])
    return Reserved(
        olt=OltAddress(id=row["olt_id"], **{name: row[name] for name in _OLT_NAMES}),
        serial=OntSerial(row["serial"]),
        allocation=Allocation(
            ref=OntRef(port=port, ont_id=row["ont_id"]), service_port=row["service_port"]
        ),
        adopted=row["adopted"],
        given=msgspec.convert(row["given"], Flow | None),
    )


def load_evidence(db: sa.Connection, process: Process) -> tuple[Proven | Unproven, ...]:
    """Check every completion that may bring an ONT, first received first."""
    return tuple(
        check(jobs.get(db, each.job_id), each, jobs.list_captures(db, each.job_id), _verifier(db))
        for each in jobs.list_completions(db, process.order_item_id)
    )


def load_faults(db: sa.Connection, process: Process) -> tuple[Unproven | None, ...]:
    """Say of every completion of an order item what is wrong with it, first received first."""
    return tuple(
        fault_of(
            jobs.get(db, each.job_id), each, jobs.list_captures(db, each.job_id), _verifier(db)
        )
        for each in jobs.list_completions(db, process.order_item_id)
    )


def _verifier(db: sa.Connection) -> SignatureCheck:
    def verify(device_id: UUID, signature: str, message: bytes) -> bool:
        return devices.verifies(devices.get_public_key(db, device_id), signature, message)

    return verify


def _promised(db: sa.Connection, service_id: UUID, route: Route) -> Promised:
    """Tell which ids others have, whether or not they are on the OLT yet."""
    others = (ont_allocations.c.olt_id == route.olt_id) & (
        ont_allocations.c.service_id != service_id
    )
    on_port = (
        (ont_allocations.c.frame == route.frame)
        & (ont_allocations.c.slot == route.slot)
        & (ont_allocations.c.port == route.port)
    )
    ont_ids = db.execute(sa.select(ont_allocations.c.ont_id).where(others, on_port))
    service_ports = db.execute(sa.select(ont_allocations.c.service_port).where(others))
    return Promised(
        ont_ids=frozenset(ont_ids.scalars()), service_ports=frozenset(service_ports.scalars())
    )


def load_holders(
    db: sa.Connection, service_id: UUID, serials: Collection[OntSerial]
) -> dict[OntSerial, UUID]:
    """Find which other services have these ONTs, on whatever OLT."""
    rows = db.execute(
        sa.select(ont_allocations.c.serial, ont_allocations.c.service_id).where(
            ont_allocations.c.serial.in_(sorted(serials)),
            ont_allocations.c.service_id != service_id,
        )
    )
    return {OntSerial(row.serial): row.service_id for row in rows}


_OLT_NAMES: Final = tuple(name for name in OltAddress.__struct_fields__ if name != "id")
_RESERVED: Final = Prepared(
    sa.select(ont_allocations, *(olts.c[name] for name in _OLT_NAMES))
    .join(olts, olts.c.id == ont_allocations.c.olt_id)
    .where(ont_allocations.c.service_id == sa.bindparam("service"))
)
