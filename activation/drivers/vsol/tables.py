"""What a V-SOL OLT's tables say, read with as few round trips as they allow."""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec

from activation.drivers.places import located
from activation.drivers.table_reader import TableReader
from activation.drivers.vsol import oids
from activation.drivers.vsol.rows import (
    Rows,
    flow_cells,
    flow_row,
    gem_cells,
    gem_row,
    number,
    ont_cells,
    ont_row,
    pon_of,
    port_of,
    serial_of,
    serial_text,
    service_port_of,
    text,
)
from activation.failures import Failure, ListingIncomplete, PortUnknown
from activation.requests import (
    Absent,
    Listing,
    Located,
    LocationUnknown,
    OntRef,
    PonPort,
    ProfileKind,
    SeenOnt,
    ServicePort,
)
from activation.snmp import Oid, SnmpSession, SnmpValue, Walk
from sync_protocol.serials import OntSerial

_NAME_COLUMNS: Final[Mapping[ProfileKind, Oid]] = {
    ProfileKind.LINE: oids.LINE_PROFILES,
    ProfileKind.SERVICE: oids.SERVICE_PROFILES,
    ProfileKind.TRAFFIC: oids.TRAFFIC_PROFILES,
}


class PortTable(msgspec.Struct, frozen=True, kw_only=True):
    """The registrations of one port, serial by ONT id."""

    serials: Mapping[int, str]
    complete: bool


class VsolTables(TableReader):
    """Reads one OLT; remembers nothing."""

    def __init__(self, session: SnmpSession, *, bulk_size: int = 50) -> None:
        super().__init__(session, bulk_size=bulk_size)

    async def rows(self, ref: OntRef, number: int, gem_port: int = 1) -> Rows | Failure:
        """Read registration, service port and GEM port of one place together."""
        pon = pon_of(ref.port)
        if pon is None:
            return PortUnknown(port=ref.port)
        count = f"{oids.PORT_ONT_COUNT}.{pon}"
        ont = ont_cells(pon, ref.ont_id)
        flow = flow_cells(pon, ref.ont_id, number)
        gem = gem_cells(pon, ref.ont_id, gem_port)
        cells = await self.cells((count, *ont, *flow, *gem))
        if isinstance(cells, Failure):
            return cells
        if cells[count] is None:
            return PortUnknown(port=ref.port)
        return Rows(ont=ont_row(cells, ont), flow=flow_row(cells, flow), gem=gem_row(cells, gem))

    async def ports(self) -> Listing[PonPort] | Failure:
        """List the PON ports: those for which the OLT counts ONTs."""
        walk = await self.walk(oids.PORT_ONT_COUNT)
        if isinstance(walk, Failure):
            return walk
        return Listing(
            items=tuple(port_of(row.index[-1]) for row in walk.rows), complete=walk.complete
        )

    async def port_table(self, port: PonPort) -> PortTable | Failure:
        """List the registrations of one port.

        A walk that ended too soon without an error gives itself away: the OLT counts more ONTs.
        """
        table = await self.columns(port, oids.ONT_SERIAL)
        if isinstance(table, Failure):
            return table
        serials = {ont_id: serial_text(serial) for ont_id, (serial,) in table.rows.items()}
        return PortTable(serials=serials, complete=table.complete)

    async def columns(self, port: PonPort, *columns: Oid) -> "PortColumns | Failure":
        """Read columns of the ONTs of one port; the first says which ONTs there are."""
        pon = pon_of(port)
        if pon is None:
            return PortUnknown(port=port)
        count_cell = f"{oids.PORT_ONT_COUNT}.{pon}"
        cells, walks = await asyncio.gather(
            self.cells((count_cell,)),
            asyncio.gather(*(self.walk(f"{column}.{pon}") for column in columns)),
        )
        if isinstance(cells, Failure):
            return cells
        count = cells[count_cell]
        if not isinstance(count, int):
            return PortUnknown(port=port)
        read: list[Walk] = []
        for walk in walks:
            if isinstance(walk, Failure):
                return walk
            read.append(walk)
        values = [{row.index[0]: row.value for row in walk.rows} for walk in read]
        rows = {ont_id: tuple(column.get(ont_id) for column in values) for ont_id in values[0]}
        complete = all(walk.complete for walk in read) and len(rows) >= count
        return PortColumns(rows=rows, complete=complete)

    async def unregistered(self, port: PonPort | None) -> Listing[SeenOnt] | Failure:
        """List the lit and unregistered ONTs.

        Some firmwares list registered ONTs in the autofind table, too (seen in public code), so
        what is registered on the same port is left out.
        """
        pon = None if port is None else pon_of(port)
        if port is not None and pon is None:
            return PortUnknown(port=port)
        below = "" if pon is None else f".{pon}"
        found, models, registered = await asyncio.gather(
            self.walk(oids.AUTOFIND_SERIAL + below),
            self.walk(oids.AUTOFIND_MODEL + below),
            self.walk(oids.ONT_SERIAL + below),
        )
        if isinstance(found, Failure):
            return found
        if isinstance(registered, Failure):
            return registered
        prefix = () if pon is None else (pon,)
        known = {((*prefix, *row.index)[0], serial_of(row.value)) for row in registered.rows}
        named = {} if isinstance(models, Failure) else {row.index: row.value for row in models.rows}
        seen = tuple(
            SeenOnt(
                serial=serial,
                port=port_of((*prefix, *row.index)[0]),
                equipment_id=text(named.get(row.index)) or None,
            )
            for row in found.rows
            if (serial := serial_of(row.value)) is not None
            and ((*prefix, *row.index)[0], serial) not in known
        )
        return Listing(items=seen, complete=found.complete and registered.complete)

    async def sightings(self, serial: OntSerial) -> Listing[SeenOnt] | Failure:
        """Find where one serial is seen, on the whole OLT."""
        walk = await self.walk(oids.AUTOFIND_SERIAL)
        if isinstance(walk, Failure):
            return walk
        seen = tuple(
            SeenOnt(serial=serial, port=port_of(row.index[0]))
            for row in walk.rows
            if serial_of(row.value) == serial
        )
        return Listing(items=seen, complete=walk.complete)

    async def names(self, *kinds: ProfileKind) -> Mapping[ProfileKind, frozenset[str]] | Failure:
        """Read the names of profiles; only a complete list may say that one is missing."""
        walks = await asyncio.gather(*(self.walk(_NAME_COLUMNS[kind]) for kind in kinds))
        found: dict[ProfileKind, frozenset[str]] = {}
        for kind, walk in zip(kinds, walks, strict=True):
            if isinstance(walk, Failure):
                return walk
            if not walk.complete:
                return ListingIncomplete(table=f"{kind} profiles", detail=str(walk.stopped_by))
            found[kind] = frozenset(text(row.value) for row in walk.rows)
        return found

    async def service_ports(self, ref: OntRef) -> Mapping[int, Mapping[Oid, int]] | Failure:
        """Read VLANs of all service ports of one ONT, by their number."""
        pon = pon_of(ref.port)
        if pon is None:
            return PortUnknown(port=ref.port)
        columns = (oids.FLOW_GEM, oids.FLOW_VLAN, oids.FLOW_USER_VLAN)
        walks = await asyncio.gather(
            *(self.walk(f"{column}.{pon}.{ref.ont_id}") for column in columns)
        )
        found: dict[int, dict[Oid, int]] = {}
        for column, walk in zip(columns, walks, strict=True):
            if isinstance(walk, Failure):
                return walk
            if not walk.complete:
                table = f"service ports of {ref}"
                return ListingIncomplete(table=table, detail=str(walk.stopped_by))
            for row in walk.rows:
                if isinstance(row.value, int):
                    found.setdefault(row.index[0], {})[column] = row.value
        return found

    async def all_service_ports(self) -> Listing[ServicePort] | Failure:
        """Walk the service ports of the whole OLT, one column after the other."""
        walks: list[Walk] = []
        for column in (oids.FLOW_GEM, oids.FLOW_VLAN, oids.FLOW_USER_VLAN):
            walk = await self.walk(column)
            if isinstance(walk, Failure):
                return walk
            walks.append(walk)
        found, vlans, user_vlans = ({row.index: row.value for row in walk.rows} for walk in walks)
        ports = tuple(
            ServicePort(
                ref=(ref := OntRef(port=port_of(index[0]), ont_id=index[1])),
                service_port=service_port_of(ref, index[2]),
                vlan=number(vlans.get(index)),
                user_vlan=number(user_vlans.get(index)),
            )
            for index in sorted(found)
        )
        return Listing(items=ports, complete=all(walk.complete for walk in walks))

    async def locate(self, serial: OntSerial) -> Located | Failure:
        """Find a serial by walking the serial column of the whole OLT."""
        counts = tuple(f"{oids.PORT_ONT_COUNT}.{pon}" for pon in range(1, oids.PONS + 1))
        walk, cells = await asyncio.gather(self.walk(oids.ONT_SERIAL), self.cells(counts))
        if isinstance(walk, Failure):
            return walk
        if isinstance(cells, Failure):
            return cells
        refs = tuple(
            OntRef(port=port_of(row.index[0]), ont_id=row.index[1])
            for row in walk.rows
            if serial_of(row.value) == serial
        )
        counted = sum(count for count in cells.values() if isinstance(count, int))
        if not refs and (not walk.complete or len(walk.rows) < counted):
            reason = str(walk.stopped_by or f"{len(walk.rows)} of {counted} ONTs were read")
            return LocationUnknown(searched=(), reason=reason)
        return located(refs) or Absent()


class PortColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of the ONTs of one port, by ONT id."""

    rows: Mapping[int, tuple[SnmpValue | None, ...]]
    complete: bool
