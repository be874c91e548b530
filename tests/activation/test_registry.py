"""Drivers are found by name, ours and those of other packages."""

from importlib.metadata import EntryPoint

import pytest

from activation.driver import DriverCapability
from activation.drivers.huawei.olt import HuaweiOlt
from activation.registry import (
    BUILT_IN,
    ENTRY_POINT_GROUP,
    DriverNameTaken,
    DriverUnknown,
    driver_names,
    find_driver,
)
from tests.activation.fake_olt import FakeOlt


def an_entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP)


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_of_our_drivers_can_be_loaded(name: str) -> None:
    driver = find_driver(name)(FakeOlt())

    assert driver.capabilities <= frozenset(DriverCapability)


def test_an_unknown_driver_lists_the_known_ones() -> None:
    with pytest.raises(DriverUnknown, match="'hauwei' is no OLT driver; known are huawei"):
        find_driver("hauwei")


def test_a_driver_of_another_package_is_found() -> None:
    entry = an_entry("acme", "activation.drivers.huawei.olt:HuaweiOlt")

    assert driver_names([entry]) == ("acme", "huawei", "vsol", "zte")
    assert find_driver("acme", [entry]) is HuaweiOlt


def test_two_drivers_of_one_name_are_an_error() -> None:
    with pytest.raises(DriverNameTaken, match="both"):
        find_driver("huawei", [an_entry("huawei", "other:Driver")])


def test_a_driver_that_cannot_be_imported_fails_loudly() -> None:
    with pytest.raises(ModuleNotFoundError):
        find_driver("acme", [an_entry("acme", "no_such_package:Driver")])
