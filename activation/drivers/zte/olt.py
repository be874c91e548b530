"""The driver for ZTE C300 and C320 OLTs, over SNMP alone: it registers, and sets up no service.

By SNMP such an OLT registers an ONT, deletes it, switches it off and on, and tells its state and
light. T-CONT, GEM port and service port are set on its command line. A specification that asks for
more than a registration is refused before anything is read, so that nobody takes an ONT that is
registered for a service that works.

Firmwares answer in tree 1012, in tree 1082, or in both, and models do not tell which: whatever is
read is asked for where it may stand, and what answers counts. Writing is known in tree 1012 alone.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from activation.driver import DriverCapability
from activation.drivers.places import located, located_on
from activation.drivers.zte import oids
from activation.drivers.zte.day2 import ZteDay2
from activation.drivers.zte.observation import observation, optics_cells, state_cells
from activation.drivers.zte.plan import (
    asks_for_more,
    free_ont_id,
    is_to_register,
    stand_in,
    standing,
)
from activation.drivers.zte.rows import (
    checked,
    missing_port,
    number,
    port_index,
    text,
)
from activation.drivers.zte.tables import ZteTables
from activation.failures import (
    Failure,
    ForeignOnt,
    ListingIncomplete,
    OntNotRegistered,
)
from activation.prechecks import allocated
from activation.requests import (
    NOTHING_PROMISED,
    Allocation,
    Applied,
    At,
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


class ZteOlt(ZteDay2):
    """One ZTE OLT. Keeps no state; make one per OLT and process."""

    capabilities: ClassVar[frozenset[DriverCapability]] = frozenset(
        {
            DriverCapability.REGISTER,
            DriverCapability.DISCOVER,
            DriverCapability.LOCATE,
            DriverCapability.ONT_LIGHT,
            DriverCapability.OLT_LIGHT,
            DriverCapability.SUSPEND,
            DriverCapability.REBOOT,
            DriverCapability.LIST_REGISTERED,
            DriverCapability.POLL,
        }
    )

    def __init__(self, session: SnmpSession) -> None:
        self._session = session
        self._tables = ZteTables(session)

    async def probe(self) -> OltInfo | Failure:
        """Ask who it is; not provisionable means that no port is numbered as in tree 1012."""
        cells, ports = await asyncio.gather(
            self._tables.cells((oids.SYS_DESCR, oids.SYS_UP_TIME)), self._tables.ports()
        )
        if isinstance(cells, Failure):
            return cells
        if isinstance(ports, Failure):
            return ports
        return OltInfo(
            description=text(cells[oids.SYS_DESCR]),
            uptime_s=(number(cells[oids.SYS_UP_TIME]) or 0) // 100,
            ports=ports.listing,
            provisionable=ports.in_first_tree,
        )

    async def discover(self, port: PonPort | None = None) -> Listing[SeenOnt] | Failure:
        """List the lit ONTs that are not registered; of all ports it asks one after the other."""
        if port is None:
            return await self._tables.waiting_everywhere()
        return await self._tables.waiting(port)

    async def locate(self, serial: OntSerial, hints: Sequence[PonPort] = ()) -> Located | Failure:
        """Look at the hinted ports, then at all, one after the other, until it is found."""
        for port in hints:
            refs = await self._tables.refs_on(port, serial)
            place = None if isinstance(refs, Failure) else located(refs)
            if place is not None:
                return place
        return await self._tables.locate(serial)

    async def survey(
        self, port: PonPort, spec: OntSpec, *, promised: Promised = NOTHING_PROMISED
    ) -> Survey | Failure:
        """Read registrations and sightings of the port; of others only if the ONT is on neither.

        Whether the OLT knows the ONU type is told by its refusal alone.

        Raises:
            SpecNotEncodable: a value does not fit the OLT; nothing was sent.
        """
        more = asks_for_more(spec)
        if more is not None:
            return more
        checked(spec)
        table, seen = await asyncio.gather(
            self._tables.columns(port, oids.ONT_SERIAL), self._tables.waiting(port)
        )
        if isinstance(table, Failure):
            return table
        known = spec.serial in table.serials.values()
        if isinstance(seen, Failure):
            return seen
        if not known and all(each.serial != spec.serial for each in seen.items):
            seen = await self._tables.waiting_everywhere()
            if isinstance(seen, Failure):
                return seen
        ont_id = free_ont_id(table.rows, promised) if table.complete else None
        place = located_on(port, spec.serial, table.serials, complete=table.complete)
        return Survey(
            port=port,
            located=place,
            seen=seen,
            missing_profiles=(),
            free_ont_id=ont_id,
            free_service_port=_stand_in(port, place, ont_id),
        )

    async def next_allocation(
        self, port: PonPort, *, promised: Promised = NOTHING_PROMISED
    ) -> Allocation | Failure:
        """Read a free id; the service port is a number that stands for none."""
        table = await self._tables.columns(port, oids.ONT_SERIAL)
        if isinstance(table, Failure):
            return table
        if not table.complete:
            return ListingIncomplete(table=f"ONTs on {port}", detail="the OLT counts more")
        ont_id = free_ont_id(table.rows, promised)
        return allocated(
            port, ont_id, 0 if ont_id is None else stand_in(OntRef(port=port, ont_id=ont_id))
        )

    async def bound(self, ref: OntRef, spec: OntSpec) -> int | Failure | None:  # noqa: ARG002  see below
        """Find none: a registration alone has no service port, and others cannot be read."""
        return asks_for_more(spec)

    async def apply(self, spec: OntSpec, allocation: Allocation) -> Applied | NoChange | Failure:
        """Register the ONT, and nothing else: three round trips.

        Raises:
            SpecNotEncodable: a value does not fit the OLT; nothing was sent.
        """
        more = asks_for_more(spec)
        if more is not None:
            return more
        checked(spec)
        ref = allocation.ref
        row = await self._tables.row(ref)
        todo = row if isinstance(row, Failure) else is_to_register(spec, ref, row)
        if isinstance(todo, Failure):
            return todo
        if not todo:
            return NoChange(ref=ref)
        writer = self._writer(ref)
        failure = writer if isinstance(writer, Failure) else await writer.register(spec)
        return failure or Applied(allocation=allocation)

    async def remove(
        self, allocation: Allocation, expect: OntSerial
    ) -> Removed | NoChange | Failure:
        """Delete the registration if it is ours; what the command line gave it goes with it."""
        ref = allocation.ref
        row = await self._tables.row(ref)
        if row is None:
            return NoChange(ref=ref)
        found = row if isinstance(row, Failure) else standing(row, ref, expect)
        if isinstance(found, Failure):
            return found
        writer = self._writer(ref)
        failure = writer if isinstance(writer, Failure) else await writer.unregister(expect)
        return failure or Removed(ref=ref)

    async def carries(self, allocation: Allocation) -> bool | Failure:  # noqa: ARG002  see below
        """Say yes: a registration alone has no service port that could be lost."""
        return True

    async def observe(self, ref: OntRef, expect: OntSerial) -> Observation | Failure:
        """Read state and light side by side; light that cannot be read does not hide the state."""
        index = port_index(ref.port)
        if isinstance(index, Failure):
            return index
        state, optics = await asyncio.gather(
            self._tables.cells(state_cells(index, ref.ont_id)),
            self._tables.cells(optics_cells(index, ref.ont_id)),
        )
        if isinstance(state, Failure):
            return state
        missing = missing_port(ref.port, index, state)
        if missing is not None:
            return missing
        light = str(optics) if isinstance(optics, Failure) else optics
        seen = observation(ref, index, state, light)
        if seen is None:
            return OntNotRegistered(ref=ref, expected=expect)
        if seen.serial_registered != expect:
            return ForeignOnt(ref=ref, expected=expect, found=seen.serial_registered)
        return seen


def _stand_in(port: PonPort, place: Located | None, ont_id: int | None) -> int | None:
    """Number what stands for a service port: of the ONT that is there, or of the free id."""
    if isinstance(place, At):
        return stand_in(place.ref)
    return None if ont_id is None else stand_in(OntRef(port=port, ont_id=ont_id))
