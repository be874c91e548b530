"""The driver and the simulated OLT that it talks to, over real datagrams in one event loop."""

from collections.abc import AsyncGenerator

import pytest

from activation.drivers.zte.olt import ZteOlt
from activation.puresnmp_session import PuresnmpSession
from activation.simulator.records import ZteFirmware
from activation.snmp import Secret, SnmpSettings, V2c
from tests.activation.simulator.factories import Bench
from tests.activation.simulator.wire import serving
from tests.activation.simulator.zte.olts import a_zte_scenario

# Where an answer is lost it is waited for briefly; where one comes, it comes at once.
SETTINGS = SnmpSettings(timeout_ms=300, read_attempts=4)


@pytest.fixture
def firmware() -> ZteFirmware:
    """A test that wants another one asks for it by ``parametrize``."""
    return ZteFirmware()


@pytest.fixture
def bench(firmware: ZteFirmware) -> Bench:
    return Bench(a_zte_scenario(zte=firmware))


@pytest.fixture
async def driver(bench: Bench) -> AsyncGenerator[ZteOlt]:
    async with serving(bench.exchange) as port:
        communities = V2c(read_community=Secret("public"), write_community=Secret("private"))
        yield ZteOlt(PuresnmpSession("127.0.0.1", port, communities, SETTINGS))
