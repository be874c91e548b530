"""The steps that talk to an OLT: load what a step needs, find the driver, act, tell the outcome."""

from collections.abc import Callable
from typing import Final

import msgspec

from activation.registry import DriverUnknown
from server.acts import Act
from server.database import Store
from server.fulfilment import situation
from server.fulfilment.network import CredentialsMissing, Network
from server.fulfilment.records import Process
from server.fulfilment.registering import Registration
from server.fulfilment.releasing import take_back
from server.fulfilment.steps import Advance, Outcome, StepName
from server.fulfilment.verifying import verify_online
from server.problems import NotFound

NOT_CONFIGURED: Final = (NotFound, CredentialsMissing, DriverUnknown)
"""What a step raises when plant or settings lack something; a person has to add it."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a step, and on how many completions it rests where that matters."""

    outcome: Outcome
    evidence_considered: int | None = None


class DeviceSteps:
    """Runs one step under the lease of the running task; decisions are elsewhere, and pure.

    Each raises one of ``NOT_CONFIGURED``, or ``LeaseLost``: stop at once and send nothing more.
    """

    def __init__(self, store: Store, network: Network, begin_act: Callable[[], Act]) -> None:
        self._store = store
        self._network = network
        self._begin_act = begin_act

    async def run(self, process: Process) -> Told:
        """Run the next step of a process."""
        match StepName(process.step):
            case StepName.RELEASE:
                return await self._release(process)
            case StepName.REGISTER:
                return await self._register(process)
            case StepName.VERIFY_ONLINE:
                return await self._verify_online(process)
            case StepName.VERIFY_EVIDENCE | StepName.GO_LIVE:
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
        driver = self._network.driver(place.route.olt)
        outcome = await verify_online(process, place, driver, self._begin_act().now)
        return Told(outcome=outcome, evidence_considered=process.progress.evidence_considered)


def _noting(outcome: Outcome, considered: int) -> Outcome:
    """Keep with the progress how many completions the choice rests on."""
    if not isinstance(outcome, Advance):
        return outcome
    progress = msgspec.structs.replace(outcome.progress, evidence_considered=considered)
    return msgspec.structs.replace(outcome, progress=progress)
