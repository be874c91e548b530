"""What the steps of an activation need to know, read in one snapshot."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from activation.requests import Allocation, OntRef, OntSpec, PonPort
from server.database.rows import to_record
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.offers import products, services
from server.database.tables.plant import pon_ports
from server.fulfilment.evidence_check import Proven, Unproven, check
from server.fulfilment.records import Process
from server.jobs import queries as jobs
from server.plant import routes
from server.plant.routes import Route
from server.sync import devices
from sync_protocol.serials import OntSerial


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What a product asks of the OLT: profiles, VLANs, and traffic tables by name."""

    line_profile: str
    service_profile: str
    vlan: int
    user_vlan: int
    gem_port: int
    traffic_in: str
    traffic_out: str


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """The ids that are kept for a service on its OLT, and for which ONT."""

    serial: OntSerial
    allocation: Allocation


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """One activation: where, what, with which evidence, and what is reserved on the OLT."""

    route: Route
    flow: Flow
    evidence: tuple[Proven | Unproven, ...]
    """First received first."""
    own: Reserved | None
    others: tuple[Allocation, ...]
    holders: Mapping[OntSerial, UUID]
    """Which other service of this OLT has which ONT."""

    @property
    def port(self) -> PonPort:
        """The planned PON port, as drivers name it."""
        return PonPort(frame=self.route.frame, slot=self.route.slot, port=self.route.port)

    @property
    def proven(self) -> tuple[Proven, ...]:
        """The completions that stand."""
        return tuple(each for each in self.evidence if isinstance(each, Proven))

    def spec(self, serial: OntSerial, service_id: UUID) -> OntSpec:
        """Say what shall be configured; the description is an id, never a name or an address."""
        return OntSpec(
            serial=serial,
            line_profile=self.flow.line_profile,
            service_profile=self.flow.service_profile,
            description=f"fl-{service_id}",
            vlan=self.flow.vlan,
            user_vlan=self.flow.user_vlan,
            gem_port=self.flow.gem_port,
            traffic_in=self.flow.traffic_in,
            traffic_out=self.flow.traffic_out,
        )


def load(db: sa.Connection, process: Process) -> Situation:
    """Load the situation of an activation.

    Raises:
        NotFound: no drop leads to the premise any more.
    """
    job = jobs.get(db, process.job_id)
    route = routes.get(db, job.premise_id)
    reserved = _reserved(db, route.olt_id)
    own = reserved.pop(process.service_id, None)
    return Situation(
        route=route,
        flow=_flow(db, process.service_id),
        evidence=load_evidence(db, process),
        own=own,
        others=tuple(each.allocation for each in reserved.values()),
        holders={each.serial: service_id for service_id, each in reserved.items()},
    )


def load_evidence(db: sa.Connection, process: Process) -> tuple[Proven | Unproven, ...]:
    """Check every completion that may fulfil the order item, first received first."""

    def verify(device_id: UUID, signature: str, message: bytes) -> bool:
        return devices.verifies(devices.get_public_key(db, device_id), signature, message)

    return tuple(
        check(
            jobs.get(db, completion.job_id),
            completion,
            jobs.list_captures(db, completion.job_id),
            verify,
        )
        for completion in jobs.list_completions(db, process.order_item_id)
    )


def _flow(db: sa.Connection, service_id: UUID) -> Flow:
    row = db.execute(
        sa.select(*(products.c[name] for name in Flow.__struct_fields__))
        .join(services, services.c.product_id == products.c.id)
        .where(services.c.id == service_id)
    ).one()
    return to_record(row, Flow)


def _reserved(db: sa.Connection, olt_id: UUID) -> dict[UUID, Reserved]:
    rows = db.execute(
        sa.select(ont_allocations, pon_ports.c.frame, pon_ports.c.slot, pon_ports.c.port)
        .join(pon_ports, pon_ports.c.id == ont_allocations.c.pon_port_id)
        .where(ont_allocations.c.olt_id == olt_id)
    )
    return {
        row.service_id: Reserved(
            serial=OntSerial(row.serial),
            allocation=Allocation(
                ref=OntRef(
                    port=PonPort(frame=row.frame, slot=row.slot, port=row.port), ont_id=row.ont_id
                ),
                service_port=row.service_port,
            ),
        )
        for row in rows
    }
