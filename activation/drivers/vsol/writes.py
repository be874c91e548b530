"""Writing to a V-SOL OLT: a mailbox acts once, and what came of it is read from the tables.

A mailbox is never believed. Which step comes next is decided anew from the rows after each write,
so a lost answer, a restart and a second call all go on from what is there.
"""

from collections.abc import Callable, Sequence

from activation.drivers.places import refs_of
from activation.drivers.snmp_failures import NOT_ALLOWED, write_failure
from activation.drivers.vsol import oids
from activation.drivers.vsol.plan import Step, missing_profiles, next_step
from activation.drivers.vsol.rows import (
    Rows,
    operation,
    profiles,
    registration,
    replacement,
    service_port,
    service_port_deletion,
    speeds,
)
from activation.drivers.vsol.tables import VsolTables
from activation.drivers.writing_once import not_done, said, write_once
from activation.failures import (
    ConfigDiffers,
    Failure,
    ForeignOnt,
    OutcomeUnknown,
    PartlyApplied,
    PortFull,
    ProfileMissing,
    Refused,
    SerialConflict,
    VlanMissing,
)
from activation.requests import (
    Allocation,
    Applied,
    At,
    Many,
    NoChange,
    OntSpec,
    ProfileKind,
    Removed,
)
from activation.snmp import Binding, ErrorStatus, NotSent, SnmpError, SnmpSession, Written
from sync_protocol.serials import OntSerial


class VsolWriter:
    """Writes at one allocation; ``number`` is the service port's among those of its ONT."""

    def __init__(
        self, session: SnmpSession, tables: VsolTables, allocation: Allocation, number: int
    ) -> None:
        self._session = session
        self._tables = tables
        self._allocation = allocation
        self._ref = allocation.ref
        self._number = number

    async def carry_out(
        self, spec: OntSpec, *, change: bool, done: tuple[str, ...] = ()
    ) -> Applied | NoChange | Failure:
        """Write step after step until nothing is left to do."""
        rows = await self._rows(spec.gem_port)
        while not isinstance(rows, Failure):
            step = next_step(spec, self._ref, rows, change=change)
            if step is None:
                return Applied(allocation=self._allocation) if done else NoChange(ref=self._ref)
            if not isinstance(step, Step):
                return self._partly(done, step)
            lacking = None if done else await self.missing_profile(spec)
            if lacking is not None:
                return lacking
            rows = await self._take(step, spec, rows, change=change)
            if not isinstance(rows, Failure):
                done = (*done, str(step))
        return self._partly(done, rows)

    async def missing_profile(self, spec: OntSpec) -> Failure | None:
        """Look for every profile before the first write, so that none of it is done in vain."""
        kinds = (ProfileKind.LINE, ProfileKind.SERVICE, ProfileKind.TRAFFIC)
        names = await self._tables.names(*kinds)
        if isinstance(names, Failure):
            return names
        missing = missing_profiles(spec, names)
        return ProfileMissing(kind=missing[0].kind, name=missing[0].name) if missing else None

    async def replace(self, spec: OntSpec, replaced: OntSerial) -> Failure | None:
        """Put a serial in the place of another; everything bound to the place stays."""
        step = "the exchange of the serial"

        def is_done(rows: Rows) -> bool | Failure:
            if rows.ont is None or rows.ont.serial in {spec.serial, replaced}:
                return rows.ont is not None and rows.ont.serial == spec.serial
            return ForeignOnt(ref=self._ref, expected=spec.serial, found=rows.ont.serial)

        failure = await self._write(step, replacement(spec.serial, self._ref), is_done)
        if isinstance(failure, Refused):
            return await self._why_not_registered(spec) or failure
        return failure

    async def remove(
        self, expect: OntSerial, *, unbind: bool, unregister: bool
    ) -> Removed | NoChange | Failure:
        """Delete the service port first: what is left after a failure carries no traffic."""
        done: tuple[str, ...] = ()
        if unbind:
            failure = await self._write(
                "deleting the service port",
                service_port_deletion(self._ref, self._number),
                lambda rows: rows.flow is None,
            )
            if failure is not None:
                return failure
            done = ("service port deleted",)
        if unregister:
            failure = await self._write(
                "deleting the registration",
                operation(self._ref, oids.FORGET),
                lambda rows: self._is_gone(expect, rows),
            )
            if failure is not None:
                return self._partly(done, failure)
        return Removed(ref=self._ref) if unbind or unregister else NoChange(ref=self._ref)

    async def switch(self, expect: OntSerial, *, active: bool) -> Failure | None:
        """Activate or deactivate the ONT."""

        def is_done(rows: Rows) -> bool | Failure:
            if rows.ont is not None and rows.ont.serial != expect:
                return ForeignOnt(ref=self._ref, expected=expect, found=rows.ont.serial)
            return rows.ont is not None and rows.ont.active == active

        return await self._write(
            "resuming" if active else "suspending",
            operation(self._ref, oids.ACTIVATE if active else oids.DEACTIVATE),
            is_done,
        )

    async def _rows(self, gem_port: int = 1) -> Rows | Failure:
        return await self._tables.rows(self._ref, self._number, gem_port)

    async def _take(self, step: Step, spec: OntSpec, rows: Rows, *, change: bool) -> Rows | Failure:
        """Take one step; gives the rows after it, or why it was not taken."""
        written = await self._session.set_many(self._letter(step, spec, rows))
        if isinstance(written, NotSent):
            return write_failure(self._tables.olt, f"the {step}", written)
        after = await self._rows(spec.gem_port)
        if isinstance(after, Failure):
            detail = f"{said(written)}; reading back: {after}"
            return OutcomeUnknown(step=f"the {step}", detail=detail)
        verdict = next_step(spec, self._ref, after, change=change)
        if verdict is step or (isinstance(verdict, Step) and _comes_before(verdict, step)):
            return await self._untaken(step, spec, written)
        if isinstance(verdict, ConfigDiffers):
            return self._partly((str(step),), verdict)
        return verdict if isinstance(verdict, Failure) else after

    def _letter(self, step: Step, spec: OntSpec, rows: Rows) -> tuple[Binding, ...]:
        match step:
            case Step.REGISTER:
                return registration(spec, self._ref)
            case Step.BIND:
                return profiles(spec, self._ref)
            case Step.SPEEDS:
                return speeds(spec, self._ref, rows.gem.tcont if rows.gem else 1)
            case Step.ADD_FLOW:
                return service_port(spec, self._ref, self._number, oids.ADD)
            case Step.CHANGE_FLOW:
                return service_port(spec, self._ref, self._number, oids.MODIFY)

    async def _untaken(self, step: Step, spec: OntSpec, answer: Written | SnmpError) -> Failure:
        """Say why a step is still to be done after it was written.

        What a firmware answers when an action cannot be done is not known, so that for every
        answer but silence the tables are asked for the reason first.
        """
        answered = isinstance(answer, Written | ErrorStatus)
        allowed = not (isinstance(answer, ErrorStatus) and answer.status in NOT_ALLOWED)
        if answered and allowed:
            reason = await self._reason(step, spec)
            if reason is not None:
                return reason
        return self._not_done(f"the {step}", answer, spec if step in _FLOW_STEPS else None)

    async def _reason(self, step: Step, spec: OntSpec) -> Failure | None:
        match step:
            case Step.REGISTER:
                return await self._why_not_registered(spec)
            case Step.BIND:
                return await self._missing(spec, ProfileKind.LINE, ProfileKind.SERVICE)
            case Step.SPEEDS:
                return await self._missing(spec, ProfileKind.TRAFFIC)
            case _:
                return None

    def _not_done(self, step: str, answer: Written | SnmpError, spec: OntSpec | None) -> Failure:
        failure = not_done(self._tables.olt, step, answer)
        # GEM port and number were read to be right, so the VLAN is what is left to refuse.
        return VlanMissing(vlan=spec.vlan) if spec and isinstance(failure, Refused) else failure

    async def _write(
        self, step: str, bindings: Sequence[Binding], is_done: Callable[[Rows], bool | Failure]
    ) -> Failure | None:
        """Write once and read the rows back; None when it is so."""
        return await write_once(self._session, step, bindings, self._rows, is_done)

    def _is_gone(self, expect: OntSerial, rows: Rows) -> bool | Failure:
        if rows.ont is None or rows.ont.serial == expect:
            return rows.ont is None
        return ForeignOnt(ref=self._ref, expected=expect, found=rows.ont.serial)

    async def _missing(self, spec: OntSpec, *kinds: ProfileKind) -> Failure | None:
        names = await self._tables.names(*kinds)
        if isinstance(names, Failure):
            return None
        missing = missing_profiles(spec, names)
        return ProfileMissing(kind=missing[0].kind, name=missing[0].name) if missing else None

    async def _why_not_registered(self, spec: OntSpec) -> Failure | None:
        port = self._ref.port
        table = await self._tables.port_table(port)
        if isinstance(table, Failure):
            return None
        refs = refs_of(spec.serial, port, table.serials)
        if refs:
            return SerialConflict(serial=spec.serial, at=refs)
        match await self._tables.locate(spec.serial):
            case At(ref=ref):
                return SerialConflict(serial=spec.serial, at=(ref,))
            case Many(refs=many):
                return SerialConflict(serial=spec.serial, at=many)
            case _:
                full = table.complete and len(table.serials) >= oids.ONTS_PER_PORT
                return PortFull(port=port) if full else None

    def _partly(self, done: tuple[str, ...], because: Failure) -> Failure:
        if not done:
            return because
        if isinstance(because, PartlyApplied):
            done, because = (*done, *because.done), because.because
        return PartlyApplied(ref=self._ref, done=done, because=because)


_ORDER = tuple(Step)
_FLOW_STEPS = frozenset((Step.ADD_FLOW, Step.CHANGE_FLOW))


def _comes_before(one: Step, other: Step) -> bool:
    return _ORDER.index(one) < _ORDER.index(other)
