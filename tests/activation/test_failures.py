"""Every failure can be filed, counted and explained, and survives being stored."""

import typing

import msgspec
import pytest

from activation.failures import (
    AuthRejected,
    ConfigDiffers,
    ConfigFailed,
    ConfigPending,
    Failure,
    FlowConflict,
    FlowsExhausted,
    ForeignOnt,
    IdTaken,
    LightOutOfWindow,
    LightUnreadable,
    ListingIncomplete,
    OltBusy,
    OltUnintelligible,
    OltUnreachable,
    OntMismatch,
    OntNotRegistered,
    OntNotSeen,
    OntOffline,
    OntOnOtherPort,
    OutcomeUnknown,
    PartlyApplied,
    PortFull,
    PortUnknown,
    ProfileMissing,
    Refused,
    SerialConflict,
    Unsupported,
    VlanMissing,
)
from activation.requests import ConfigState, OntRef, PonPort, ProfileKind
from sync_protocol.optics import Cause, Verdict
from sync_protocol.serials import OntSerial

PORT = PonPort(frame=0, slot=1, port=0)
OTHER_PORT = PonPort(frame=0, slot=1, port=1)
REF = OntRef(port=PORT, ont_id=5)
SERIAL = OntSerial("HWTC1A2B3C4D")
BUSY = OltBusy(olt="olt:161", detail="gen_err")

# fmt: off
CASES: tuple[tuple[Failure, str, bool | None, bool, str], ...] = (
    # failure, code, touched_device, may_retry, part of its sentence
    (OntNotSeen(serial=SERIAL, port=PORT), "ONT_NOT_SEEN", False, True, "not seen on port 0/1/0"),
    (OntOnOtherPort(serial=SERIAL, planned=PORT, seen_at=OTHER_PORT),
     "ONT_WRONG_PON", False, False, "seen on port 0/1/1, planned is 0/1/0"),
    (SerialConflict(serial=SERIAL, at=(REF,)), "ONT_SERIAL_DUP", False, False, "at 0/1/0:5"),
    (IdTaken(ref=REF, taken_by="ZTEG00000001"), "ONT_ID_TAKEN", False, False, "ZTEG00000001"),
    (ForeignOnt(ref=REF, expected=SERIAL, found="ZTEG00000001"),
     "ONT_FOREIGN", False, False, "expected HWTC1A2B3C4D"),
    (OntNotRegistered(ref=REF, expected=SERIAL), "ONT_NOT_REGISTERED", False, True, "empty"),
    (ConfigDiffers(ref=REF, differences=("VLAN is 1, specified 2",)),
     "ONT_CONFIG_DIFFERS", False, False, "VLAN is 1"),
    (PortFull(port=PORT), "PORT_FULL", False, False, "0/1/0"),
    (PortUnknown(port=PORT), "PORT_UNKNOWN", False, False, "0/1/0"),
    (ProfileMissing(kind=ProfileKind.LINE, name="x"), "PROFILE_MISSING", False, False, "line"),
    (FlowConflict(service_port=7, taken_by=REF), "FLOW_CONFLICT", False, False, "0/1/0:5"),
    (FlowsExhausted(port=PORT), "FLOWS_EXHAUSTED", False, False, "service port"),
    (VlanMissing(vlan=100), "VLAN_MISSING", False, False, "100"),
    (OntOffline(ref=REF, down_cause="dying gasp"), "ONT_OFFLINE", True, True, "dying gasp"),
    (ConfigFailed(ref=REF, state=ConfigState.FAILED), "ONT_CONFIG_FAILED", True, False, "failed"),
    (ConfigPending(ref=REF, state=ConfigState.INITIAL),
     "ONT_CONFIG_PENDING", True, True, "initial"),
    (OntMismatch(ref=REF), "ONT_MISMATCH", True, False, "0/1/0:5"),
    (LightOutOfWindow(ref=REF, rx_power_cdbm=-3105, predicted_cdbm=-1910, verdict=Verdict.FAIL,
                      causes=(Cause.DIRTY_OR_BENT,)),
     "LIGHT_OUT_OF_WINDOW", True, False, "-31.05 dBm"),
    (LightUnreadable(ref=REF, reason="not measured"), "LIGHT_UNREADABLE", True, True, "measured"),
    (OltUnreachable(olt="olt:161", detail="silence"), "OLT_UNREACHABLE", False, True, "olt:161"),
    (BUSY, "OLT_BUSY", False, True, "olt:161"),
    (OltUnintelligible(olt="olt:161", detail="x"), "OLT_UNINTELLIGIBLE", False, False, "olt:161"),
    (AuthRejected(olt="olt:161", detail="no_access"), "AUTH_REJECTED", False, False, "no_access"),
    (OutcomeUnknown(step="the registration", detail="silence"),
     "OUTCOME_UNKNOWN", None, True, "the registration"),
    (Refused(step="the registration", status="wrong_value", oid="1.3.6"),
     "OLT_REFUSED", False, False, "wrong_value at 1.3.6"),
    (ListingIncomplete(table="ONTs", detail="cut"), "LISTING_INCOMPLETE", False, True, "ONTs"),
    (Unsupported(what="registering", detail="no"), "UNSUPPORTED", False, False, "registering"),
    (PartlyApplied(ref=REF, done=("registration",), because=BUSY),
     "PARTIAL_CONFIG", True, True, "registration done, then olt:161 is busy"),
    (PartlyApplied(ref=REF, done=("registration",), because=VlanMissing(vlan=100)),
     "PARTIAL_CONFIG", True, False, "refuses VLAN 100"),
)
# fmt: on


@pytest.mark.parametrize(("failure", "code", "touched", "retry", "said"), CASES)
def test_a_failure_says_its_code_what_it_touched_and_whether_to_retry(
    failure: Failure,
    code: str,
    touched: bool | None,  # noqa: FBT001  a column of the table
    retry: bool,  # noqa: FBT001  a column of the table
    said: str,
) -> None:
    assert (failure.code, failure.touched_device, failure.may_retry) == (code, touched, retry)
    assert said in str(failure)


@pytest.mark.parametrize("failure", [case[0] for case in CASES])
def test_a_failure_is_stored_under_its_code_and_read_again(failure: Failure) -> None:
    stored = msgspec.json.encode(failure)

    assert msgspec.json.decode(stored)["code"] == failure.code
    assert msgspec.json.decode(stored, type=Failure) == failure


def test_the_table_above_leaves_no_failure_out() -> None:
    assert {type(case[0]) for case in CASES} == set(typing.get_args(Failure))


def test_no_two_failures_share_a_code() -> None:
    codes = [(type(case[0]), case[1]) for case in CASES]

    assert len(set(codes)) == len({code for _, code in codes})
