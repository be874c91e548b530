"""When an ONT counts as live: the judgement of one observation, and when to look again. Pure.

A registration that was written is only a promise. The service is live when the ONT itself is seen
with its serial, configured, and with light that its path can give; until then it is held.
"""

from typing import Final

import msgspec

from activation.failures import (
    ConfigFailed,
    ConfigPending,
    Failure,
    ForeignOnt,
    LightOutOfWindow,
    LightUnreadable,
    OntMismatch,
    OntOffline,
)
from activation.requests import ConfigState, MatchState, NotReadable, Observation, Phase
from sync_protocol.optics import Judgement, LightPath, Verdict, judge
from sync_protocol.serials import OntSerial
from sync_protocol.units import RxPowerCdbm

POLL_AFTER_S: Final = (2, 8, 15, 30, 60, 90, 120, 150, 180)
"""Seconds after the registration. An ONT takes 5 to 40 s to come up; most are caught at 8 or 15.
The first look catches one that was up already: each look costs the ONT an exchange."""


class Verified(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Online, configured, the right serial, and light as the path can give it."""

    rx_power_cdbm: RxPowerCdbm
    light: Judgement
    concerns: tuple[OntMismatch, ...] = ()
    """What a person should look at although the service runs."""


class NotYet(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Look again; ``reason`` is the failure to report when patience ends."""

    reason: Failure


class Refuted(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Waiting will not help."""

    failure: Failure


Finding = Verified | NotYet | Refuted


def judge_observation(observation: Observation, expected: OntSerial, path: LightPath) -> Finding:
    """Judge whether an ONT is live.

    Light that is too good or marginal is verified with its judgement: the network works, and what
    to do about the path is a policy of the operator. A mismatch of ports is a concern only, since
    Huawei forwards all the same.

    Raises:
        PathUnknown: the plant names an optic class or a splitter without a table value.
    """
    foreign = _foreign_serial(observation, expected)
    if foreign is not None:
        return Refuted(failure=foreign)
    if observation.phase is not Phase.ONLINE:
        return NotYet(reason=OntOffline(ref=observation.ref, down_cause=observation.down_cause))
    if observation.config in {ConfigState.FAILED, ConfigState.NOT_RESTORED}:
        return Refuted(failure=ConfigFailed(ref=observation.ref, state=observation.config))
    if observation.config is not ConfigState.NORMAL or observation.serial_seen is None:
        return NotYet(reason=ConfigPending(ref=observation.ref, state=observation.config))
    return _judge_light(observation, path)


def next_poll_s(elapsed_s: float) -> float | None:
    """Say how long to wait for the next look; None when patience has ended.

    >>> next_poll_s(0), next_poll_s(2), next_poll_s(5.5), next_poll_s(180)
    (2, 6, 2.5, None)
    """
    return next((due - elapsed_s for due in POLL_AFTER_S if due > elapsed_s), None)


def _foreign_serial(observation: Observation, expected: OntSerial) -> ForeignOnt | None:
    for found in (observation.serial_registered, observation.serial_seen):
        if found is not None and found != expected:
            return ForeignOnt(ref=observation.ref, expected=expected, found=found)
    return None


def _judge_light(observation: Observation, path: LightPath) -> Finding:
    ref = observation.ref
    if isinstance(observation.ont_rx, NotReadable):
        return NotYet(reason=LightUnreadable(ref=ref, reason=observation.ont_rx.reason))
    rx_power_cdbm = observation.ont_rx.power_cdbm
    light = judge(rx_power_cdbm, path)
    if light.verdict is Verdict.FAIL:
        return Refuted(
            failure=LightOutOfWindow(
                ref=ref,
                rx_power_cdbm=rx_power_cdbm,
                predicted_cdbm=light.predicted_cdbm,
                verdict=light.verdict,
                causes=light.causes,
            )
        )
    mismatch = observation.match is MatchState.MISMATCH
    concerns = (OntMismatch(ref=ref),) if mismatch else ()
    return Verified(rx_power_cdbm=rx_power_cdbm, light=light, concerns=concerns)
