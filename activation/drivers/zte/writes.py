"""Writing to a ZTE OLT: every write is sent once and read back, whatever was answered."""

from collections.abc import Callable, Sequence

from activation.drivers.places import refs_of
from activation.drivers.writing_once import write_once
from activation.drivers.zte import oids
from activation.drivers.zte.plan import is_to_register, refused_type
from activation.drivers.zte.rows import OntRow, PortIndex, order, registration
from activation.drivers.zte.tables import ZteTables
from activation.failures import (
    ConfigDiffers,
    Failure,
    ForeignOnt,
    PartlyApplied,
    PortFull,
    Refused,
    SerialConflict,
)
from activation.requests import At, Many, OntRef, OntSpec
from activation.snmp import Binding, SnmpSession
from sync_protocol.serials import OntSerial


class ZteWriter:
    """Writes the row of one place."""

    def __init__(
        self, session: SnmpSession, tables: ZteTables, index: PortIndex, ref: OntRef
    ) -> None:
        self._session = session
        self._tables = tables
        self._index = index
        self._ref = ref

    async def register(self, spec: OntSpec) -> Failure | None:
        """Register an ONT; None when it is there as specified."""

        def is_done(row: OntRow | None) -> bool | Failure:
            todo = is_to_register(spec, self._ref, row)
            return todo if isinstance(todo, Failure) else not todo

        bindings = registration(spec, self._index, self._ref.ont_id)
        failure = await self._write("the registration", bindings, is_done)
        match failure:
            case ConfigDiffers():
                return PartlyApplied(ref=self._ref, done=("registration",), because=failure)
            case Refused():
                return refused_type(failure, spec) or await self._why_refused(spec, failure)
            case _:
                return failure

    async def unregister(self, expect: OntSerial) -> Failure | None:
        """Delete a registration, with all that the command line gave it."""

        def is_done(row: OntRow | None) -> bool | Failure:
            return row is None or (False if row.serial == expect else self._foreign(row, expect))

        bindings = order(oids.ONT_ROW_STATUS, self._index, self._ref, oids.DESTROY)
        return await self._write("deleting the registration", bindings, is_done)

    async def switch(self, expect: OntSerial, *, enabled: bool) -> Failure | None:
        """Enable or disable an ONT."""

        def is_done(row: OntRow | None) -> bool | Failure:
            if row is not None and row.serial != expect:
                return self._foreign(row, expect)
            return row is not None and row.enabled is enabled

        value = oids.ENABLED if enabled else oids.DISABLED
        bindings = order(oids.ONT_ADMIN, self._index, self._ref, value)
        return await self._write("resuming" if enabled else "suspending", bindings, is_done)

    async def _write(
        self,
        step: str,
        bindings: Sequence[Binding],
        is_done: Callable[[OntRow | None], bool | Failure],
    ) -> Failure | None:
        """Write once and read the row back; None when it is so."""

        async def read() -> OntRow | Failure | None:
            return await self._tables.row(self._ref)

        return await write_once(self._session, step, bindings, read, is_done)

    def _foreign(self, row: OntRow, expect: OntSerial) -> ForeignOnt:
        return ForeignOnt(ref=self._ref, expected=expect, found=row.serial)

    async def _why_refused(self, spec: OntSpec, refused: Refused) -> Failure:
        """Read what makes the OLT refuse a registration; the refusal itself if nothing does."""
        port = self._ref.port
        table = await self._tables.columns(port, oids.ONT_SERIAL)
        if isinstance(table, Failure):
            return refused
        refs = refs_of(spec.serial, port, table.serials)
        if refs:
            return SerialConflict(serial=spec.serial, at=refs)
        if table.complete and len(table.rows) >= oids.ONTS_PER_PORT:
            return PortFull(port=port)
        match await self._tables.locate(spec.serial):
            case At(ref=ref):
                return SerialConflict(serial=spec.serial, at=(ref,))
            case Many(refs=many):
                return SerialConflict(serial=spec.serial, at=many)
            case _:
                return refused
