"""What is done to a registered ONT of a ZTE OLT. Every write is guarded by the serial.

Suspending disables the ONT: its registration and all that the command line gave it stay.
"""

from typing import ClassVar

from activation.drivers.gaps import Day2Gaps
from activation.drivers.snmp_failures import write_failure
from activation.drivers.zte import oids
from activation.drivers.zte.light import phase_meaning
from activation.drivers.zte.plan import stand_in, standing
from activation.drivers.zte.rows import order, port_index, serial_text, text
from activation.drivers.zte.tables import ZteTables
from activation.drivers.zte.writes import ZteWriter
from activation.failures import Failure, Unsupported
from activation.requests import (
    Allocation,
    Applied,
    Listing,
    NoChange,
    OntRef,
    PolledOnt,
    PonPort,
    Rebooting,
    RegisteredOnt,
)
from activation.snmp import SnmpSession, Written
from sync_protocol.serials import OntSerial


class ZteDay2(Day2Gaps):
    """The verbs beyond registering; ``ZteOlt`` inherits them."""

    gap: ClassVar[str] = "no source shows how a ZTE OLT does it by SNMP; use its command line"
    _session: SnmpSession
    _tables: ZteTables

    async def suspend(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Disable the ONT; everything stays configured."""
        return await self._switch(allocation, expect, enabled=False)

    async def resume(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Enable a disabled ONT."""
        return await self._switch(allocation, expect, enabled=True)

    async def reboot(self, ref: OntRef, expect: OntSerial) -> Rebooting | Failure:
        """Read who stands there and whether this firmware can, then tell it to; sent once."""
        index = port_index(ref.port)
        row = await self._tables.row(ref)
        found = row if isinstance(row, Failure) else standing(row, ref, expect)
        if isinstance(found, Failure):
            return found
        if isinstance(index, Failure):
            return index
        if not found.can_reboot:
            return Unsupported(
                what="restarting an ONT", detail="this firmware has no tree 1012.3.50"
            )
        written = await self._session.set_many(order(oids.ONT_REBOOT, index, ref, oids.REBOOT))
        if isinstance(written, Written):
            return Rebooting(ref=ref)
        return write_failure(self._tables.olt, "the restart", written)

    async def list_registered(self, port: PonPort) -> Listing[RegisteredOnt] | Failure:
        """List serials, types, descriptions and switches of one port.

        The ONU type stands as the service profile; a line profile is not to be read by SNMP.
        """
        table = await self._tables.columns(
            port, oids.ONT_SERIAL, oids.ONT_TYPE, oids.ONT_DESCRIPTION, oids.ONT_ADMIN
        )
        if isinstance(table, Failure):
            return table
        onts = tuple(
            RegisteredOnt(
                ref=OntRef(port=port, ont_id=ont_id),
                serial=serial_text(serial),
                line_profile="",
                service_profile=text(type_name),
                description=text(description),
                active=admin != oids.DISABLED,
                stand_in=stand_in(OntRef(port=port, ont_id=ont_id)),
            )
            for ont_id, (serial, type_name, description, admin) in table.rows.items()
        )
        return Listing(items=onts, complete=table.complete)

    async def poll(self, port: PonPort) -> Listing[PolledOnt] | Failure:
        """Read the phases of one port, in tree 1012."""
        table = await self._tables.columns(port, oids.ONT_SERIAL, oids.ONT_PHASE)
        if isinstance(table, Failure):
            return table
        onts: list[PolledOnt] = []
        for ont_id, (serial, phase) in table.rows.items():
            meaning = phase_meaning(phase, None)
            onts.append(
                PolledOnt(
                    ref=OntRef(port=port, ont_id=ont_id),
                    serial=serial_text(serial),
                    phase=meaning.phase,
                    down_cause=meaning.down_cause,
                    reason=meaning.reason,
                )
            )
        return Listing(items=tuple(onts), complete=table.complete)

    async def _switch(
        self, allocation: Allocation, expect: OntSerial, *, enabled: bool
    ) -> Applied | NoChange | Failure:
        ref = allocation.ref
        row = await self._tables.row(ref)
        found = row if isinstance(row, Failure) else standing(row, ref, expect)
        if isinstance(found, Failure):
            return found
        if found.enabled is None:
            detail = "this firmware does not tell whether an ONT is enabled"
            return Unsupported(what="suspending an ONT", detail=detail)
        if found.enabled is enabled:
            return NoChange(ref=ref)
        writer = self._writer(ref)
        failure = (
            writer if isinstance(writer, Failure) else await writer.switch(expect, enabled=enabled)
        )
        return failure or Applied(allocation=allocation)

    def _writer(self, ref: OntRef) -> ZteWriter | Failure:
        index = port_index(ref.port)
        if isinstance(index, Failure):
            return index
        return ZteWriter(self._session, self._tables, index, ref)
