"""The steps that talk to an OLT: load what a step needs, find the driver, act, tell the outcome."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from activation.driver import DriverCapability, OltDriver
from activation.failures import ForeignOnt, IdTaken, OntNotRegistered
from activation.registry import DriverUnknown
from server.acts import Act
from server.database import Store
from server.fulfilment import service_situation, situation
from server.fulfilment.changing import Changing, Done, place_to_write
from server.fulfilment.device_failures import after_failure
from server.fulfilment.network import CredentialsMissing, Network
from server.fulfilment.records import Intent, Process
from server.fulfilment.registering import Registration
from server.fulfilment.releasing import take_back
from server.fulfilment.saving import save
from server.fulfilment.service_situation import ServiceSituation
from server.fulfilment.session_proof import Proof, SessionProof
from server.fulfilment.situation import Reserved
from server.fulfilment.steps import Advance, Outcome, StepName, following
from server.fulfilment.verifying import is_verified, verify_online
from server.problems import NotFound
from server.session_sources.sources import SessionSources

NOT_CONFIGURED: Final = (NotFound, CredentialsMissing, DriverUnknown)
"""What a step raises when plant or settings lack something; a person has to add it."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a step, and on how many completions it rests where that matters."""

    outcome: Outcome
    evidence_considered: int | None = None
    detail: Mapping[str, Any] = {}
    """What else was found, for the attempt."""


class DeviceSteps:
    """Runs one step under the lease of the running task; decisions are elsewhere, and pure.

    Each raises one of ``NOT_CONFIGURED``, or ``LeaseLost``: stop at once and send nothing more.
    """

    def __init__(
        self,
        store: Store,
        network: Network,
        begin_act: Callable[[], Act],
        *,
        sources: SessionSources | None,
    ) -> None:
        self._store = store
        self._network = network
        self._begin_act = begin_act
        self._session_proof = SessionProof(store, sources)

    async def run(self, process: Process) -> Told:
        """Run the next step of a process."""
        match StepName(process.step):
            case StepName.RELEASE:
                return await self._release(process)
            case StepName.REGISTER:
                return await self._register(process)
            case StepName.VERIFY_ONLINE:
                return await self._verify_online(process)
            case (
                StepName.SUSPEND
                | StepName.RESUME
                | StepName.CHANGE
                | StepName.SWAP
                | StepName.REPROVISION
                | StepName.DISCONNECT
            ):
                return await self._change(process)
            case StepName.SAVE:
                return await self._save(process)
            case StepName.UNDO:
                return await self._undo(process)
            case StepName.VERIFY_EVIDENCE | StepName.GO_LIVE | StepName.SETTLE | StepName.CALL_OFF:
                raise AssertionError(f"{process.step} talks to no device")

    async def _release(self, process: Process) -> Told:
        """Take back what was registered on an OLT that the plant no longer leads to."""
        own = await self._store.read(situation.load_reserved, process.service_id)
        if own is not None:
            driver = self._network.driver(own.olt)
            kept = await take_back(self._store, process, own, driver, begin_act=self._begin_act)
            if kept is not None:
                return Told(outcome=kept)
        return Told(outcome=Advance(step=StepName.REGISTER, progress=process.progress))

    async def _register(self, process: Process) -> Told:
        known = await self._store.read(situation.load, process)
        driver = self._network.driver(known.route.olt)
        registration = Registration(self._store, process, known, driver, begin_act=self._begin_act)
        considered = len(known.evidence)
        outcome = _noting(await registration.run(), considered)
        return Told(outcome=outcome, evidence_considered=considered)

    async def _verify_online(self, process: Process) -> Told:
        place = await self._store.read(situation.load_place, process)
        # A swap stays at the ids that the service has, whatever the plant says by now.
        at_ids = place.own if process.intent is Intent.SWAP else None
        driver = self._network.driver(place.route.olt if at_ids is None else at_ids.olt)
        now = self._begin_act().now
        proof = Proof(outcome=await verify_online(process, place, driver, now))
        if place.own is not None and is_verified(proof.outcome, process.intent):
            proof = await self._session_proof.prove(process, place.own, proof.outcome, now)
        return Told(
            outcome=past_save(process.intent, proof.outcome, driver),
            evidence_considered=process.progress.evidence_considered,
            detail=proof.detail,
        )

    async def _change(self, process: Process) -> Told:
        known = await self._store.read(service_situation.load, process)
        own = place_to_write(process, known)
        if not isinstance(own, Reserved):
            return Told(outcome=own)
        driver = self._network.driver(own.olt)
        outcome = await self._changing(process, known, own, driver).run()
        return Told(outcome=past_save(process.intent, outcome, driver))

    async def _save(self, process: Process) -> Told:
        own = await self._store.read(situation.load_reserved, process.service_id)
        progress = process.progress
        if own is not None:
            driver = self._network.driver(own.olt)
            progress = await save(
                self._store, process, own.olt.id, driver, begin_act=self._begin_act
            )
        step = following(process.intent, StepName.SAVE)
        return Told(outcome=Advance(step=step, progress=progress))

    async def _undo(self, process: Process) -> Told:
        """Take back what this process made; what is not known to be gone keeps its ids."""
        known = await self._store.read(service_situation.load, process)
        done = Told(outcome=Advance(step=StepName.CALL_OFF, progress=process.progress))
        if known.own is None:
            return done
        driver = self._network.driver(known.own.olt)
        if process.intent is Intent.ACTIVATE:
            kept = await take_back(
                self._store, process, known.own, driver, begin_act=self._begin_act
            )
            return done if kept is None else Told(outcome=kept)
        undone = await self._changing(process, known, known.own, driver).undo()
        if isinstance(undone, Done | NOTHING_OF_OURS):
            return done
        return Told(outcome=after_failure(undone))

    def _changing(
        self, process: Process, known: ServiceSituation, own: Reserved, driver: OltDriver
    ) -> Changing:
        return Changing(self._store, process, known, own, driver, begin_act=self._begin_act)


NOTHING_OF_OURS = OntNotRegistered | ForeignOnt | IdTaken
"""At the ids stands no ONT of this service: nothing is to be taken back there."""


def past_save(intent: Intent, outcome: Outcome, driver: OltDriver) -> Outcome:
    """Leave saving out where the OLT cannot be told to. Pure."""
    if not isinstance(outcome, Advance) or outcome.step is not StepName.SAVE:
        return outcome
    if DriverCapability.SAVE_CONFIGURATION in driver.capabilities:
        return outcome
    return msgspec.structs.replace(outcome, step=following(intent, StepName.SAVE))


def _noting(outcome: Outcome, considered: int) -> Outcome:
    """Keep with the progress how many completions the choice rests on."""
    if not isinstance(outcome, Advance):
        return outcome
    progress = msgspec.structs.replace(outcome.progress, evidence_considered=considered)
    return msgspec.structs.replace(outcome, progress=progress)
