"""Verifying that a registered ONT is live: one look, and when to look again."""

from datetime import datetime
from typing import TypeGuard

import msgspec

from activation.driver import OltDriver
from activation.failures import Failure, OntNotRegistered
from activation.requests import Observation
from activation.verification import (
    Finding,
    NotYet,
    Refuted,
    Verified,
    judge_observation,
    next_poll_s,
)
from server.fulfilment.device_failures import after_failure
from server.fulfilment.records import Intent, Process, Progress
from server.fulfilment.situation import Place, Reserved
from server.fulfilment.steps import Advance, Hold, Outcome, StepName, Stick, Wait, following
from sync_protocol.optics import PathUnknown, Verdict, judge


async def verify_online(
    process: Process, place: Place, driver: OltDriver, now: datetime
) -> Outcome:
    """Look once whether the ONT is live; the poll schedule says when to look again."""
    own, registered_at = place.own, process.progress.registered_at
    is_swap = process.intent is Intent.SWAP
    writing = StepName.SWAP if is_swap else StepName.REGISTER
    if own is None or registered_at is None:
        return Advance(step=writing, progress=process.progress)
    if not (is_swap or place.is_planned(own)):
        # The plant was corrected since: it is registered where no light of this house arrives. A
        # swap stays at the ids that the service has; where those are wrong, a person moves it.
        return Advance(step=StepName.REGISTER, progress=process.progress)
    try:
        found = await _look(driver, own, place)
        fails = _measured_fails(process, place)
    except PathUnknown as error:
        return Stick(code="PLANT_UNKNOWN", detail=str(error))
    match found:
        case Lost():
            pause_s = _pause_s(process.progress.registrations)
            return Advance(step=writing, progress=process.progress, after_s=pause_s)
        case Verified() | NotYet() | Refuted():
            progress = msgspec.structs.replace(process.progress, measured_fails=fails)
            return _after_finding(process.intent, progress, found, registered_at, now)
        case failure:
            return after_failure(failure)


class Lost(msgspec.Struct, frozen=True):
    """The OLT restarted before it had saved: the ids are still ours, and the write is repeated."""


async def _look(driver: OltDriver, own: Reserved, place: Place) -> Finding | Lost | Failure:
    """Look at an ONT, and at its service port once all else is well.

    Raises:
        PathUnknown: the plant names an optic class or a splitter without a table value.
    """
    observation = await driver.observe(own.allocation.ref, own.serial)
    if isinstance(observation, OntNotRegistered):
        return Lost()
    if not isinstance(observation, Observation):
        return observation
    finding = judge_observation(observation, own.serial, place.route.light_path)
    if not isinstance(finding, Verified):
        return finding
    carries = await driver.carries(own.allocation)
    if isinstance(carries, bool):
        return finding if carries else Lost()
    return carries


def is_verified(outcome: Outcome, intent: Intent) -> TypeGuard[Advance]:
    """Say whether a look ended with everything proven that an OLT can tell. Pure."""
    return isinstance(outcome, Advance) and outcome.step == following(
        intent, StepName.VERIFY_ONLINE
    )


def _measured_fails(process: Process, place: Place) -> bool:
    """Say whether the technician's own reading is one that this path should never give.

    It holds nothing up: the ONT's reading is taken where the light arrives. A person sees that the
    two disagree; docs/adr/0009 says why.
    """
    measured_cdbm = process.progress.measured_cdbm
    if measured_cdbm is None:
        return False
    return judge(measured_cdbm, place.route.light_path).verdict is Verdict.FAIL


def _pause_s(registrations: int) -> float:
    """Repeat a lost registration at once, and then more and more slowly, up to ten minutes."""
    return 0 if registrations <= 1 else min(30 * 2 ** (registrations - 2), 600)


def _after_finding(
    intent: Intent, progress: Progress, finding: Finding, registered_at: datetime, now: datetime
) -> Outcome:
    match finding:
        case Verified():
            return Advance(
                step=following(intent, StepName.VERIFY_ONLINE),
                progress=msgspec.structs.replace(
                    progress, live_at=now, rx_power_cdbm=finding.rx_power_cdbm
                ),
            )
        case NotYet(reason=reason):
            wait_s = next_poll_s((now - registered_at).total_seconds())
            if wait_s is None:
                return Hold(code=reason.code, detail=str(reason))
            return Wait(after_s=wait_s, code=reason.code)
        case Refuted(failure=failure):
            return Stick(code=failure.code, detail=str(failure))
