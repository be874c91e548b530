"""The driver and the simulated OLT that it talks to, over real datagrams in one event loop."""

from collections.abc import AsyncGenerator

import pytest

from activation.drivers.vsol.olt import VsolOlt
from activation.puresnmp_session import PuresnmpSession
from activation.snmp import Secret, SnmpSettings, V2c
from tests.activation.simulator.factories import Bench
from tests.activation.simulator.vsol.mailboxes import a_vsol_scenario
from tests.activation.simulator.wire import serving

# Where an answer is lost it is waited for briefly; where one comes, it comes at once.
SETTINGS = SnmpSettings(timeout_ms=300, read_attempts=4)


@pytest.fixture
def bench() -> Bench:
    return Bench(a_vsol_scenario())


@pytest.fixture
async def driver(bench: Bench) -> AsyncGenerator[VsolOlt]:
    async with serving(bench.exchange) as port:
        communities = V2c(read_community=Secret("public"), write_community=Secret("private"))
        yield VsolOlt(PuresnmpSession("127.0.0.1", port, communities, SETTINGS))
