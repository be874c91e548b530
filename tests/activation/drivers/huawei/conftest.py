"""A Huawei driver and the OLT in memory that it talks to."""

import pytest

from activation.drivers.huawei.olt import HuaweiOlt
from tests.activation.fake_olt import FakeOlt


@pytest.fixture
def olt() -> FakeOlt:
    return FakeOlt()


@pytest.fixture
def driver(olt: FakeOlt) -> HuaweiOlt:
    return HuaweiOlt(olt)
