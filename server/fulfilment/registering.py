"""Registering an ONT: survey, choose the evidence, reserve ids, write.

Thin: what to do is decided by ``activation.prechecks`` and ``server.fulfilment.choice``; here it is
done, in the order that a crash at any line can bear. Ids are reserved before they are written, and
every write is read back by the driver.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

import msgspec

from activation import prechecks
from activation.driver import OltDriver
from activation.failures import (
    Failure,
    FlowConflict,
    IdTaken,
    OntNotSeen,
    SerialConflict,
)
from activation.prechecks import Register, Resume
from activation.requests import (
    Applied,
    At,
    Many,
    NoChange,
    Observation,
    OntRef,
    Phase,
    Survey,
)
from activation.verification import next_poll_s
from server.acts import Act
from server.database import Store
from server.fulfilment import reservations
from server.fulfilment.choice import Choice, choose
from server.fulfilment.device_failures import after_failure
from server.fulfilment.records import Process
from server.fulfilment.releasing import take_back
from server.fulfilment.reservations import IdsTaken
from server.fulfilment.situation import Reserved, Situation
from server.fulfilment.steps import Advance, Outcome, StepName, Stick, TryAgain
from sync_protocol.serials import OntSerial

LOOK_EVERYWHERE_EACH: Final = 20
"""Attempts: an ONT that is not seen is looked for on the whole OLT, many round trips, at the first
and then every ten minutes."""


class Registration:
    """One attempt to register: the situation, the driver, and the way to reserve ids."""

    def __init__(
        self,
        store: Store,
        process: Process,
        situation: Situation,
        driver: OltDriver,
        *,
        begin_act: Callable[[], Act],
    ) -> None:
        self._store = store
        self._process = process
        self._situation = situation
        self._driver = driver
        self._begin_act = begin_act

    async def run(self) -> Outcome:
        """Register the ONT of the evidence that goes live."""
        own, proven = self._situation.own, self._situation.proven
        if own is not None and own.olt.id != self._situation.route.olt_id:
            return Advance(step=StepName.RELEASE, progress=self._process.progress)
        if not proven:
            return Stick(code="EVIDENCE_INCOMPLETE", detail="no completion stands")
        surveys = await self._survey({each.serial for each in proven})
        failure = next((s for s in surveys.values() if not isinstance(s, Survey)), None)
        if failure is not None:
            return after_failure(failure)
        found = {serial: s for serial, s in surveys.items() if isinstance(s, Survey)}
        choice = choose(proven, await self._lit(found))
        holder = self._situation.holders.get(choice.chosen.serial)
        if holder is not None:
            return Stick(
                code="ONT_SERIAL_DUP",
                detail=f"{choice.chosen.serial} belongs to service {holder}; was a neighbour's "
                "label scanned?",
            )
        if own is not None and not self._is_wanted(own, choice.chosen.serial):
            kept = await self._take_back(own)
            if kept is not None:
                return kept
        return await self._register(choice, found[choice.chosen.serial])

    async def _survey(self, serials: Collection[OntSerial]) -> dict[OntSerial, Survey | Failure]:
        ordered = sorted(serials)
        answers = await asyncio.gather(
            *(
                self._driver.survey(
                    self._situation.port,
                    self._situation.flow.spec(serial, self._process.service_id),
                    promised=self._situation.promised,
                )
                for serial in ordered
            )
        )
        return dict(zip(ordered, answers, strict=True))

    async def _lit(self, surveys: dict[OntSerial, Survey]) -> frozenset[OntSerial]:
        """Say which ONTs the OLT sees on the planned port; asked of it only in doubt."""
        port = self._situation.port
        seen = {
            serial
            for serial, survey in surveys.items()
            if any(each.serial == serial and each.port == port for each in survey.seen.items)
        }
        if len(surveys) > 1:
            for serial, survey in surveys.items():
                if isinstance(survey.located, At) and await self._is_online(
                    survey.located.ref, serial
                ):
                    seen.add(serial)
        return frozenset(seen)

    async def _is_online(self, ref: OntRef, serial: OntSerial) -> bool:
        observation = await self._driver.observe(ref, serial)
        return isinstance(observation, Observation) and observation.phase is Phase.ONLINE

    async def _take_back(self, own: Reserved) -> Outcome | None:
        """Take back what this job registered for another ONT, or on a port that was wrong."""
        return await take_back(
            self._store, self._process, own, self._driver, begin_act=self._begin_act
        )

    async def _register(self, choice: Choice, survey: Survey) -> Outcome:
        serial = choice.chosen.serial
        decision = prechecks.decide(survey, serial)
        if isinstance(decision, OntNotSeen):
            decision = await self._elsewhere(serial) or decision
        if not isinstance(decision, Register | Resume):
            return after_failure(decision)
        reserved = await self._reserved(serial, decision)
        if not isinstance(reserved, Reserved):
            return after_failure(reserved)
        reserved = msgspec.structs.replace(reserved, given=self._situation.flow)
        try:
            await self._store.write(
                reservations.reserve,
                self._process,
                self._situation.route,
                reserved=reserved,
                choice=choice,
                act=self._begin_act(),
            )
        except IdsTaken as error:
            return TryAgain(code="IDS_TAKEN", detail=str(error))
        spec = self._situation.flow.spec(serial, self._process.service_id)
        applied = await self._driver.apply(spec, reserved.allocation)
        if isinstance(applied, IdTaken | FlowConflict):
            await self._store.write(
                reservations.release, self._process, reserved, act=self._begin_act()
            )
            return TryAgain(code=applied.code, detail=str(applied))
        if not isinstance(applied, Applied | NoChange):
            return after_failure(applied)
        return self._registered(choice)

    def _registered(self, choice: Choice) -> Advance:
        now = self._begin_act().now
        return Advance(
            step=StepName.VERIFY_ONLINE,
            progress=msgspec.structs.replace(
                self._process.progress,
                completion_id=choice.chosen.completion_id,
                serial=choice.chosen.serial,
                measured_cdbm=choice.chosen.rx_power_cdbm,
                registered_at=now,
                written_at=now,
                registrations=self._process.progress.registrations + 1,
            ),
            after_s=next_poll_s(0) or 0,
        )

    async def _elsewhere(self, serial: OntSerial) -> SerialConflict | None:
        """Find where else on the OLT an ONT is registered; such a one is not shown as new."""
        if self._process.attempt % LOOK_EVERYWHERE_EACH != 1:
            return None
        match await self._driver.locate(serial):
            case At(ref=ref):
                return SerialConflict(serial=serial, at=(ref,))
            case Many(refs=refs):
                return SerialConflict(serial=serial, at=refs)
            case _:
                return None

    def _is_wanted(self, own: Reserved, serial: OntSerial) -> bool:
        """Say whether a reservation is still what is wanted: the ONT, and the port of the plant."""
        return own.serial == serial and self._situation.is_planned(own)

    async def _reserved(self, serial: OntSerial, decision: Register | Resume) -> Reserved | Failure:
        """Repeat the ids of an earlier attempt: its writes may have been done.

        An ONT that is registered where this job never reserved ids was there before it: by hand,
        or by us in what a restored backup does not know. Its service port is there as well, then.
        """
        own = self._situation.own
        resumed = isinstance(decision, Resume)
        if own is not None and self._is_wanted(own, serial):
            if not resumed:
                return msgspec.structs.replace(own, adopted=False)
            if decision.allocation.ref == own.allocation.ref:
                return own
        allocation = decision.allocation
        if resumed:
            spec = self._situation.flow.spec(serial, self._process.service_id)
            bound = await self._driver.bound(allocation.ref, spec)
            if isinstance(bound, Failure):
                return bound
            if bound is not None:
                allocation = msgspec.structs.replace(allocation, service_port=bound)
        return Reserved(
            olt=self._situation.route.olt,
            serial=serial,
            allocation=allocation,
            adopted=resumed,
        )
