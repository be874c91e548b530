"""Writing to a Huawei OLT: every write is sent once and read back, whatever was answered."""

from collections.abc import Callable, Sequence

import msgspec

from activation.drivers.huawei import oids
from activation.drivers.huawei.plan import (
    Change,
    Steps,
    flow_refusal,
    is_bound,
    missing_profiles,
    plan,
    plan_change,
    profile_cells,
)
from activation.drivers.huawei.rows import (
    Rows,
    flow,
    flow_deletion,
    profile_change,
    registration,
    registration_deletion,
)
from activation.drivers.huawei.tables import HuaweiTables
from activation.drivers.places import refs_of
from activation.drivers.writing_once import write_once
from activation.failures import (
    ConfigDiffers,
    Failure,
    ForeignOnt,
    PartlyApplied,
    PortFull,
    ProfileMissing,
    Refused,
    SerialConflict,
)
from activation.requests import Allocation, Applied, At, Many, NoChange, OntSpec, Removed
from activation.snmp import Binding, SnmpSession
from sync_protocol.serials import OntSerial


class Writes(msgspec.Struct, frozen=True, kw_only=True):
    """The two requests that bring an ONT up, encoded before the first is sent."""

    registration: tuple[Binding, ...]
    flow: tuple[Binding, ...]


def encoded(spec: OntSpec, allocation: Allocation, if_index: int) -> Writes:
    """Encode both requests.

    Raises:
        SpecNotEncodable: a name does not fit the OLT; nothing was sent.
    """
    return Writes(
        registration=registration(spec, if_index, allocation.ref.ont_id),
        flow=flow(spec, allocation),
    )


class HuaweiWriter:
    """Writes the rows of one allocation."""

    def __init__(
        self, session: SnmpSession, tables: HuaweiTables, if_index: int, allocation: Allocation
    ) -> None:
        self._session = session
        self._tables = tables
        self._if_index = if_index
        self._allocation = allocation

    async def carry_out(self, spec: OntSpec, steps: Steps, writes: Writes) -> Applied | Failure:
        """Register, then bind, as far as either is needed."""
        done: tuple[str, ...] = ()
        if steps.register:
            failure = await self._register(spec, writes.registration)
            if failure is not None:
                return failure
            done = ("registration",)
        if steps.bind:
            failure = await self._bind(spec, writes.flow)
            if failure is not None:
                return self._partly(done, failure) if done else failure
        return Applied(allocation=self._allocation)

    async def change(self, spec: OntSpec, change: Change, writes: Writes) -> Applied | Failure:
        """Give a registered ONT its new profiles, then its new service port."""
        done: tuple[str, ...] = ()
        if change.rename_profiles:
            bindings = profile_change(spec, self._if_index, self._allocation.ref.ont_id)
            failure = await self._write(
                "changing the profiles", bindings, lambda rows: self._has_profiles(spec, rows)
            )
            if failure is not None:
                return await self._why_no_profiles(spec, failure)
            done = ("profiles changed",)
        if change.unbind:
            failure = await self._unbind()
            if failure is not None:
                return self._partly(done, failure) if done else failure
            done = (*done, "service port deleted")
        if change.bind:
            failure = await self._bind(spec, writes.flow)
            if failure is not None:
                return self._partly(done, failure) if done else failure
        return Applied(allocation=self._allocation)

    async def remove(
        self, expect: OntSerial, *, unbind: bool, unregister: bool
    ) -> Removed | NoChange | Failure:
        """Delete the service port first: an OLT keeps an ONT that still has one."""
        ref = self._allocation.ref
        done: tuple[str, ...] = ()
        if unbind:
            failure = await self._unbind()
            if failure is not None:
                return failure
            done = ("service port deleted",)
        if unregister:
            bindings = registration_deletion(self._if_index, ref.ont_id)
            failure = await self._write(
                "deleting the registration", bindings, lambda rows: self._is_gone(expect, rows)
            )
            if failure is not None:
                return self._partly(done, failure) if done else failure
        return Removed(ref=ref) if unbind or unregister else NoChange(ref=ref)

    async def _unbind(self) -> Failure | None:
        return await self._write(
            "deleting the service port",
            flow_deletion(self._allocation.service_port),
            lambda rows: not is_bound(self._allocation, rows),
        )

    async def _register(self, spec: OntSpec, bindings: Sequence[Binding]) -> Failure | None:
        failure = await self._write(
            "the registration", bindings, lambda rows: self._is_registered(spec, rows)
        )
        match failure:
            case ConfigDiffers():
                return self._partly(("registration",), failure)
            case Refused():
                return await self._why_refused(spec, failure)
            case _:
                return failure

    async def _bind(self, spec: OntSpec, bindings: Sequence[Binding]) -> Failure | None:
        failure = await self._write(
            "the service port", bindings, lambda rows: self._has_flow(spec, rows)
        )
        match failure:
            case ConfigDiffers():
                return self._partly(("service port",), failure)
            case Refused():
                return flow_refusal(failure, spec)
            case _:
                return failure

    async def _write(
        self,
        step: str,
        bindings: Sequence[Binding],
        is_done: Callable[[Rows], bool | Failure],
    ) -> Failure | None:
        """Write once and read both rows back; None when it is so."""

        async def read() -> Rows | Failure:
            return await self._tables.rows(self._if_index, self._allocation)

        return await write_once(self._session, step, bindings, read, is_done)

    def _is_registered(self, spec: OntSpec, rows: Rows) -> bool | Failure:
        steps = plan(spec, self._allocation, rows)
        return not steps.register if isinstance(steps, Steps) else steps

    def _has_flow(self, spec: OntSpec, rows: Rows) -> bool | Failure:
        steps = plan(spec, self._allocation, rows)
        return not steps.bind if isinstance(steps, Steps) else steps

    def _has_profiles(self, spec: OntSpec, rows: Rows) -> bool | Failure:
        change = plan_change(spec, self._allocation, rows)
        return not change.rename_profiles if isinstance(change, Change) else change

    async def _why_no_profiles(self, spec: OntSpec, failure: Failure) -> Failure:
        """Read which profile is missing where the OLT refused to change to it."""
        if not isinstance(failure, Refused):
            return failure
        cells = await self._tables.cells(tuple(profile_cells(spec)))
        missing = () if isinstance(cells, Failure) else missing_profiles(spec, cells)
        return ProfileMissing(kind=missing[0].kind, name=missing[0].name) if missing else failure

    def _is_gone(self, expect: OntSerial, rows: Rows) -> bool | Failure:
        if rows.ont is None or rows.ont.serial == expect:
            return rows.ont is None
        return ForeignOnt(ref=self._allocation.ref, expected=expect, found=rows.ont.serial)

    async def _why_refused(self, spec: OntSpec, refused: Refused) -> Failure:
        """Read what makes the OLT refuse a registration; the refusal itself if nothing does."""
        port = self._allocation.ref.port
        table = await self._tables.port_table(self._if_index, tuple(profile_cells(spec)))
        if isinstance(table, Failure):
            return refused
        missing = missing_profiles(spec, table.cells)
        if missing:
            return ProfileMissing(kind=missing[0].kind, name=missing[0].name)
        refs = refs_of(spec.serial, port, table.serials)
        if refs:
            return SerialConflict(serial=spec.serial, at=refs)
        if table.complete and len(table.serials) >= oids.ONTS_PER_PORT:
            return PortFull(port=port)
        return await self._conflict(spec.serial) or refused

    async def _conflict(self, serial: OntSerial) -> SerialConflict | None:
        logged = await self._tables.conflict_in_log(self._if_index, serial)
        if logged is not None and not isinstance(logged, Failure):
            return SerialConflict(serial=serial, at=(logged,))
        match await self._tables.locate(serial):
            case At(ref=ref):
                return SerialConflict(serial=serial, at=(ref,))
            case Many(refs=refs):
                return SerialConflict(serial=serial, at=refs)
            case _:
                return None

    def _partly(self, done: tuple[str, ...], because: Failure) -> PartlyApplied:
        return PartlyApplied(ref=self._allocation.ref, done=done, because=because)
