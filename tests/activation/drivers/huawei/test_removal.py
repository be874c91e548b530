"""Deleting on an OLT in memory, guarded by the serial."""

from activation.drivers.huawei.olt import HuaweiOlt
from activation.failures import (
    ForeignOnt,
    OutcomeUnknown,
    PartlyApplied,
)
from activation.requests import (
    Allocation,
    NoChange,
    OntRef,
    Removed,
)
from tests.activation.fake_olt import (
    IF_INDEX,
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


async def test_removal_deletes_the_service_port_before_the_registration(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    olt.writes.clear()

    removed = await driver.remove(ALLOCATION, SERIAL)
    again = await driver.remove(ALLOCATION, SERIAL)

    assert (removed, again) == (Removed(ref=REF), NoChange(ref=REF))
    assert [write[0].oid.split(".")[-3] for write in olt.writes] == ["1", "10"]
    assert (olt.serials(), olt.service_ports()) == ({}, {})


async def test_removal_refuses_another_serial(olt: FakeOlt, driver: HuaweiOlt) -> None:
    olt.register(OTHER_SERIAL, IF_INDEX, 0)
    olt.bind(1)

    result = await driver.remove(ALLOCATION, SERIAL)

    assert result == ForeignOnt(ref=REF, expected=SERIAL, found=OTHER_SERIAL)
    assert not olt.writes


async def test_removal_leaves_a_service_port_that_belongs_to_another_ont(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    olt.register(SERIAL, IF_INDEX, 0)
    olt.bind(1, c5=9)

    assert await driver.remove(ALLOCATION, SERIAL) == Removed(ref=REF)
    assert olt.service_ports() == {"1": 9}


async def test_a_lost_answer_to_a_deletion_is_read_back(olt: FakeOlt, driver: HuaweiOlt) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    olt.misbehave(Mishap.REPLY_LOST, Mishap.REPLY_LOST)

    assert await driver.remove(ALLOCATION, SERIAL) == Removed(ref=REF)


async def test_a_lost_deletion_of_the_registration_is_partial(
    olt: FakeOlt, driver: HuaweiOlt
) -> None:
    await driver.apply(a_spec(), ALLOCATION)
    olt.misbehave(_nothing, Mishap.REQUEST_LOST)

    result = await driver.remove(ALLOCATION, SERIAL)

    assert isinstance(result, PartlyApplied)
    assert isinstance(result.because, OutcomeUnknown)


def _nothing() -> None:
    """Let a write pass undisturbed."""
