"""The driver for Huawei MA5600 and MA5800 OLTs in profile mode, over SNMP alone.

Whether a serial is registered somewhere else on the OLT is not asked before a registration: that
would walk every ONT, seconds to minutes on a full OLT, and be out of date when the write arrives.
The OLT refuses a double by itself, in the same step as the write. Only after such a refusal the
place is looked for, in the registration log first and by the walk last.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from activation.driver import DriverCapability
from activation.drivers.gaps import flow_left_out
from activation.drivers.huawei import oids
from activation.drivers.huawei.day2 import HuaweiDay2
from activation.drivers.huawei.observation import observation, optics_cells, state_cells
from activation.drivers.huawei.plan import (
    free_ont_id,
    plan,
    plan_removal,
    plan_swap,
)
from activation.drivers.huawei.rows import flow_place, flow_place_cells, number, text
from activation.drivers.huawei.survey import HuaweiSurveyor
from activation.drivers.huawei.tables import HuaweiTables
from activation.drivers.huawei.writes import HuaweiWriter, encoded
from activation.drivers.places import located, refs_of
from activation.failures import (
    Failure,
    ForeignOnt,
    ListingIncomplete,
    OntNotRegistered,
    PartlyApplied,
)
from activation.prechecks import allocated
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
    PonPort,
    Promised,
    Removed,
    SeenOnt,
    Survey,
)
from activation.snmp import SnmpSession
from sync_protocol.serials import OntSerial


class HuaweiOlt(HuaweiDay2):
    """One Huawei OLT. Keeps nothing but the map of its ports; make one per OLT and process."""

    capabilities: ClassVar[frozenset[DriverCapability]] = frozenset(
        set(DriverCapability) - {DriverCapability.SAVE_CONFIGURATION}
    )

    def __init__(self, session: SnmpSession) -> None:
        self._session = session
        self._tables = HuaweiTables(session)
        self._surveyor = HuaweiSurveyor(self._tables)

    async def probe(self) -> OltInfo | Failure:
        """Ask who it is; not provisionable means it is in distributing mode."""
        asked = (oids.SYS_DESCR, oids.SYS_UP_TIME, oids.DEVICE_MODE)
        cells, ports = await asyncio.gather(self._tables.cells(asked), self._tables.ports())
        if isinstance(cells, Failure):
            return cells
        if isinstance(ports, Failure):
            return ports
        return OltInfo(
            description=text(cells[oids.SYS_DESCR]),
            uptime_s=(number(cells[oids.SYS_UP_TIME]) or 0) // 100,
            ports=ports,
            provisionable=cells[oids.DEVICE_MODE] == oids.PROFILE_MODE,
        )

    async def discover(self, port: PonPort | None = None) -> Listing[SeenOnt] | Failure:
        """List the lit ONTs that are not registered."""
        if port is None:
            return await self._tables.unregistered()
        if_index = await self._tables.if_index(port)
        return (
            if_index if isinstance(if_index, Failure) else await self._tables.unregistered(if_index)
        )

    async def locate(self, serial: OntSerial, hints: Sequence[PonPort] = ()) -> Located | Failure:
        """Look at the hinted ports, then walk the whole OLT. A wrong hint costs one round trip."""
        for refs in await asyncio.gather(*(self._refs_on(port, serial) for port in hints)):
            place = located(refs)
            if place is not None:
                return place
        return await self._tables.locate(serial)

    async def survey(
        self, port: PonPort, spec: OntSpec, *, promised: Promised = NOTHING_PROMISED
    ) -> Survey | Failure:
        """Read what decides a registration; one round trip where the port shows the ONT as new.

        Raises:
            SpecNotEncodable: a profile name does not fit the OLT; nothing was sent.
        """
        return await self._surveyor.survey(port, spec, promised)

    async def next_allocation(
        self, port: PonPort, *, promised: Promised = NOTHING_PROMISED
    ) -> Allocation | Failure:
        """Read free ids of a port, without the rest of a survey."""
        if_index = await self._tables.if_index(port)
        if isinstance(if_index, Failure):
            return if_index
        table = await self._tables.port_table(if_index, (oids.NEXT_SERVICE_PORT,))
        if isinstance(table, Failure):
            return table
        if not table.complete:
            return ListingIncomplete(table=f"ONTs on {port}", detail="the OLT counts more")
        service_port = await self._surveyor.free_service_port(table.cells, promised)
        if isinstance(service_port, Failure):
            return service_port
        return allocated(port, free_ont_id(table.serials, promised), service_port)

    async def bound(self, ref: OntRef, spec: OntSpec) -> int | Failure | None:
        """Walk where service ports lead, then read those that lead to this ONT."""
        flows = await self._tables.flows_to(ref)
        if isinstance(flows, Failure):
            return flows
        wanted = (spec.vlan, spec.user_vlan)
        matching = [index for index, row in flows.items() if (row.vlan, row.user_vlan) == wanted]
        return min(matching, default=None)

    async def apply(self, spec: OntSpec, allocation: Allocation) -> Applied | NoChange | Failure:
        """Read both rows, write what is missing, read each back: at most five round trips.

        Raises:
            SpecNotEncodable: a name does not fit the OLT; nothing was sent.
        """
        if_index = flow_left_out(spec) or await self._tables.if_index(allocation.ref.port)
        if isinstance(if_index, Failure):
            return if_index
        writes = encoded(spec, allocation, if_index)
        rows = await self._tables.rows(if_index, allocation)
        steps = rows if isinstance(rows, Failure) else plan(spec, allocation, rows)
        if isinstance(steps, Failure):
            return steps
        if not (steps.register or steps.bind):
            return NoChange(ref=allocation.ref)
        writer = HuaweiWriter(self._session, self._tables, if_index, allocation)
        return await writer.carry_out(spec, steps, writes)

    async def remove(
        self, allocation: Allocation, expect: OntSerial
    ) -> Removed | NoChange | Failure:
        """Delete service port and registration, in this order, if they are ours."""
        if_index = await self._tables.if_index(allocation.ref.port)
        if isinstance(if_index, Failure):
            return if_index
        rows = await self._tables.rows(if_index, allocation)
        removal = rows if isinstance(rows, Failure) else plan_removal(expect, allocation, rows)
        if isinstance(removal, Failure):
            return removal
        writer = HuaweiWriter(self._session, self._tables, if_index, allocation)
        return await writer.remove(expect, unbind=removal.unbind, unregister=removal.unregister)

    async def swap(
        self, spec: OntSpec, allocation: Allocation, replaced: OntSerial
    ) -> Applied | NoChange | Failure:
        """Delete the old ONT, then register the new one at the same ids.

        Raises:
            SpecNotEncodable: a name does not fit the OLT; nothing was sent.
        """
        if_index = flow_left_out(spec) or await self._tables.if_index(allocation.ref.port)
        if isinstance(if_index, Failure):
            return if_index
        encoded(spec, allocation, if_index)
        rows = await self._tables.rows(if_index, allocation)
        swap = rows if isinstance(rows, Failure) else plan_swap(spec, allocation, replaced, rows)
        if isinstance(swap, Failure):
            return swap
        if not swap.remove:
            return await self.apply(spec, allocation)
        removed = await self.remove(allocation, replaced)
        if isinstance(removed, Failure):
            return removed
        applied = await self.apply(spec, allocation)
        if not isinstance(applied, Failure):
            return applied
        done = (f"{replaced} removed",)
        return PartlyApplied(ref=allocation.ref, done=done, because=applied)

    async def observe(self, ref: OntRef, expect: OntSerial) -> Observation | Failure:
        """Read state and light side by side; light that cannot be read does not hide the state."""
        if_index = await self._tables.if_index(ref.port)
        if isinstance(if_index, Failure):
            return if_index
        state, optics = await asyncio.gather(
            self._tables.cells(state_cells(if_index, ref.ont_id)),
            self._tables.cells(optics_cells(if_index, ref.ont_id)),
        )
        if isinstance(state, Failure):
            return state
        light = str(optics) if isinstance(optics, Failure) else optics
        seen = observation(ref, if_index, state, light)
        if seen is None:
            return OntNotRegistered(ref=ref, expected=expect)
        if seen.serial_registered != expect:
            return ForeignOnt(ref=ref, expected=expect, found=seen.serial_registered)
        return seen

    async def carries(self, allocation: Allocation) -> bool | Failure:
        """Read where the service port leads."""
        cells = await self._tables.cells(flow_place_cells(allocation.service_port))
        if isinstance(cells, Failure):
            return cells
        return flow_place(cells, allocation.service_port) == allocation.ref

    async def _refs_on(self, port: PonPort, serial: OntSerial) -> tuple[OntRef, ...]:
        if_index = await self._tables.if_index(port)
        if isinstance(if_index, Failure):
            return ()
        table = await self._tables.port_table(if_index)
        return () if isinstance(table, Failure) else refs_of(serial, port, table.serials)
