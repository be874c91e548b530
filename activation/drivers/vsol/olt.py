"""The driver for V-SOL V1600G OLTs, over SNMP alone.

What is written goes into scalar mailboxes, which exist once per OLT. Each is filled and told to act
by one request, and the lock keeps the calls of this driver apart, so that what is read between two
writes is the outcome of our own.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from activation.driver import DriverCapability
from activation.drivers.gaps import flow_left_out
from activation.drivers.places import located, located_on, refs_of
from activation.drivers.snmp_failures import write_failure
from activation.drivers.vsol import oids
from activation.drivers.vsol.light import phase_meaning
from activation.drivers.vsol.observation import observation, optics_cells, state_cells
from activation.drivers.vsol.plan import (
    free_ont_id,
    free_service_port,
    missing_profiles,
)
from activation.drivers.vsol.rows import (
    OntRow,
    Rows,
    checked,
    number,
    number_of,
    operation,
    pon_of,
    serial_text,
    service_port_of,
    text,
)
from activation.drivers.vsol.tables import VsolTables
from activation.drivers.vsol.writes import VsolWriter
from activation.failures import (
    Failure,
    ForeignOnt,
    IdTaken,
    ListingIncomplete,
    OntNotRegistered,
    PortUnknown,
    Unsupported,
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
    PolledOnt,
    PonPort,
    ProfileKind,
    Promised,
    Rebooting,
    RegisteredOnt,
    Removed,
    Saved,
    SeenOnt,
    ServicePort,
    Survey,
)
from activation.snmp import Binding, SnmpSession, Written
from sync_protocol.serials import OntSerial


class VsolOlt:
    """One V-SOL OLT. Keeps no state but its lock; make one per OLT and process."""

    capabilities: ClassVar[frozenset[DriverCapability]] = frozenset(
        set(DriverCapability) - {DriverCapability.CONFIG_STATE, DriverCapability.MATCH_STATE}
    )

    def __init__(self, session: SnmpSession) -> None:
        self._session = session
        self._tables = VsolTables(session)
        self._turn = asyncio.Lock()

    async def probe(self) -> OltInfo | Failure:
        """Ask who it is; not provisionable means that the tables of a V1600G are not there."""
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
            ports=ports,
            provisionable=bool(ports.items),
        )

    async def discover(self, port: PonPort | None = None) -> Listing[SeenOnt] | Failure:
        """List the lit ONTs that are not registered."""
        return await self._tables.unregistered(port)

    async def locate(self, serial: OntSerial, hints: Sequence[PonPort] = ()) -> Located | Failure:
        """Look at the hinted ports, then walk the serials of the whole OLT."""
        tables = await asyncio.gather(*(self._tables.port_table(port) for port in hints))
        for port, table in zip(hints, tables, strict=True):
            refs = () if isinstance(table, Failure) else refs_of(serial, port, table.serials)
            place = located(refs)
            if place is not None:
                return place
        return await self._tables.locate(serial)

    async def survey(
        self, port: PonPort, spec: OntSpec, *, promised: Promised = NOTHING_PROMISED
    ) -> Survey | Failure:
        """Read registrations, sightings, profiles and free ids side by side.

        Raises:
            SpecNotEncodable: a value does not fit the OLT; nothing was sent.
        """
        refused = flow_left_out(spec)
        if refused is not None:
            return refused
        checked(spec)
        table, seen, names = await asyncio.gather(
            self._tables.port_table(port),
            self._tables.sightings(spec.serial),
            self._tables.names(ProfileKind.LINE, ProfileKind.SERVICE, ProfileKind.TRAFFIC),
        )
        if isinstance(table, Failure):
            return table
        if isinstance(seen, Failure):
            return seen
        if isinstance(names, Failure):
            return names
        place = located_on(port, spec.serial, table.serials, complete=table.complete)
        ont_id = free_ont_id(table.serials, promised) if table.complete else None
        service_port = await self._free_service_port(port, place, ont_id, promised)
        if isinstance(service_port, Failure):
            return service_port
        return Survey(
            port=port,
            located=place,
            seen=seen,
            missing_profiles=missing_profiles(spec, names),
            free_ont_id=ont_id,
            free_service_port=service_port,
        )

    async def next_allocation(
        self, port: PonPort, *, promised: Promised = NOTHING_PROMISED
    ) -> Allocation | Failure:
        """Read a free id; the service ports of a new ONT are all free."""
        table = await self._tables.port_table(port)
        if isinstance(table, Failure):
            return table
        if not table.complete:
            return ListingIncomplete(table=f"ONTs on {port}", detail="the OLT counts more")
        ont_id = free_ont_id(table.serials, promised)
        ref = None if ont_id is None else OntRef(port=port, ont_id=ont_id)
        free = None if ref is None else free_service_port(ref, (), promised)
        return allocated(port, ont_id, free)

    async def bound(self, ref: OntRef, spec: OntSpec) -> int | Failure | None:
        """Read the service ports of this one ONT."""
        ports = await self._tables.service_ports(ref)
        if isinstance(ports, Failure):
            return ports
        wanted = {oids.FLOW_VLAN: spec.vlan, oids.FLOW_USER_VLAN: spec.user_vlan}
        matching = [n for n, cells in ports.items() if wanted.items() <= cells.items()]
        return service_port_of(ref, min(matching)) if matching else None

    async def apply(self, spec: OntSpec, allocation: Allocation) -> Applied | NoChange | Failure:
        """Register, bind the profiles, set the speeds, add the service port: what is missing.

        Raises:
            SpecNotEncodable: a value does not fit the OLT; nothing was sent.
        """
        return await self._carry_out(spec, allocation, change=False)

    async def change_profile(
        self, spec: OntSpec, allocation: Allocation
    ) -> Applied | NoChange | Failure:
        """Bind, set and change what differs; a service port is changed where it stands.

        Raises:
            SpecNotEncodable: a value does not fit the OLT; nothing was sent.
        """
        return await self._carry_out(spec, allocation, change=True)

    async def remove(
        self, allocation: Allocation, expect: OntSerial
    ) -> Removed | NoChange | Failure:
        """Delete service port and registration, in this order, if they are ours."""
        place = number_of(allocation)
        if isinstance(place, Unsupported):
            return place
        # A service port of another ONT is none of ours, as one would be that moved there.
        own = place if isinstance(place, int) else None
        async with self._turn:
            rows = await self._tables.rows(allocation.ref, own or 1)
            if isinstance(rows, Failure):
                return rows
            if rows.ont is not None and rows.ont.serial != expect:
                return ForeignOnt(ref=allocation.ref, expected=expect, found=rows.ont.serial)
            writer = VsolWriter(self._session, self._tables, allocation, own or 1)
            unbind = own is not None and rows.flow is not None
            return await writer.remove(expect, unbind=unbind, unregister=rows.ont is not None)

    async def observe(self, ref: OntRef, expect: OntSerial) -> Observation | Failure:
        """Read state and light side by side; light that cannot be read does not hide the state."""
        if pon_of(ref.port) is None:
            return PortUnknown(port=ref.port)
        state, optics = await asyncio.gather(
            self._tables.cells(state_cells(ref)), self._tables.cells(optics_cells(ref))
        )
        if isinstance(state, Failure):
            return state
        seen = observation(ref, state, str(optics) if isinstance(optics, Failure) else optics)
        if seen is None:
            return OntNotRegistered(ref=ref, expected=expect)
        if seen.serial_registered != expect:
            return ForeignOnt(ref=ref, expected=expect, found=seen.serial_registered)
        return seen

    async def carries(self, allocation: Allocation) -> bool | Failure:
        """Read the row of the service port."""
        number = number_of(allocation)
        if isinstance(number, Failure):
            return number
        rows = await self._tables.rows(allocation.ref, number)
        return rows if isinstance(rows, Failure) else rows.flow is not None

    async def suspend(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Deactivate the ONT; everything stays configured."""
        return await self._switch(allocation, expect, active=False)

    async def resume(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Activate a deactivated ONT."""
        return await self._switch(allocation, expect, active=True)

    async def swap(
        self, spec: OntSpec, allocation: Allocation, replaced: OntSerial
    ) -> Applied | NoChange | Failure:
        """Exchange the serial at the place in one write; then see that the rest is as specified.

        Raises:
            SpecNotEncodable: a value does not fit the OLT; nothing was sent.
        """
        place = flow_left_out(spec) or number_of(allocation)
        if isinstance(place, Failure):
            return place
        checked(spec)
        async with self._turn:
            rows = await self._tables.rows(allocation.ref, place)
            if isinstance(rows, Failure):
                return rows
            writer = VsolWriter(self._session, self._tables, allocation, place)
            done: tuple[str, ...] = ()
            if rows.ont is not None and rows.ont.serial == replaced:
                failure = await writer.missing_profile(spec) or await writer.replace(spec, replaced)
                if failure is not None:
                    return failure
                done = ("exchange of the serial",)
            elif rows.ont is not None and rows.ont.serial != spec.serial:
                return IdTaken(ref=allocation.ref, taken_by=rows.ont.serial)
            return await writer.carry_out(spec, change=rows.ont is not None, done=done)

    async def reboot(self, ref: OntRef, expect: OntSerial) -> Rebooting | Failure:
        """Read who stands there, then tell the OLT to restart it; sent once."""
        async with self._turn:
            standing = _standing(await self._tables.rows(ref, 1), ref, expect)
            if isinstance(standing, Failure):
                return standing
            written = await self._session.set_many(operation(ref, oids.REBOOT))
        if isinstance(written, Written):
            return Rebooting(ref=ref)
        return write_failure(self._tables.olt, "the restart", written)

    async def save_configuration(self) -> Saved | Failure:
        """Tell the OLT to save; there is nothing that could be read back."""
        async with self._turn:
            written = await self._session.set_many((Binding(oid=oids.SAVE, value=oids.ADD),))
        if isinstance(written, Written):
            return Saved()
        return write_failure(self._tables.olt, "saving the configuration", written)

    async def list_registered(self, port: PonPort) -> Listing[RegisteredOnt] | Failure:
        """List serials, profiles and states of one port, and what its service ports say."""
        table, flows = await asyncio.gather(
            self._tables.columns(
                port, oids.ONT_SERIAL, oids.ONT_ADMIN, oids.BOUND_LINE, oids.BOUND_SERVICE
            ),
            self._tables.walk(f"{oids.FLOW_DESCRIPTION}.{port.port}"),
        )
        if isinstance(table, Failure):
            return table
        if isinstance(flows, Failure):
            return flows
        # Of several service ports the first speaks: that is the one that an activation makes.
        words = {row.index[0]: text(row.value) for row in reversed(flows.rows)}
        onts = tuple(
            RegisteredOnt(
                ref=OntRef(port=port, ont_id=ont_id),
                serial=serial_text(serial),
                line_profile=text(line),
                service_profile=text(service),
                description=words.get(ont_id, ""),
                active=admin == oids.ADMIN_ENABLED,
            )
            for ont_id, (serial, admin, line, service) in table.rows.items()
        )
        return Listing(items=onts, complete=table.complete and flows.complete)

    async def list_service_ports(self) -> Listing[ServicePort] | Failure:
        """Walk the service ports of all ONTs."""
        return await self._tables.all_service_ports()

    async def poll(self, port: PonPort) -> Listing[PolledOnt] | Failure:
        """Read the phases of one port."""
        table = await self._tables.columns(port, oids.ONT_SERIAL, oids.ONT_PHASE)
        if isinstance(table, Failure):
            return table
        onts = tuple(
            PolledOnt(
                ref=OntRef(port=port, ont_id=ont_id),
                serial=serial_text(serial),
                phase=phase_meaning(phase).phase,
                down_cause=phase_meaning(phase).down_cause,
            )
            for ont_id, (serial, phase) in table.rows.items()
        )
        return Listing(items=onts, complete=table.complete)

    async def _carry_out(
        self, spec: OntSpec, allocation: Allocation, *, change: bool
    ) -> Applied | NoChange | Failure:
        place = flow_left_out(spec) or number_of(allocation)
        if isinstance(place, Failure):
            return place
        checked(spec)
        async with self._turn:
            writer = VsolWriter(self._session, self._tables, allocation, place)
            return await writer.carry_out(spec, change=change)

    async def _switch(
        self, allocation: Allocation, expect: OntSerial, *, active: bool
    ) -> Applied | NoChange | Failure:
        place = number_of(allocation)
        if isinstance(place, Failure):
            return place
        ref = allocation.ref
        async with self._turn:
            standing = _standing(await self._tables.rows(ref, place), ref, expect)
            if isinstance(standing, Failure):
                return standing
            if standing.active == active:
                return NoChange(ref=ref)
            writer = VsolWriter(self._session, self._tables, allocation, place)
            failure = await writer.switch(expect, active=active)
        return failure or Applied(allocation=allocation)

    async def _free_service_port(
        self, port: PonPort, place: Located, ont_id: int | None, promised: Promised
    ) -> int | Failure | None:
        """Offer a service port of the ONT that stands there, or of the id that is free."""
        if isinstance(place, At):
            used = await self._tables.service_ports(place.ref)
            if isinstance(used, Failure):
                return used
            return free_service_port(place.ref, used, promised)
        if ont_id is None:
            return None
        return free_service_port(OntRef(port=port, ont_id=ont_id), (), promised)


def _standing(rows: Rows | Failure, ref: OntRef, expect: OntSerial) -> OntRow | Failure:
    """Give the ONT that was expected at a place, or say who or what stands there."""
    if isinstance(rows, Failure):
        return rows
    if rows.ont is None:
        return OntNotRegistered(ref=ref, expected=expect)
    if rows.ont.serial != expect:
        return ForeignOnt(ref=ref, expected=expect, found=rows.ont.serial)
    return rows.ont
