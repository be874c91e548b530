"""Registering on an OLT in memory that can be made to misbehave."""

import pytest

from activation.drivers.huawei.olt import HuaweiOlt
from activation.drivers.huawei.rows import SpecNotEncodable
from activation.failures import (
    AuthRejected,
    ConfigDiffers,
    Failure,
    FlowConflict,
    IdTaken,
    OltBusy,
    OltUnreachable,
    OutcomeUnknown,
    PartlyApplied,
    PortFull,
    ProfileMissing,
    Refused,
    SerialConflict,
    VlanMissing,
)
from activation.prechecks import Register, decide
from activation.requests import (
    Allocation,
    Applied,
    NoChange,
    OntRef,
    ProfileKind,
    Survey,
)
from activation.snmp import ErrorStatus
from sync_protocol.serials import OntSerial, serial_bytes
from tests.activation.fake_olt import (
    IF_INDEX,
    OTHER_IF_INDEX,
    OTHER_PORT,
    OTHER_SERIAL,
    PORT,
    SERIAL,
    FakeOlt,
    Mishap,
    a_spec,
)

REF = OntRef(port=PORT, ont_id=0)
ALLOCATION = Allocation(ref=REF, service_port=1)
SERIAL_COLUMN = "1.3.6.1.4.1.2011.6.128.1.1.2.43.1.3"


async def test_an_ont_is_registered_and_bound(olt: FakeOlt, driver: HuaweiOlt) -> None:
    result = await driver.apply(a_spec(), ALLOCATION)

    assert result == Applied(allocation=ALLOCATION)
    assert olt.serials() == {f"{IF_INDEX}.0": serial_bytes(SERIAL)}
    assert olt.service_ports() == {"1": 0}


async def test_the_registration_is_one_request_of_seven_values(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    prefix, index = "1.3.6.1.4.1.2011.6.128.1.1.2.43.1.", f".{IF_INDEX}.0"
    columns = [b.oid.removeprefix(prefix).removesuffix(index) for b in olt.writes[0]]
    assert columns == ["2", "3", "6", "10", "7", "8", "9"]
    assert [b.value for b in olt.writes[0]] == [
        1, bytes.fromhex("485754431a2b3c4d"), 1, 4, b"line-100", b"srv-hgu", b"svc 7",
    ]  # fmt: skip


async def test_the_service_port_is_one_request_of_twelve_values(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    prefix = "1.3.6.1.4.1.2011.5.14.5.2.1."
    written = {b.oid.removeprefix(prefix).removesuffix(".1"): b.value for b in olt.writes[1]}
    assert written == {
        "2": 0, "3": 1, "4": 0, "5": 0, "6": 1, "7": 4, "8": 100, "11": 1, "12": 101, "15": 4,
        "22": b"up-100", "21": b"down-100",
    }  # fmt: skip


async def test_the_same_request_again_writes_nothing(olt: FakeOlt, driver: HuaweiOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)

    again = [await driver.apply(a_spec(), ALLOCATION) for _ in range(10)]

    assert again == [NoChange(ref=REF)] * 10
    assert len(olt.writes) == 2


async def test_a_whole_registration_takes_six_round_trips_even_on_a_cold_driver(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.plug_in(SERIAL)
    olt.plug_in(OTHER_SERIAL, OTHER_IF_INDEX)

    survey = await driver.survey(PORT, a_spec())
    assert isinstance(survey, Survey)
    decision = decide(survey, SERIAL)
    assert isinstance(decision, Register)
    await driver.apply(a_spec(), decision.allocation)

    assert olt.rounds == 6


@pytest.mark.parametrize(
    "mishap", [Mishap.REPLY_LOST, Mishap.REPLY_GARBLED, Mishap.DELIVERED_TWICE]
)
@pytest.mark.parametrize("lost_write", [0, 1])
async def test_a_write_whose_answer_misleads_is_found_by_reading_back(
    olt: FakeOlt, driver: HuaweiOlt, mishap: Mishap, lost_write: int
) -> None:
    olt.misbehave(*[_nothing] * lost_write, mishap)

    result = await driver.apply(a_spec(), ALLOCATION)

    assert result == Applied(allocation=ALLOCATION)
    assert len(olt.writes) == 2


async def test_a_lost_write_is_unknown_and_never_sent_a_second_time(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.misbehave(Mishap.REQUEST_LOST)

    result = await driver.apply(a_spec(), ALLOCATION)

    assert isinstance(result, OutcomeUnknown)
    assert (result.touched_device, result.may_retry, len(olt.writes)) == (None, True, 1)
    assert await driver.apply(a_spec(), ALLOCATION) == Applied(allocation=ALLOCATION)


async def test_an_olt_that_falls_silent_after_the_write_leaves_the_outcome_unknown(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.misbehave(Mishap.DONE_THEN_SILENT)

    unknown = await driver.apply(a_spec(), ALLOCATION)
    while_silent = await driver.apply(a_spec(), ALLOCATION)
    olt.silent = False
    afterwards = await driver.apply(a_spec(), ALLOCATION)

    assert isinstance(unknown, OutcomeUnknown)
    assert isinstance(while_silent, OltUnreachable)
    assert afterwards == Applied(allocation=ALLOCATION)
    assert len(olt.writes) == 2


async def test_an_accepted_write_that_cannot_be_read_back_is_not_believed(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.misbehave(Mishap.ANSWERED_NOT_DONE)

    assert isinstance(await driver.apply(a_spec(), ALLOCATION), OutcomeUnknown)


async def test_a_failure_after_the_registration_is_partial_and_resumed(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.misbehave(_nothing, ErrorStatus(status=5, oid=None))

    partial = await driver.apply(a_spec(), ALLOCATION)
    resumed = await driver.apply(a_spec(), ALLOCATION)

    assert isinstance(partial, PartlyApplied)
    assert (partial.done, partial.touched_device, partial.may_retry) == (
        ("registration",),
        True,
        True,
    )
    assert isinstance(partial.because, OltBusy)
    assert resumed == Applied(allocation=ALLOCATION)
    assert len(olt.writes) == 3


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (5, OltBusy), (13, OltBusy), (6, AuthRejected), (16, AuthRejected), (17, AuthRejected),
        (14, OutcomeUnknown), (15, OutcomeUnknown), (7, Refused), (99, Refused),
    ],
)  # fmt: skip
async def test_each_refusal_of_a_registration_has_its_meaning(
    olt: FakeOlt, driver: HuaweiOlt, status: int, expected: type[Failure]
) -> None:
    olt.misbehave(ErrorStatus(status=status, oid=None))

    result = await driver.apply(a_spec(), ALLOCATION)

    assert type(result) is expected
    assert not olt.serials()


async def test_an_id_taken_by_another_serial_is_left_alone(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.register(OTHER_SERIAL, IF_INDEX, 0)

    result = await driver.apply(a_spec(), ALLOCATION)

    assert result == IdTaken(ref=REF, taken_by=OTHER_SERIAL)
    assert not olt.writes


async def test_an_id_taken_between_reading_and_writing_is_noticed(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.misbehave(lambda: olt.register(OTHER_SERIAL, IF_INDEX, 0))

    assert await driver.apply(a_spec(), ALLOCATION) == IdTaken(ref=REF, taken_by=OTHER_SERIAL)


async def test_a_service_port_of_another_ont_is_left_alone(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.bind(1, c5=9)

    result = await driver.apply(a_spec(), ALLOCATION)

    assert result == FlowConflict(service_port=1, taken_by=OntRef(port=PORT, ont_id=9))
    assert not olt.writes


async def test_a_registration_with_other_profiles_is_reported_and_left_as_it_is(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(SERIAL, IF_INDEX, 0)

    result = await driver.apply(a_spec(line_profile="line-500"), ALLOCATION)

    assert result == ConfigDiffers(
        ref=REF, differences=("line profile is 'line-100', specified 'line-500'",)
    )
    assert not olt.writes


async def test_a_serial_registered_elsewhere_is_named_with_its_place_by_the_log(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(SERIAL, OTHER_IF_INDEX, 4)
    olt.log_conflict(SERIAL, IF_INDEX, (OTHER_IF_INDEX, 4))
    olt.walk_ends = {SERIAL_COLUMN: 0}

    result = await driver.apply(a_spec(), ALLOCATION)

    place = OntRef(port=OTHER_PORT, ont_id=4)
    assert result == SerialConflict(serial=SERIAL, at=(place,))
    assert not olt.service_ports()


async def test_without_a_log_the_place_of_a_double_is_found_by_walking(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(SERIAL, OTHER_IF_INDEX, 4)

    result = await driver.apply(a_spec(), ALLOCATION)

    assert result == SerialConflict(serial=SERIAL, at=(OntRef(port=OTHER_PORT, ont_id=4),))


async def test_an_old_log_entry_is_not_believed(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.log_conflict(SERIAL, IF_INDEX, (OTHER_IF_INDEX, 4))
    olt.misbehave(ErrorStatus(status=12, oid=None))

    assert isinstance(await driver.apply(a_spec(), ALLOCATION), Refused)


async def test_a_missing_profile_is_named(olt: FakeOlt, driver: HuaweiOlt) -> None:
    result = await driver.apply(a_spec(line_profile="line-9"), ALLOCATION)

    assert result == ProfileMissing(kind=ProfileKind.LINE, name="line-9")
    assert not olt.serials()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("8", VlanMissing(vlan=100)),
        ("22", ProfileMissing(kind=ProfileKind.TRAFFIC, name="up-100")),
        ("21", ProfileMissing(kind=ProfileKind.TRAFFIC, name="down-100")),
    ],
)
async def test_a_refused_service_port_names_its_reason(
    olt: FakeOlt, driver: HuaweiOlt, column: str, expected: Failure
) -> None:
    olt.register(SERIAL, IF_INDEX, 0)
    olt.misbehave(ErrorStatus(status=12, oid=f"1.3.6.1.4.1.2011.5.14.5.2.1.{column}.1"))

    assert await driver.apply(a_spec(), ALLOCATION) == expected


async def test_a_full_port_is_recognised_after_a_refusal(olt: FakeOlt, driver: HuaweiOlt) -> None:
    for ont_id in range(1, 129):
        olt.register(OntSerial(f"HWTC{ont_id:08X}"), IF_INDEX, ont_id)
    olt.misbehave(ErrorStatus(status=12, oid=None))

    assert await driver.apply(a_spec(), ALLOCATION) == PortFull(port=PORT)


@pytest.mark.parametrize(
    "changes",
    [{"line_profile": ""}, {"service_profile": "x" * 33}, {"traffic_in": "ü"},
     {"description": "x" * 129}, {"description": "Zoë"}],
)  # fmt: skip
async def test_a_name_that_does_not_fit_is_refused_before_anything_is_sent(
    olt: FakeOlt, driver: HuaweiOlt, changes: dict[str, object]
) -> None:
    with pytest.raises(SpecNotEncodable):
        await driver.apply(a_spec(**changes), ALLOCATION)

    assert not olt.writes


def _nothing() -> None:
    """Let a write pass undisturbed."""
