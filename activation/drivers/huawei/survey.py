"""What is read before a registration: little for an ONT that its port shows as new, else all.

An OLT lists an ONT as new only while it is registered nowhere, and a registration needs one free
id, not the whole table of its port. So the usual case costs one round trip whose size does not
grow with the ONTs of the port or of the OLT. Only what is not found that way is looked for in the
tables.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from activation.drivers.gaps import flow_left_out
from activation.drivers.huawei import oids
from activation.drivers.huawei.plan import (
    candidate_ids,
    free_ont_id,
    missing_profiles,
    profile_cells,
    service_port_candidates,
)
from activation.drivers.huawei.rows import Cells, number
from activation.drivers.huawei.tables import HuaweiTables
from activation.drivers.places import NOT_READ, located_on
from activation.failures import Failure
from activation.requests import (
    Listing,
    Located,
    LocationUnknown,
    OntSpec,
    PonPort,
    Promised,
    SeenOnt,
    Survey,
)
from activation.snmp import Oid


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    port: PonPort
    spec: OntSpec
    promised: Promised


class HuaweiSurveyor:
    """Surveys one OLT."""

    def __init__(self, tables: HuaweiTables) -> None:
        self._tables = tables

    async def survey(self, port: PonPort, spec: OntSpec, promised: Promised) -> Survey | Failure:
        """Read what decides a registration.

        Raises:
            SpecNotEncodable: a profile name does not fit the OLT; nothing was sent.
        """
        asked = _Asked(port=port, spec=spec, promised=promised)
        shown = flow_left_out(spec) or await self._as_new(asked)
        return await self._in_tables(asked) if shown is None else shown

    async def _as_new(self, asked: _Asked) -> Survey | Failure | None:
        """Survey an ONT that its port shows as new, in one round trip; None where it does not.

        A port that is new to this driver is read where it should be while its name is checked; in
        the rare case that it is elsewhere, all is read once more.
        """
        ids = candidate_ids(asked.promised)
        expected = self._tables.expected_if_index(asked.port)
        wanted = _cells(expected, ids, asked.spec)
        if_index, cells, autofound = await asyncio.gather(
            self._tables.if_index(asked.port),
            self._tables.cells(wanted),
            self._tables.autofound(expected),
        )
        if isinstance(if_index, Failure):
            return if_index
        if if_index != expected:
            return await self._as_new(asked)
        if isinstance(cells, Failure):
            return cells
        if isinstance(autofound, Failure):
            return autofound
        seen = self._tables.sightings_on(asked.port, autofound, asked.spec.serial)
        free = next((i for i in ids if cells[_serial_cell(if_index, i)] is None), None)
        if not seen.items or free is None:
            return None
        # What is shown as new is not among the registrations of the port.
        located_at = LocationUnknown(searched=(asked.port,), reason=NOT_READ)
        return await self._told(asked, cells, located_at, seen, free)

    async def _in_tables(self, asked: _Asked) -> Survey | Failure:
        """Survey the registrations of the port, and the new ONTs of the whole OLT."""
        if_index = await self._tables.if_index(asked.port)
        if isinstance(if_index, Failure):
            return if_index
        others = (oids.NEXT_SERVICE_PORT, *profile_cells(asked.spec))
        table, autofound = await asyncio.gather(
            self._tables.port_table(if_index, others), self._tables.autofound()
        )
        if isinstance(table, Failure):
            return table
        if isinstance(autofound, Failure):
            return autofound
        seen = await self._tables.sightings(autofound, asked.spec.serial)
        if isinstance(seen, Failure):
            return seen
        free = free_ont_id(table.serials, asked.promised) if table.complete else None
        located_at = located_on(
            asked.port, asked.spec.serial, table.serials, complete=table.complete
        )
        return await self._told(asked, table.cells, located_at, seen, free)

    async def _told(
        self,
        asked: _Asked,
        cells: Cells,
        located_at: Located,
        seen: Listing[SeenOnt],
        free: int | None,
    ) -> Survey | Failure:
        service_port = await self.free_service_port(cells, asked.promised)
        if isinstance(service_port, Failure):
            return service_port
        return Survey(
            port=asked.port,
            located=located_at,
            seen=seen,
            missing_profiles=missing_profiles(asked.spec, cells),
            free_ont_id=free,
            free_service_port=service_port,
        )

    async def free_service_port(self, cells: Cells, promised: Promised) -> int | Failure | None:
        """Choose a service port: what the OLT offers in these cells, unless it is promised."""
        offered = number(cells[oids.NEXT_SERVICE_PORT]) or 0
        candidates = service_port_candidates(offered, promised.service_ports)
        if candidates[:1] == (offered,) or not candidates:
            return next(iter(candidates), None)
        frames = {f"{oids.FLOW_FRAME}.{index}": index for index in candidates}
        used = await self._tables.cells(tuple(frames))
        if isinstance(used, Failure):
            return used
        return next((index for cell, index in frames.items() if used[cell] is None), None)


def _cells(if_index: int, ids: Sequence[int], spec: OntSpec) -> tuple[Oid, ...]:
    serials = (_serial_cell(if_index, ont_id) for ont_id in ids)
    return (oids.NEXT_SERVICE_PORT, *profile_cells(spec), *serials)


def _serial_cell(if_index: int, ont_id: int) -> Oid:
    return f"{oids.ONT_SERIAL}.{if_index}.{ont_id}"
