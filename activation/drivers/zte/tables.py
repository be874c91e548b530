"""What a ZTE OLT's tables say. Every walk is of one port: one of the whole OLT takes minutes."""

import asyncio
from collections.abc import Mapping

import msgspec

from activation.drivers.places import located, refs_of
from activation.drivers.table_reader import TableReader
from activation.drivers.zte import oids
from activation.drivers.zte.rows import (
    OntRow,
    PortIndex,
    missing_port,
    number,
    ont_cells,
    ont_row,
    port_cells,
    port_index,
    port_named,
    serial_of,
    serial_text,
    text,
)
from activation.failures import Failure, ListingIncomplete
from activation.requests import (
    Absent,
    Listing,
    Located,
    LocationUnknown,
    OntRef,
    PonPort,
    SeenOnt,
)
from activation.snmp import Oid, SnmpSession, SnmpValue, Walk
from sync_protocol.serials import OntSerial


class PortColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of the ONTs of one port, by ONT id; the first says which ONTs there are."""

    rows: Mapping[int, tuple[SnmpValue | None, ...]]
    complete: bool

    @property
    def serials(self) -> Mapping[int, str]:
        """The first column, where it is the serial's."""
        return {ont_id: serial_text(row[0]) for ont_id, row in self.rows.items()}


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """The PON ports, and whether any has the number that tree 1012 gives it."""

    listing: Listing[PonPort]
    in_first_tree: bool


class ZteTables(TableReader):
    """Reads one OLT; remembers nothing.

    Agents of this vendor bring some 18 rows a second (measured in public code), so ``bulk_size`` is
    small enough for an answer to come within the time that a request has.
    """

    def __init__(self, session: SnmpSession, *, bulk_size: int = 25) -> None:
        super().__init__(session, bulk_size=bulk_size)

    async def row(self, ref: OntRef) -> OntRow | Failure | None:
        """Read what is registered at a place."""
        index = port_index(ref.port)
        if isinstance(index, Failure):
            return index
        wanted = ont_cells(index, ref.ont_id)
        cells = await self.cells((*port_cells(index), *wanted))
        if isinstance(cells, Failure):
            return cells
        return missing_port(ref.port, index, cells) or ont_row(cells, wanted)

    async def ports(self) -> Ports | Failure:
        """List the PON ports by walking ifName.

        A walk that ended too soon without an error gives itself away: the OLT counts more.
        """
        walk, cells = await asyncio.gather(self.walk(oids.IF_NAME), self.cells((oids.IF_NUMBER,)))
        if isinstance(walk, Failure):
            return walk
        if isinstance(cells, Failure):
            return cells
        named = {row.index[-1]: port for row in walk.rows if (port := port_named(row.value))}
        counted = number(cells[oids.IF_NUMBER]) or 0
        return Ports(
            listing=Listing(
                items=tuple(sorted(set(named.values()))),
                complete=walk.complete and len(walk.rows) >= counted,
            ),
            in_first_tree=any(_is_of_first_tree(at, port) for at, port in named.items()),
        )

    async def columns(self, port: PonPort, *columns: Oid) -> PortColumns | Failure:
        """Read columns of the ONTs of one port, in tree 1012; the OLT's own count checks them."""
        index = port_index(port)
        if isinstance(index, Failure):
            return index
        counts = (
            f"{oids.PORT_ONT_COUNT}.{index.pon}",
            f"{oids.PORT_ONT_COUNT_NEWER}.{index.newer}",
        )
        cells, walks = await asyncio.gather(
            self.cells((*port_cells(index), *counts)),
            asyncio.gather(*(self.walk(f"{column}.{index.pon}") for column in columns)),
        )
        if isinstance(cells, Failure):
            return cells
        missing = missing_port(port, index, cells)
        if missing is not None:
            return missing
        read: list[Walk] = []
        for walk in walks:
            if isinstance(walk, Failure):
                return walk
            read.append(walk)
        values = [{row.index[0]: row.value for row in walk.rows} for walk in read]
        rows = {ont_id: tuple(column.get(ont_id) for column in values) for ont_id in values[0]}
        counted = max(number(cells[count]) or 0 for count in counts)
        complete = all(walk.complete for walk in read) and len(rows) >= counted
        return PortColumns(rows=rows, complete=complete)

    async def waiting(self, port: PonPort) -> Listing[SeenOnt] | Failure:
        """List the lit and unregistered ONTs of one port, from the tree that lists any."""
        index = port_index(port)
        if isinstance(index, Failure):
            return index
        count = f"{oids.PORT_WAITING}.{index.pon}"
        cells, found = await asyncio.gather(
            self.cells((*port_cells(index), count)),
            self._serials_and_models(
                f"{oids.WAITING_SERIAL}.{index.pon}", f"{oids.WAITING_MODEL}.{index.pon}"
            ),
        )
        if isinstance(cells, Failure):
            return cells
        missing = missing_port(port, index, cells)
        if missing is not None:
            return missing
        if not isinstance(found, Failure) and found.complete and not found.rows:
            found = await self._serials_and_models(
                f"{oids.WAITING_SERIAL_NEWER}.{index.newer}",
                f"{oids.WAITING_MODEL_NEWER}.{index.newer}",
            )
        if isinstance(found, Failure):
            return found
        seen = tuple(
            SeenOnt(serial=serial, port=port, equipment_id=text(model) or None)
            for raw, model in found.rows.values()
            if (serial := serial_of(raw)) is not None
        )
        complete = found.complete and len(found.rows) >= (number(cells[count]) or 0)
        return Listing(items=seen, complete=complete)

    async def waiting_everywhere(self) -> Listing[SeenOnt] | Failure:
        """List the lit and unregistered ONTs of all ports, one port after the other."""
        ports = await self.ports()
        if isinstance(ports, Failure):
            return ports
        seen: list[SeenOnt] = []
        complete = ports.listing.complete
        for port in ports.listing.items:
            waiting = await self.waiting(port)
            if isinstance(waiting, Failure):
                return waiting
            seen += waiting.items
            complete = complete and waiting.complete
        return Listing(items=tuple(seen), complete=complete)

    async def refs_on(self, port: PonPort, serial: OntSerial) -> tuple[OntRef, ...] | Failure:
        """Find a serial on one port; only a table that was read to its end may lack it."""
        table = await self.columns(port, oids.ONT_SERIAL)
        if isinstance(table, Failure):
            return table
        refs = refs_of(serial, port, table.serials)
        if not refs and not table.complete:
            return ListingIncomplete(table=f"ONTs on {port}", detail="the OLT counts more")
        return refs

    async def locate(self, serial: OntSerial) -> Located | Failure:
        """Find a serial by walking one port after the other, until it is found."""
        ports = await self.ports()
        if isinstance(ports, Failure):
            return ports
        unread: list[str] = [] if ports.listing.complete else ["the list of ports was cut short"]
        searched: list[PonPort] = []
        for port in ports.listing.items:
            refs = await self.refs_on(port, serial)
            if isinstance(refs, Failure):
                unread.append(str(refs))
                continue
            place = located(refs)
            if place is not None:
                return place
            searched.append(port)
        if unread:
            return LocationUnknown(searched=tuple(searched), reason="; ".join(unread))
        return Absent()

    async def _serials_and_models(self, serials: Oid, models: Oid) -> "_Waiting | Failure":
        walk, named = await asyncio.gather(self.walk(serials), self.walk(models))
        if isinstance(walk, Failure):
            return walk
        kinds = {} if isinstance(named, Failure) else {row.index: row.value for row in named.rows}
        rows = {row.index: (row.value, kinds.get(row.index)) for row in walk.rows}
        return _Waiting(rows=rows, complete=walk.complete)


class _Waiting(msgspec.Struct, frozen=True, kw_only=True):
    rows: Mapping[tuple[int, ...], tuple[SnmpValue, SnmpValue | None]]
    complete: bool


def _is_of_first_tree(if_index: int, port: PonPort) -> bool:
    index = port_index(port)
    return isinstance(index, PortIndex) and index.pon == if_index
