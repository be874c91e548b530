"""Discovery of one port beside ten thousand ONTs, against the same port beside a hundred.

Both OLTs are simulators in processes of their own, with the same eight lit and unregistered ONTs on
the port that is asked. The one has one more port full of registered ONTs, the other eighty.
"""

import asyncio
import contextlib
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import msgspec

from activation.drivers.huawei.olt import HuaweiOlt
from activation.puresnmp_session import PuresnmpSession
from activation.requests import Listing, PonPort
from activation.simulator import records
from activation.simulator.records import OntRow
from activation.simulator.scenario import Scenario
from activation.snmp import Secret, V2c
from tests.acceptance.processes import running
from tests.benchmarks.access_network import port_name, serial_of
from tests.benchmarks.figures import Figure, percentile
from tests.server import factories
from tests.server.olt import plugged, town_scenario

FULL: Final = 10_000
ON_PORT: Final = 125
LIT: Final = 8
ROUNDS: Final = 100
PORT: Final = PonPort(frame=0, slot=1, port=0)


def compare(folder: Path) -> tuple[Figure, ...]:
    """Ask both in turn, so that whatever else the machine does strikes both."""
    with contextlib.ExitStack() as stack:
        ports = [
            stack.enter_context(_olt(folder, name, registered))
            for name, registered in (("small", ON_PORT), ("full", FULL))
        ]
        small_ms, full_ms = asyncio.run(_ask(ports))
    return (
        Figure(
            key="discover_ratio",
            value=full_ms / small_ms,
            most=1.2,
            says=f"one port of an OLT with {FULL} ONTs to one with {ON_PORT}",
        ),
        Figure(key="discover_ms_p50", value=full_ms, says=f"of the OLT with {FULL} ONTs"),
    )


@contextlib.contextmanager
def _olt(folder: Path, name: str, registered: int) -> Generator[int]:
    scenario = folder / f"{name}.json"
    scenario.write_bytes(msgspec.json.encode(_scenario(registered)))
    with running(
        folder / f"{name}.err", "activation.simulator", "--scenario", str(scenario)
    ) as agent:
        yield int(agent.ready["snmp_port"])


def _scenario(registered: int) -> Scenario:
    lit = (plugged(serial_of(house), port=port_name(0)) for house in range(1, LIT + 1))
    count = max(1, -(-registered // ON_PORT))
    rows = tuple(
        OntRow(
            port=port_name(1 + at // ON_PORT),
            ont_id=at % ON_PORT,
            serial=serial_of(1000 + at),
            line_profile=factories.LINE_PROFILE,
            service_profile=factories.SERVICE_PROFILE,
        )
        for at in range(registered)
    )
    ports = tuple(records.PonPort(name=port_name(number)) for number in range(count + 1))
    return msgspec.structs.replace(town_scenario(*lit), ports=ports, registered=rows)


async def _ask(snmp_ports: list[int]) -> tuple[float, float]:
    communities = V2c(read_community=Secret("town-read"))
    drivers = [HuaweiOlt(PuresnmpSession("127.0.0.1", port, communities)) for port in snmp_ports]
    took: list[list[float]] = [[], []]
    for number in range(ROUNDS):
        # Whoever comes first finds the processor colder: each is first as often as second.
        turns = list(zip(drivers, took, strict=True))
        for driver, times in turns if number % 2 else reversed(turns):
            begun = time.perf_counter()
            listing = await driver.discover(PORT)
            times.append((time.perf_counter() - begun) * 1000)
            assert isinstance(listing, Listing)
            assert len(listing.items) == LIT
    small, full = (percentile(times[10:], 50) for times in took)
    return small, full
