"""When an ONT counts as live, and when to look again."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from activation.requests import (
    ConfigState,
    MatchState,
    NotReadable,
    Observation,
    OntRef,
    Phase,
    PonPort,
    Reading,
)
from activation.verification import (
    POLL_AFTER_S,
    NotYet,
    Refuted,
    Verified,
    judge_observation,
    next_poll_s,
)
from sync_protocol.optics import LightPath, Verdict, predict
from sync_protocol.serials import OntSerial

SERIAL = OntSerial("HWTC1A2B3C4D")
REF = OntRef(port=PonPort(frame=0, slot=1, port=0), ont_id=5)
PATH = LightPath(
    optic_class="GPON_B+",
    splitter_ratios=(8, 4),
    feeder_length_m=4000,
    distribution_length_m=600,
    drop_length_m=80,
    connectors=4,
    splices=6,
)
PREDICTED = predict(PATH).rx_power_cdbm
UP = Observation(
    ref=REF,
    serial_registered=SERIAL,
    serial_seen=SERIAL,
    phase=Phase.ONLINE,
    config=ConfigState.NORMAL,
    match=MatchState.MATCH,
    distance_m=4700,
    down_cause=None,
    ont_rx=Reading(power_cdbm=PREDICTED - 30),
    olt_rx=NotReadable(reason="none"),
)


def seen(**changes: object) -> Observation:
    return msgspec.structs.replace(UP, **changes)


def test_an_ont_that_is_up_with_its_light_is_verified() -> None:
    finding = judge_observation(UP, SERIAL, PATH)

    assert isinstance(finding, Verified)
    assert finding.rx_power_cdbm == PREDICTED - 30
    assert (finding.light.verdict, finding.light.deviation_cdb) == (Verdict.OK, -30)
    assert finding.concerns == ()


@pytest.mark.parametrize(("observation", "reason"), [
    (seen(phase=Phase.OFFLINE, down_cause="dying gasp"),
     OntOffline(ref=REF, down_cause="dying gasp")),
    (seen(phase=Phase.UNKNOWN), OntOffline(ref=REF, down_cause=None)),
    (seen(config=ConfigState.INITIAL), ConfigPending(ref=REF, state=ConfigState.INITIAL)),
    (seen(config=ConfigState.CONFIGURING), ConfigPending(ref=REF, state=ConfigState.CONFIGURING)),
    (seen(config=ConfigState.UNKNOWN), ConfigPending(ref=REF, state=ConfigState.UNKNOWN)),
    (seen(serial_seen=None), ConfigPending(ref=REF, state=ConfigState.NORMAL)),
    (seen(ont_rx=NotReadable(reason="sentinel")), LightUnreadable(ref=REF, reason="sentinel")),
])  # fmt: skip
def test_an_ont_on_its_way_up_is_looked_at_again(observation: Observation, reason: Failure) -> None:
    assert judge_observation(observation, SERIAL, PATH) == NotYet(reason=reason)


@pytest.mark.parametrize(("observation", "failure"), [
    (seen(serial_seen="ZTEG00000001"),
     ForeignOnt(ref=REF, expected=SERIAL, found="ZTEG00000001")),
    (seen(serial_registered="ZTEG00000001", phase=Phase.OFFLINE),
     ForeignOnt(ref=REF, expected=SERIAL, found="ZTEG00000001")),
    (seen(config=ConfigState.FAILED), ConfigFailed(ref=REF, state=ConfigState.FAILED)),
    (seen(config=ConfigState.NOT_RESTORED), ConfigFailed(ref=REF, state=ConfigState.NOT_RESTORED)),
])  # fmt: skip
def test_what_waiting_does_not_mend_is_refuted(observation: Observation, failure: Failure) -> None:
    assert judge_observation(observation, SERIAL, PATH) == Refuted(failure=failure)


def test_light_that_the_path_cannot_give_is_refuted_with_both_values() -> None:
    finding = judge_observation(seen(ont_rx=Reading(power_cdbm=-3100)), SERIAL, PATH)

    assert isinstance(finding, Refuted)
    assert isinstance(finding.failure, LightOutOfWindow)
    assert finding.failure.rx_power_cdbm == -3100
    assert finding.failure.predicted_cdbm == PREDICTED


@pytest.mark.parametrize(("offset_cdb", "verdict"), [(-400, "marginal"), (400, "too_good")])
def test_doubtful_light_is_verified_and_keeps_its_verdict(offset_cdb: int, verdict: str) -> None:
    level = Reading(power_cdbm=PREDICTED + offset_cdb)

    finding = judge_observation(seen(ont_rx=level), SERIAL, PATH)

    assert isinstance(finding, Verified)
    assert finding.light.verdict == verdict


def test_a_mismatch_is_a_concern_and_no_failure() -> None:
    finding = judge_observation(seen(match=MatchState.MISMATCH), SERIAL, PATH)

    assert isinstance(finding, Verified)
    assert finding.concerns == (OntMismatch(ref=REF),)


@given(st.floats(min_value=0, max_value=1000))
def test_the_next_look_is_the_next_of_the_schedule(elapsed_s: float) -> None:
    wait_s = next_poll_s(elapsed_s)

    later = [due for due in POLL_AFTER_S if due > elapsed_s]
    assert wait_s == (later[0] - elapsed_s if later else None)
    assert wait_s is None or wait_s > 0


def test_following_the_schedule_looks_at_each_of_its_instants_and_ends() -> None:
    elapsed_s: float = 0
    looked: list[float] = []
    while (wait_s := next_poll_s(elapsed_s)) is not None:
        elapsed_s += wait_s
        looked.append(elapsed_s)

    assert looked == [2, 8, 15, 30, 60, 90, 120, 150, 180]
