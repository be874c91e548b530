"""The route from an OLT to a premise: what light budget, tablet and driver need of it."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.tables.offers import services
from server.database.tables.plant import drops, olts, pon_ports, splitters, terminals
from server.problems import NotFound
from sync_protocol.documents import PlantCard
from sync_protocol.optics import LightPath


class OltAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An OLT and how it is spoken to."""

    id: UUID
    name: str
    driver: str
    host: str
    snmp_port: int
    credentials: str
    """The name under which the settings hold them."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One premise's route, flat as the database joins it."""

    premise_id: UUID
    olt_id: UUID
    olt_name: str
    olt_driver: str
    olt_host: str
    olt_snmp_port: int
    olt_credentials: str
    pon_port_id: UUID
    frame: int
    slot: int
    port: int
    optic_class: str
    launch_cdbm: int | None
    splitter: str
    ratios: tuple[int, ...]
    feeder_length_m: int
    terminal: str
    terminal_port: int
    distribution_length_m: int
    drop_length_m: int
    connectors: int
    splices: int

    @property
    def olt(self) -> OltAddress:
        """The OLT that the premise hangs on."""
        return OltAddress(
            id=self.olt_id,
            name=self.olt_name,
            driver=self.olt_driver,
            host=self.olt_host,
            snmp_port=self.olt_snmp_port,
            credentials=self.olt_credentials,
        )

    @property
    def pon_port_label(self) -> str:
        """The port as engineers write it: frame/slot/port."""
        return f"{self.frame}/{self.slot}/{self.port}"

    @property
    def light_path(self) -> LightPath:
        """The passive path, for prediction and verdict."""
        return LightPath(
            optic_class=self.optic_class,
            splitter_ratios=self.ratios,
            feeder_length_m=self.feeder_length_m,
            distribution_length_m=self.distribution_length_m,
            drop_length_m=self.drop_length_m,
            connectors=self.connectors,
            splices=self.splices,
            launch_cdbm=self.launch_cdbm,
        )

    @property
    def snapshot(self) -> str:
        """A name for this state of the route; it changes when anything a verdict rests on does."""
        return hashlib.sha256(msgspec.json.encode(self.light_path)).hexdigest()[:16]

    def card(self) -> PlantCard:
        """Say what a technician needs to know of the route."""
        return PlantCard(
            olt=self.olt_name,
            pon_port=self.pon_port_label,
            splitter=self.splitter,
            terminal=self.terminal,
            terminal_port=self.terminal_port,
            light_path=self.light_path,
            snapshot=self.snapshot,
        )


def routes_of(db: sa.Connection, premise_ids: Iterable[UUID]) -> Mapping[UUID, Route]:
    """Find the routes of premises, in one query; a premise without a drop is not in the answer.

    Where several drops lead to one premise, the one with the first external id is the route.
    """
    routes = _ROUTES.records(db, {"ids": list(premise_ids)}, Route)
    return {route.premise_id: route for route in routes}


def get(db: sa.Connection, premise_id: UUID) -> Route:
    """Get the route of one premise.

    Raises:
        NotFound: no drop leads there; the plant data must be completed first.
    """
    route = routes_of(db, [premise_id]).get(premise_id)
    if route is None:
        raise NotFound("drop for premise", premise_id)
    return route


def get_of_service(db: sa.Connection, service_id: UUID) -> Route:
    """Get the route of a service, to where it is by its premise.

    Raises:
        NotFound: no drop leads there, or there is no such service.
    """
    found = _OF_SERVICE.records(db, {"service": service_id}, Route)
    if not found:
        raise NotFound("drop to the premise of service", service_id)
    return found[-1]


_SELECT: Final = (
    sa.select(
        drops.c.premise_id,
        olts.c.id.label("olt_id"),
        olts.c.name.label("olt_name"),
        olts.c.driver.label("olt_driver"),
        olts.c.host.label("olt_host"),
        olts.c.snmp_port.label("olt_snmp_port"),
        olts.c.credentials.label("olt_credentials"),
        pon_ports.c.id.label("pon_port_id"),
        pon_ports.c.frame,
        pon_ports.c.slot,
        pon_ports.c.port,
        pon_ports.c.optic_class,
        pon_ports.c.launch_cdbm,
        splitters.c.external_id.label("splitter"),
        splitters.c.ratios,
        splitters.c.feeder_length_m,
        terminals.c.external_id.label("terminal"),
        drops.c.terminal_port,
        terminals.c.distribution_length_m,
        drops.c.length_m.label("drop_length_m"),
        drops.c.connectors,
        drops.c.splices,
    )
    .join(terminals, terminals.c.id == drops.c.terminal_id)
    .join(splitters, splitters.c.id == terminals.c.splitter_id)
    .join(pon_ports, pon_ports.c.id == splitters.c.pon_port_id)
    .join(olts, olts.c.id == pon_ports.c.olt_id)
    # Descending: of several drops the last one read stays in the answer.
    .order_by(drops.c.external_id.desc())
)
_ROUTES: Final = Prepared(
    _SELECT.where(drops.c.premise_id.in_(sa.bindparam("ids", expanding=True)))
)
_OF_SERVICE: Final = Prepared(
    _SELECT.join(services, services.c.premise_id == drops.c.premise_id).where(
        services.c.id == sa.bindparam("service")
    )
)
