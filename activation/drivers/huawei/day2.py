"""What is done to a Huawei ONT after it is live. Every write is guarded by the serial.

Suspending deactivates the ONT: its registration, its service port and all ids stay, and it sends no
light until it is activated again. Whoever watches the port sees it go down with this cause.
"""

from collections.abc import Sequence
from typing import ClassVar

from activation.drivers.gaps import Day2Gaps, flow_left_out
from activation.drivers.huawei import oids
from activation.drivers.huawei.plan import Change, plan_change
from activation.drivers.huawei.rows import number, serial_text, text
from activation.drivers.huawei.service_ports import SERVICE_PORT_COLUMNS, service_ports
from activation.drivers.huawei.states import RUN_STATES, down_cause, down_reason
from activation.drivers.huawei.tables import HuaweiTables
from activation.drivers.huawei.writes import HuaweiWriter, encoded
from activation.drivers.snmp_failures import write_failure
from activation.failures import (
    Failure,
    ForeignOnt,
    OntNotRegistered,
    OutcomeUnknown,
)
from activation.requests import (
    Allocation,
    Applied,
    Listing,
    NoChange,
    OntRef,
    OntSpec,
    Phase,
    PolledOnt,
    PonPort,
    Rebooting,
    RegisteredOnt,
    ServicePort,
)
from activation.snmp import Binding, NotSent, Oid, SnmpSession, Walk, Written
from sync_protocol.serials import OntSerial


class HuaweiDay2(Day2Gaps):
    """The verbs beyond registering; ``HuaweiOlt`` inherits them."""

    gap: ClassVar[str] = "no object that saves the configuration is known of this OLT"
    _session: SnmpSession
    _tables: HuaweiTables

    async def suspend(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Deactivate the ONT."""
        return await self._activate(allocation, expect, oids.DEACTIVATED)

    async def resume(
        self, allocation: Allocation, expect: OntSerial
    ) -> Applied | NoChange | Failure:
        """Activate the ONT; it comes up as after a registration."""
        return await self._activate(allocation, expect, oids.ACTIVATED)

    async def change_profile(
        self, spec: OntSpec, allocation: Allocation
    ) -> Applied | NoChange | Failure:
        """Write the profiles where they differ, and make the service port anew where it does.

        Raises:
            SpecNotEncodable: a name does not fit the OLT; nothing was sent.
        """
        if_index = flow_left_out(spec) or await self._tables.if_index(allocation.ref.port)
        if isinstance(if_index, Failure):
            return if_index
        writes = encoded(spec, allocation, if_index)
        rows = await self._tables.rows(if_index, allocation)
        change = rows if isinstance(rows, Failure) else plan_change(spec, allocation, rows)
        if not isinstance(change, Change):
            return change
        if not (change.rename_profiles or change.bind):
            return NoChange(ref=allocation.ref)
        writer = HuaweiWriter(self._session, self._tables, if_index, allocation)
        return await writer.change(spec, change, writes)

    async def reboot(self, ref: OntRef, expect: OntSerial) -> Rebooting | Failure:
        """Reset the ONT. Whether it did cannot be read back: only that it comes up again."""
        if_index = await self._tables.if_index(ref.port)
        if isinstance(if_index, Failure):
            return if_index
        known = await self._standing(if_index, ref, expect, ())
        if not isinstance(known, tuple):
            return known
        binding = Binding(oid=_cell(oids.ONT_RESET, if_index, ref), value=oids.RESET)
        written = await self._session.set_many((binding,))
        if isinstance(written, Written):
            return Rebooting(ref=ref)
        return write_failure(self._tables.olt, "the restart of the ONT", written)

    async def list_registered(self, port: PonPort) -> Listing[RegisteredOnt] | Failure:
        """Walk the configuration columns of one port side by side."""
        columns = (
            oids.ONT_SERIAL,
            oids.ONT_LINE_PROFILE,
            oids.ONT_SERVICE_PROFILE,
            oids.ONT_DESCRIPTION,
            oids.ONT_ACTIVATE,
        )
        found = await self._tables.port_columns(port, columns)
        if isinstance(found, Failure):
            return found
        return Listing(
            items=tuple(
                RegisteredOnt(
                    ref=OntRef(port=port, ont_id=ont_id),
                    serial=serial_text(row[oids.ONT_SERIAL]),
                    line_profile=text(row[oids.ONT_LINE_PROFILE]),
                    service_profile=text(row[oids.ONT_SERVICE_PROFILE]),
                    description=text(row[oids.ONT_DESCRIPTION]),
                    active=row[oids.ONT_ACTIVATE] != oids.DEACTIVATED,
                )
                for ont_id, row in found.rows.items()
            ),
            complete=found.complete,
        )

    async def list_service_ports(self) -> Listing[ServicePort] | Failure:
        """Walk the columns of the service ports one after the other, to be gentle."""
        walks: list[Walk] = []
        for column in SERVICE_PORT_COLUMNS:
            walk = await self._tables.walk(column)
            if isinstance(walk, Failure):
                return walk
            walks.append(walk)
        return service_ports(walks)

    async def poll(self, port: PonPort) -> Listing[PolledOnt] | Failure:
        """Walk serial, run state and last down cause of one port side by side."""
        columns = (oids.ONT_SERIAL, oids.ONT_RUN_STATE, oids.ONT_DOWN_CAUSE)
        found = await self._tables.port_columns(port, columns)
        if isinstance(found, Failure):
            return found
        return Listing(
            items=tuple(
                PolledOnt(
                    ref=OntRef(port=port, ont_id=ont_id),
                    serial=serial_text(row[oids.ONT_SERIAL]),
                    phase=RUN_STATES.get(number(row[oids.ONT_RUN_STATE]) or 0, Phase.UNKNOWN),
                    down_cause=down_cause(number(row[oids.ONT_DOWN_CAUSE])),
                    reason=down_reason(number(row[oids.ONT_DOWN_CAUSE])),
                )
                for ont_id, row in found.rows.items()
            ),
            complete=found.complete,
        )

    async def _activate(
        self, allocation: Allocation, expect: OntSerial, wanted: int
    ) -> Applied | NoChange | Failure:
        if_index = await self._tables.if_index(allocation.ref.port)
        if isinstance(if_index, Failure):
            return if_index
        state = await self._standing(if_index, allocation.ref, expect, (oids.ONT_ACTIVATE,))
        if not isinstance(state, tuple):
            return state
        if state == (wanted,):
            return NoChange(ref=allocation.ref)
        failure = await self._set_activation(if_index, allocation.ref, expect, wanted)
        return failure or Applied(allocation=allocation)

    async def _set_activation(
        self, if_index: int, ref: OntRef, expect: OntSerial, wanted: int
    ) -> Failure | None:
        """Write once, read back, and believe only what was read; None when it is so."""
        step = "the activation" if wanted == oids.ACTIVATED else "the deactivation"
        binding = Binding(oid=_cell(oids.ONT_ACTIVATE, if_index, ref), value=wanted)
        written = await self._session.set_many((binding,))
        if isinstance(written, NotSent):
            return write_failure(self._tables.olt, step, written)
        said = "accepted" if isinstance(written, Written) else str(written)
        after = await self._standing(if_index, ref, expect, (oids.ONT_ACTIVATE,))
        if not isinstance(after, tuple):
            return OutcomeUnknown(step=step, detail=f"{said}; reading back: {after}")
        if after == (wanted,):
            return None
        if isinstance(written, Written):
            return OutcomeUnknown(step=step, detail=f"{said}, but not so when read back")
        return write_failure(self._tables.olt, step, written)

    async def _standing(
        self, if_index: int, ref: OntRef, expect: OntSerial, columns: Sequence[Oid]
    ) -> tuple[int | None, ...] | Failure:
        """Read numbers of an ONT, if it is the one that is expected."""
        wanted = [_cell(column, if_index, ref) for column in (oids.ONT_SERIAL, *columns)]
        cells = await self._tables.cells(wanted)
        if isinstance(cells, Failure):
            return cells
        serial = cells[wanted[0]]
        if serial is None:
            return OntNotRegistered(ref=ref, expected=expect)
        if serial_text(serial) != expect:
            return ForeignOnt(ref=ref, expected=expect, found=serial_text(serial))
        return tuple(number(cells[oid]) for oid in wanted[1:])


def _cell(column: Oid, if_index: int, ref: OntRef) -> Oid:
    return f"{column}.{if_index}.{ref.ont_id}"
