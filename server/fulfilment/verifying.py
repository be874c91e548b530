"""Verifying that a registered ONT is live: one look, and when to look again."""

from datetime import datetime

import msgspec

from activation.driver import OltDriver
from activation.failures import OntNotRegistered
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
from server.fulfilment.records import Process
from server.fulfilment.situation import Situation
from server.fulfilment.steps import Advance, Hold, Outcome, StepName, Stick, Wait
from sync_protocol.optics import PathUnknown


async def verify_online(
    process: Process, situation: Situation, driver: OltDriver, now: datetime
) -> Outcome:
    """Look once whether the ONT is live; the poll schedule says when to look again."""
    own, registered_at = situation.own, process.progress.registered_at
    if own is None or registered_at is None:
        return Advance(step=StepName.REGISTER, progress=process.progress)
    if own.allocation.ref.port != situation.port:
        # The plant was corrected since: it is registered where no light of this house arrives.
        return Advance(step=StepName.REGISTER, progress=process.progress)
    observation = await driver.observe(own.allocation.ref, own.serial)
    if isinstance(observation, OntNotRegistered):
        # The OLT restarted before it had saved: the ids are still ours, the write is repeated.
        return Advance(
            step=StepName.REGISTER,
            progress=process.progress,
            after_s=_pause_s(process.progress.registrations),
        )
    if not isinstance(observation, Observation):
        return after_failure(observation)
    try:
        finding = judge_observation(observation, own.serial, situation.route.light_path)
    except PathUnknown as error:
        return Stick(code="PLANT_UNKNOWN", detail=str(error))
    return _after_finding(process, finding, registered_at, now)


def _pause_s(registrations: int) -> float:
    """Repeat a lost registration at once, and then more and more slowly, up to ten minutes."""
    return 0 if registrations <= 1 else min(30 * 2 ** (registrations - 2), 600)


def _after_finding(
    process: Process, finding: Finding, registered_at: datetime, now: datetime
) -> Outcome:
    match finding:
        case Verified():
            return Advance(
                step=StepName.GO_LIVE,
                progress=msgspec.structs.replace(
                    process.progress, live_at=now, rx_power_cdbm=finding.rx_power_cdbm
                ),
            )
        case NotYet(reason=reason):
            wait_s = next_poll_s((now - registered_at).total_seconds())
            if wait_s is None:
                return Hold(code=reason.code, detail=str(reason))
            return Wait(after_s=wait_s, code=reason.code)
        case Refuted(failure=failure):
            return Stick(code=failure.code, detail=str(failure))
