"""Changing what runs: suspend, resume, another product or ONT, re-provision, and the end.

Thin: each is one operation of the driver, guarded by the serial, that may be repeated after a crash
at any line. Nothing of the service is changed here; that is settled when the OLT has it.
"""

from collections.abc import Callable

import msgspec

from activation.driver import DriverCapability, OltDriver
from activation.failures import ConfigDiffers, Failure, ForeignOnt, IdTaken, PartlyApplied
from activation.requests import Applied, NoChange, OntSpec, Removed
from activation.verification import next_poll_s
from server.acts import Act
from server.database import Store
from server.fulfilment import reservations
from server.fulfilment.device_failures import after_failure
from server.fulfilment.flows import Flow
from server.fulfilment.records import Intent, Process
from server.fulfilment.service_moves import is_possible
from server.fulfilment.service_situation import ServiceSituation
from server.fulfilment.situation import Reserved
from server.fulfilment.steps import Advance, Outcome, StepName, Stick, TryAgain, following
from server.services.records import ServiceState
from sync_protocol.serials import OntSerial

Done = Applied | NoChange | Removed


def place_to_write(process: Process, known: ServiceSituation) -> Reserved | TryAgain | Stick:
    """Say where a process writes, or what keeps it from writing now. Pure.

    What was done in the field cannot be refused like an order, so it waits for what is under way.
    """
    ahead = known.ahead
    if ahead is not None:
        return TryAgain(code="PROCESS_AHEAD", detail=f"{ahead.intent} {ahead.id} is {ahead.state}")
    if not is_possible(process.intent, known.service.state):
        return Stick(
            code="SERVICE_STATE",
            detail=f"{process.intent} of a service that is {known.service.state}",
        )
    if known.own is None:
        return Stick(
            code="IDS_UNKNOWN",
            detail="no ids are kept for the service; where is its ONT registered?",
        )
    if process.intent is Intent.SWAP:
        return _obstacle_of_swap(known) or known.own
    return known.own


def _obstacle_of_swap(known: ServiceSituation) -> Stick | None:
    if known.new_ont is None:
        return Stick(code="EVIDENCE_INCOMPLETE", detail="no completion stands")
    holder = known.holders.get(known.new_ont.serial)
    if holder is None:
        return None
    return Stick(
        code="ONT_SERIAL_DUP",
        detail=f"{known.new_ont.serial} belongs to service {holder}; was a neighbour's label "
        "scanned?",
    )


class Changing:
    """One attempt to change a running service on its OLT, or to take such a change back."""

    def __init__(
        self,
        store: Store,
        process: Process,
        known: ServiceSituation,
        own: Reserved,
        driver: OltDriver,
        *,
        begin_act: Callable[[], Act],
    ) -> None:
        self._store = store
        self._process = process
        self._known = known
        self._own = own
        self._driver = driver
        self._begin_act = begin_act

    async def run(self) -> Outcome:
        """Do what the process is for."""
        done = await self._do()
        if not isinstance(done, Done):
            return after_failure(done)
        process, now = self._process, self._begin_act().now
        progress = msgspec.structs.replace(process.progress, written_at=now, given=self._asked)
        step = following(process.intent, StepName(process.step))
        new_ont = self._known.new_ont
        if new_ont is None:
            return Advance(step=step, progress=progress)
        progress = msgspec.structs.replace(
            progress,
            completion_id=new_ont.completion_id,
            serial=new_ont.serial,
            measured_cdbm=new_ont.rx_power_cdbm,
            registered_at=now,
            registrations=progress.registrations + 1,
        )
        if self._is_suspended:  # it is to stay dark, so there is nothing to verify
            return Advance(step=following(process.intent, step), progress=progress)
        return Advance(step=step, progress=progress, after_s=next_poll_s(0) or 0)

    async def undo(self) -> Done | Failure:
        """Bring the OLT back to what the service still is."""
        own, driver = self._own, self._driver
        match self._process.intent:
            case Intent.SUSPEND:
                return await driver.resume(own.allocation, own.serial)
            case Intent.RESUME:
                return await driver.suspend(own.allocation, own.serial)
            case Intent.CHANGE | Intent.REPROVISION:
                return await self._give_back()
            case Intent.DISCONNECT:
                applied = await driver.apply(self._as_it_was(own.serial), own.allocation)
                return await self._as_suspended(own.serial, applied)
            case Intent.SWAP:
                new_ont, before = self._known.new_ont, self._known.before
                if new_ont is None or before is None:
                    return NoChange(ref=own.allocation.ref)
                return await self._exchange(self._as_it_was(before), new_ont.serial)
            case Intent.ACTIVATE:
                raise AssertionError("an activation is taken back by its ids")

    async def _do(self) -> Done | Failure:
        own, driver = self._own, self._driver
        match self._process.intent:
            case Intent.SUSPEND:
                return await driver.suspend(own.allocation, own.serial)
            case Intent.RESUME:
                return await driver.resume(own.allocation, own.serial)
            case Intent.CHANGE:
                return await self._change_product()
            case Intent.REPROVISION:
                return await self._reprovision()
            case Intent.DISCONNECT:
                return await driver.remove(own.allocation, own.serial)
            case Intent.SWAP:
                return await self._swap()
            case Intent.ACTIVATE:
                raise AssertionError("an activation registers; it changes nothing that runs")

    async def _swap(self) -> Done | Failure:
        known = self._known
        if known.new_ont is None:
            raise AssertionError("without evidence there is an obstacle")
        spec = known.present.spec(known.new_ont.serial, known.service.id)
        return await self._exchange(spec, known.before or self._own.serial)

    async def _change_product(self) -> Done | Failure:
        """Bring the ONT to the ordered product; where the OLT will not, back to what it had.

        A flow is made anew to be changed. One that is refused must not leave the subscriber dark.
        """
        own, known = self._own, self._known
        spec = known.wanted.spec(own.serial, known.service.id)
        changed = await self._driver.change_profile(spec, own.allocation)
        if not isinstance(changed, PartlyApplied) or changed.may_retry:
            return changed
        restored = await self._driver.change_profile(self._as_it_was(own.serial), own.allocation)
        return changed.because if isinstance(restored, Done) else changed

    async def _give_back(self) -> Done | Failure:
        """Give the ONT again what it had; an OLT that cannot change it has not changed it."""
        own, driver = self._own, self._driver
        if DriverCapability.CHANGE_PROFILE not in driver.capabilities:
            return NoChange(ref=own.allocation.ref)
        return await driver.change_profile(self._as_it_was(own.serial), own.allocation)

    async def _reprovision(self) -> Done | Failure:
        """Register again what is gone, set right what differs, and then switch it on or off.

        An ONT that stands elsewhere on the OLT is refused by the OLT, and one at our ids stays.
        """
        own, driver = self._own, self._driver
        spec = self._known.present.spec(own.serial, self._known.service.id)
        applied = await driver.apply(spec, own.allocation)
        if isinstance(applied, ConfigDiffers):
            applied = await self._change_product()
        if isinstance(applied, IdTaken):
            return ForeignOnt(ref=applied.ref, expected=own.serial, found=applied.taken_by)
        if self._is_suspended or not isinstance(applied, Done):
            return await self._as_suspended(own.serial, applied)
        if DriverCapability.SUSPEND not in driver.capabilities:
            return applied
        return await driver.resume(own.allocation, own.serial)

    async def _exchange(self, spec: OntSpec, replaced: OntSerial) -> Done | Failure:
        """Put one ONT in the place of another, then note it; both may be repeated."""
        own, serial = self._own, spec.serial
        if serial == replaced:
            return NoChange(ref=own.allocation.ref)
        swapped = await self._driver.swap(spec, own.allocation, replaced)
        swapped = await self._as_suspended(serial, swapped)
        if isinstance(swapped, Done):
            await self._store.write(
                reservations.exchange, self._process, serial, act=self._begin_act()
            )
        return swapped

    async def _as_suspended(self, serial: OntSerial, done: Done | Failure) -> Done | Failure:
        """Leave an ONT that was registered anew as dark as the service is to be."""
        if not (self._is_suspended and isinstance(done, Done)):
            return done
        return await self._driver.suspend(self._own.allocation, serial)

    @property
    def _is_suspended(self) -> bool:
        return self._known.service.state is ServiceState.SUSPENDED

    @property
    def _asked(self) -> Flow | None:
        """What the OLT is given by this process, where it gives a flow at all."""
        match self._process.intent:
            case Intent.CHANGE:
                return self._known.wanted
            case Intent.SWAP | Intent.REPROVISION:
                return self._known.present
            case _:
                return None

    def _as_it_was(self, serial: OntSerial) -> OntSpec:
        """Say what the OLT had: what its product asks there by now may never have been there."""
        before = self._own.given or self._known.present
        return before.spec(serial, self._known.service.id)
