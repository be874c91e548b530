"""What a Huawei OLT's tables say, read with as few round trips as they allow."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from activation.drivers.huawei import oids
from activation.drivers.huawei.rows import (
    Cells,
    FlowRow,
    Rows,
    flow_cells,
    flow_row,
    guessed_if_index,
    number,
    ont_cells,
    ont_row,
    port_named,
    serial_text,
    text,
)
from activation.drivers.places import located
from activation.drivers.table_reader import TableReader
from activation.failures import Failure, ListingIncomplete, PortUnknown
from activation.requests import (
    Absent,
    Allocation,
    Listing,
    Located,
    LocationUnknown,
    OntRef,
    PonPort,
    SeenOnt,
)
from activation.snmp import Oid, Row, SnmpSession, SnmpValue, Walk
from sync_protocol.serials import NotAnOntSerial, OntSerial, serial_bytes, serial_from_bytes

# A name and its OID take some 60 bytes; a reply of 20 fits every agent's datagram.
_NAMES_PER_REQUEST: Final = 20
_WAITING_ON_PORT: Final = 12
"""So many new ONTs of one port come in one round trip; an agent fills what is left of it with rows
of other tables, which cost both sides time."""
_FLOWS_READ_SINGLY: Final = 8
"""So few service ports are read one by one rather than sorted out by one more walk."""


class PortTable(msgspec.Struct, frozen=True, kw_only=True):
    """The registrations of one port, serial by ONT id, and what was read beside them."""

    serials: Mapping[int, str]
    complete: bool
    cells: Cells


class PortRows(msgspec.Struct, frozen=True, kw_only=True):
    """Some columns of the ONTs of one port, by ONT id; None where a row lacks one."""

    rows: Mapping[int, Mapping[Oid, SnmpValue | None]]
    complete: bool


class HuaweiTables(TableReader):
    """Reads one OLT; remembers only which ifIndex is which port, which a restart keeps.

    ``bulk_size`` 50 brings a port behind a 1:32 splitter in one round trip. Agents that fit fewer
    rows into a datagram answer fewer and are asked again.
    """

    def __init__(self, session: SnmpSession, *, bulk_size: int = 50) -> None:
        super().__init__(session, bulk_size=bulk_size)
        self._if_indexes: dict[PonPort, int] = {}

    async def rows(self, if_index: int, allocation: Allocation) -> Rows | Failure:
        """Read registration and service port of an allocation together."""
        ont_id, service_port = allocation.ref.ont_id, allocation.service_port
        cells = await self.cells((*ont_cells(if_index, ont_id), *flow_cells(service_port)))
        if isinstance(cells, Failure):
            return cells
        return Rows(ont=ont_row(cells, if_index, ont_id), flow=flow_row(cells, service_port))

    def expected_if_index(self, port: PonPort) -> int:
        """Give the ifIndex that is known, or where the port should be; for reads alone."""
        return self._if_indexes.get(port) or guessed_if_index(port)

    async def if_index(self, port: PonPort) -> int | Failure:
        """Find the ifIndex of a port.

        Only ifName decides. The formula says where to look first, which saves the walk over all
        interfaces; when another interface stands there, the walk is made.
        """
        guess = self.expected_if_index(port)
        if port in self._if_indexes:
            return guess
        cells = await self.cells((f"{oids.IF_NAME}.{guess}",))
        if isinstance(cells, Failure):
            return cells
        if port_named(cells[f"{oids.IF_NAME}.{guess}"]) == port:
            self._if_indexes[port] = guess
            return guess
        ports = await self.ports()
        if isinstance(ports, Failure):
            return ports
        return self._if_indexes.get(port, PortUnknown(port=port))

    async def ports(self) -> Listing[PonPort] | Failure:
        """List the PON ports by walking ifName, and remember them."""
        walk = await self.walk(oids.IF_NAME)
        if isinstance(walk, Failure):
            return walk
        found = {port: row.index[-1] for row in walk.rows if (port := port_named(row.value))}
        self._if_indexes.update(found)
        return Listing(items=tuple(sorted(found)), complete=walk.complete)

    async def port_table(self, if_index: int, others: Sequence[Oid] = ()) -> PortTable | Failure:
        """List the registrations of one port, and read other cells in the same round trip.

        A walk that ended too soon without an error gives itself away: the OLT counts more ONTs.
        """
        count_cell = f"{oids.PORT_ONT_COUNT}.{if_index}"
        walk, cells = await asyncio.gather(
            self.walk(f"{oids.ONT_SERIAL}.{if_index}"), self.cells((count_cell, *others))
        )
        if isinstance(walk, Failure):
            return walk
        if isinstance(cells, Failure):
            return cells
        count = cells[count_cell]
        counted = count if isinstance(count, int) else 0
        serials = {row.index[-1]: serial_text(row.value) for row in walk.rows}
        complete = walk.complete and len(serials) >= counted
        return PortTable(serials=serials, complete=complete, cells=cells)

    async def port_columns(self, port: PonPort, columns: Sequence[Oid]) -> PortRows | Failure:
        """Walk columns of one port side by side; the first says which ONTs there are."""
        if_index = await self.if_index(port)
        if isinstance(if_index, Failure):
            return if_index
        count_cell = f"{oids.PORT_ONT_COUNT}.{if_index}"
        cells, walks = await asyncio.gather(
            self.cells((count_cell,)), self._walks([_of(column, if_index) for column in columns])
        )
        if isinstance(cells, Failure):
            return cells
        if isinstance(walks, Failure):
            return walks
        values = [{row.index[-1]: row.value for row in walk.rows} for walk in walks]
        rows = {
            ont_id: {
                column: known.get(ont_id) for column, known in zip(columns, values, strict=True)
            }
            for ont_id in values[0]
        }
        counted = number(cells[count_cell]) or 0
        is_complete = all(walk.complete for walk in walks) and len(rows) >= counted
        return PortRows(rows=rows, complete=is_complete)

    async def unregistered(self, if_index: int | None = None) -> Listing[SeenOnt] | Failure:
        """List the lit and unregistered ONTs of a port, or of the whole OLT."""
        serials, equipment = await asyncio.gather(
            self.autofound(if_index), self.walk(_of(oids.AUTOFIND_EQUIPMENT, if_index))
        )
        if isinstance(serials, Failure):
            return serials
        ports = await self._ports_of({row.index[0] for row in serials.rows})
        if isinstance(ports, Failure):
            return ports
        prefix = () if if_index is None else (if_index,)
        models = {} if isinstance(equipment, Failure) else dict(_by_index(equipment, prefix))
        sightings = (_sighting(row, ports, models) for row in serials.rows)
        return Listing(items=tuple(s for s in sightings if s), complete=serials.complete)

    async def autofound(self, if_index: int | None = None) -> Walk | Failure:
        """Walk the serials of the autofind table: those of a port, or all.

        The index of a row begins with its port in either case.
        """
        if if_index is None:
            return await self.walk(oids.AUTOFIND_SERIAL)
        walk = await self.walk(_of(oids.AUTOFIND_SERIAL, if_index), bulk_size=_WAITING_ON_PORT)
        if isinstance(walk, Failure):
            return walk
        rows = (msgspec.structs.replace(row, index=(if_index, *row.index)) for row in walk.rows)
        return msgspec.structs.replace(walk, rows=tuple(rows))

    def sightings_on(self, port: PonPort, walk: Walk, serial: OntSerial) -> Listing[SeenOnt]:
        """Pick one serial out of the autofind rows of a port."""
        raw = serial_bytes(serial)
        found = any(row.value == raw for row in walk.rows)
        seen = (SeenOnt(serial=serial, port=port),) if found else ()
        return Listing(items=seen, complete=walk.complete)

    async def sightings(self, walk: Walk, serial: OntSerial) -> Listing[SeenOnt] | Failure:
        """Pick one serial out of the autofind table; asks for the name of an unknown port only."""
        raw = serial_bytes(serial)
        rows = [row for row in walk.rows if row.value == raw]
        ports = await self._ports_of({row.index[0] for row in rows})
        if isinstance(ports, Failure):
            return ports
        places = (ports.get(row.index[0]) for row in rows)
        seen = tuple(SeenOnt(serial=serial, port=port) for port in places if port is not None)
        return Listing(items=seen, complete=walk.complete)

    async def locate(self, serial: OntSerial) -> Located | Failure:
        """Find a serial by walking the serial column of the whole OLT.

        As with one port, the OLT's own counts give away a walk that ended too soon.
        """
        walks = await self._walks((oids.ONT_SERIAL, oids.PORT_ONT_COUNT))
        if isinstance(walks, Failure):
            return walks
        walk, counts = walks
        counted = sum(number(row.value) or 0 for row in counts.rows)
        raw = serial_bytes(serial)
        refs = await self._refs([row.index for row in walk.rows if row.value == raw])
        if isinstance(refs, Failure):
            return refs
        if not refs and not walk.complete:
            return LocationUnknown(searched=(), reason=str(walk.stopped_by))
        if not refs and len(walk.rows) < counted:
            found = f"{len(walk.rows)} ONTs were listed of {counted} that the ports count"
            return LocationUnknown(searched=(), reason=found)
        return located(refs) or Absent()

    async def flows_to(self, ref: OntRef) -> Mapping[int, FlowRow] | Failure:
        """Find the service ports that lead to a place, by their index."""
        # Of one port at a time an OLT can say nothing: the index is the service port's number.
        place = (ref.port.frame, ref.port.slot, ref.port.port, ref.ont_id)
        columns = (oids.FLOW_FRAME, oids.FLOW_SLOT, oids.FLOW_PORT, oids.FLOW_ONT_ID)
        leading: set[int] | None = None
        for column, value in zip(columns[::-1], place[::-1], strict=True):
            if leading is not None and len(leading) <= _FLOWS_READ_SINGLY:
                break
            walk = await self.walk(column)
            if isinstance(walk, Failure):
                return walk
            if not walk.complete:
                return ListingIncomplete(table="service ports", detail=str(walk.stopped_by))
            found = {row.index[-1] for row in walk.rows if row.value == value}
            leading = found if leading is None else leading & found
        return await self._flows(sorted(leading or ()), ref)

    async def _flows(
        self, service_ports: Sequence[int], ref: OntRef
    ) -> Mapping[int, FlowRow] | Failure:
        found: dict[int, FlowRow] = {}
        for service_port in service_ports:
            cells = await self.cells(flow_cells(service_port))
            if isinstance(cells, Failure):
                return cells
            row = flow_row(cells, service_port)
            if row is not None and row.ref == ref:
                found[service_port] = row
        return found

    async def conflict_in_log(self, if_index: int, serial: OntSerial) -> OntRef | Failure | None:
        """Find where a serial is registered from the log of a port that saw it in conflict.

        The log remembers what is long over, so the place counts only if the serial is there now.
        """
        walk = await self.walk(f"{oids.LOG_SERIAL}.{if_index}")
        if isinstance(walk, Failure):
            return walk
        raw = serial_bytes(serial)
        entries = [row.index[-1] for row in walk.rows if row.value == raw]
        if not entries:
            return None
        index = f"{if_index}.{entries[-1]}"
        columns = (oids.LOG_RESULT, oids.LOG_CONFLICT_PORT, oids.LOG_CONFLICT_ONT)
        cells = await self.cells(tuple(f"{column}.{index}" for column in columns))
        if isinstance(cells, Failure):
            return cells
        result, other_if_index, other_ont = (cells[f"{column}.{index}"] for column in columns)
        if result != oids.LOG_SERIAL_CONFLICT:
            return None
        if not (isinstance(other_if_index, int) and isinstance(other_ont, int)):
            return None
        return await self._confirmed(other_if_index, other_ont, raw)

    async def _confirmed(self, if_index: int, ont_id: int, raw: bytes) -> OntRef | Failure | None:
        cell = f"{oids.ONT_SERIAL}.{if_index}.{ont_id}"
        cells = await self.cells((cell,))
        if isinstance(cells, Failure):
            return cells
        refs = await self._refs([(if_index, ont_id)] if cells[cell] == raw else [])
        return refs if isinstance(refs, Failure) else next(iter(refs), None)

    async def _refs(self, indexes: Sequence[tuple[int, ...]]) -> tuple[OntRef, ...] | Failure:
        ports = await self._ports_of({if_index for if_index, _ont_id in indexes})
        if isinstance(ports, Failure):
            return ports
        return tuple(
            OntRef(port=ports[if_index], ont_id=ont_id)
            for if_index, ont_id in indexes
            if if_index in ports
        )

    async def _ports_of(self, if_indexes: Collection[int]) -> Mapping[int, PonPort] | Failure:
        known = {if_index: port for port, if_index in self._if_indexes.items()}
        missing = sorted(set(if_indexes) - known.keys())
        for start in range(0, len(missing), _NAMES_PER_REQUEST):
            asked = missing[start : start + _NAMES_PER_REQUEST]
            cells = await self.cells(tuple(f"{oids.IF_NAME}.{if_index}" for if_index in asked))
            if isinstance(cells, Failure):
                return cells
            names = ((if_index, cells[f"{oids.IF_NAME}.{if_index}"]) for if_index in asked)
            found = {if_index: port for if_index, name in names if (port := port_named(name))}
            self._if_indexes.update({port: if_index for if_index, port in found.items()})
            known.update(found)
        return known

    async def _walks(self, columns: Sequence[Oid]) -> Sequence[Walk] | Failure:
        """Walk several columns side by side."""
        found: list[Walk] = []
        for walk in await asyncio.gather(*(self.walk(column) for column in columns)):
            if isinstance(walk, Failure):
                return walk
            found.append(walk)
        return found


def _of(column: Oid, if_index: int | None) -> Oid:
    return column if if_index is None else f"{column}.{if_index}"


def _by_index(walk: Walk, prefix: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], SnmpValue]]:
    return (((*prefix, *row.index), row.value) for row in walk.rows)


def _sighting(
    row: Row, ports: Mapping[int, PonPort], models: Mapping[tuple[int, ...], SnmpValue]
) -> SeenOnt | None:
    """Read an autofind row; None for one whose serial or port is none that we could register."""
    port = ports.get(row.index[0])
    if port is None or not isinstance(row.value, bytes):
        return None
    try:
        serial = serial_from_bytes(row.value)
    except NotAnOntSerial:
        return None
    return SeenOnt(serial=serial, port=port, equipment_id=text(models.get(row.index)) or None)
