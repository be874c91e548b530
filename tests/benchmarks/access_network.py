"""An access network to load: OLT simulators behind slow links, and completions that wait for them.

Every OLT is a process of its own behind a link of its own. The houses of the town are dealt out to
the OLTs and their ports; each is sold an install, and its completion is pushed before anybody
drives the fulfilment.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from activation.simulator.records import PonPort
from activation.simulator.scenario import Scenario
from server.database import Connection, Store, Written, schema_versions
from server.database.tables import plant
from server.database.tables.fulfilment import processes
from server.fulfilment.records import ProcessState
from tests.acceptance.processes import running
from tests.server.factories import Town, assigned_job, found_town, rows
from tests.server.olt import plugged, town_scenario
from tests.server.tablets import bodies, enrolled, push

JOBS_PER_TABLET: Final = 20
ONTS_PER_PORT: Final = 120
PORTS_LEAST: Final = 8
LOOK_EACH_S: Final = 0.25
COME_UP_S: Final = 5.0
"""The quickest that real ONTs come up."""


class SimulatedOlt(msgspec.Struct, frozen=True, kw_only=True):
    """One OLT: where the server finds it, and what it saw."""

    link_port: int
    control_url: str
    log: Path

    def state(self) -> Mapping[str, Any]:
        """Give everything that is on it now."""
        return httpx.get(f"{self.control_url}/state", timeout=60).json()

    def misbehave(self, **fault: object) -> None:
        """Let it play a fault."""
        httpx.post(f"{self.control_url}/faults", json=fault, timeout=60).raise_for_status()

    def behave(self) -> None:
        """End every fault."""
        httpx.delete(f"{self.control_url}/faults", timeout=60).raise_for_status()

    def save(self) -> None:
        """Let it save its configuration, as OLTs do by themselves every so often."""
        httpx.post(f"{self.control_url}/save", timeout=60).raise_for_status()

    def restart(self) -> None:
        """Restart it; what was not saved is lost."""
        httpx.post(f"{self.control_url}/restart", timeout=60).raise_for_status()

    def change_port(self, name: str, *, capacity: int) -> None:
        """Let a port take so many ONTs."""
        change = {"name": name, "capacity": capacity}
        httpx.patch(f"{self.control_url}/ports", json=change, timeout=60).raise_for_status()

    def remove_profile(self, kind: str, name: str) -> None:
        """Remove a profile that registrations may name."""
        httpx.delete(f"{self.control_url}/profiles/{kind}/{name}", timeout=60).raise_for_status()

    def add_profile(self, kind: str, name: str) -> None:
        """Add a profile."""
        profile = {"kind": kind, "name": name}
        httpx.post(f"{self.control_url}/profiles", json=profile, timeout=60).raise_for_status()

    def events(self) -> Sequence[Mapping[str, Any]]:
        """Read everything that happened to it, in order."""
        return [json.loads(line) for line in self.log.read_bytes().splitlines()]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How large the network is, and how its links behave."""

    olts: int
    houses: int
    round_trip_ms: float = 0
    loss: float = 0
    duplicates: float = 0
    """Shares of all datagrams."""

    @property
    def ports(self) -> int:
        """How many PON ports each OLT has: no day's work is all on one of them."""
        return max(PORTS_LEAST, -(-self.houses // (self.olts * ONTS_PER_PORT)))

    def olt_of(self, house: int) -> int:
        """Say behind which OLT a house is, counted from 0."""
        return (house - 1) % self.olts

    def port_of(self, house: int) -> int:
        """Say on which port of its OLT a house is, counted from 0."""
        return (house - 1) // self.olts % self.ports

    def houses_of(self, olt: int) -> Sequence[int]:
        """List the houses behind an OLT."""
        return [house for house in range(1, self.houses + 1) if self.olt_of(house) == olt]


def serial_of(house: int) -> str:
    """Name the ONT of a house, counted from 1."""
    return f"HWTC{0x5C000000 + house:08X}"


def port_name(number: int) -> str:
    """Name a port of an OLT: the town's first one, and those that follow it."""
    return f"0/{1 + number // 8}/{number % 8}"


@contextlib.contextmanager
def simulated_olts(folder: Path, shape: Shape) -> Generator[tuple[SimulatedOlt, ...]]:
    """Run OLTs with the ONTs of the houses lit and unregistered."""
    with contextlib.ExitStack() as stack:
        made: list[SimulatedOlt] = []
        for number in range(shape.olts):
            scenario = folder / f"olt-{number}.json"
            scenario.write_bytes(msgspec.json.encode(_scenario(shape, number)))
            log = folder / f"olt-{number}.log"
            agent = stack.enter_context(
                running(
                    folder / f"olt-{number}.err", "activation.simulator",
                    "--scenario", str(scenario), "--log", str(log),
                )
            )  # fmt: skip
            link = stack.enter_context(
                running(
                    folder / f"link-{number}.err", "activation.simulator.udp_proxy",
                    "--target-port", str(agent.ready["snmp_port"]),
                    "--latency-ms", str(shape.round_trip_ms),
                    "--loss", str(shape.loss), "--duplicate", str(shape.duplicates),
                    "--seed", str(number),
                )
            )  # fmt: skip
            made.append(
                SimulatedOlt(
                    link_port=link.ready["listen_port"],
                    control_url=f"http://127.0.0.1:{agent.ready['control_port']}",
                    log=log,
                )
            )
        yield tuple(made)


def _scenario(shape: Shape, olt: int) -> Scenario:
    onts = [
        plugged(serial_of(house), port=port_name(shape.port_of(house)), come_up_s=COME_UP_S)
        for house in shape.houses_of(olt)
    ]
    ports = tuple(PonPort(name=port_name(number)) for number in range(shape.ports))
    return msgspec.structs.replace(town_scenario(*onts), ports=ports)


def found(url: str, olts: Sequence[SimulatedOlt], shape: Shape) -> None:
    """Fill a fresh database with a town behind these OLTs and a completed install in each house."""
    schema_versions.upgrade(url)
    store = Store(url)
    try:
        town = found_town(store, snmp_port=olts[0].link_port, houses=shape.houses)
        for number, olt in enumerate(olts):
            store.write_now(_lead_to, town, number, olt.link_port, shape)
        for first in range(1, shape.houses + 1, JOBS_PER_TABLET):
            tablet = enrolled(store, town.ada)
            for house in range(first, min(first + JOBS_PER_TABLET, shape.houses + 1)):
                placed = assigned_job(store, town.ada, f"O-{house}", house=house)
                tablet.complete(placed.job_id, bodies(serial_of(house)))
            push(store, tablet)
    finally:
        store.close()


def _lead_to(db: Connection, town: Town, olt: int, snmp_port: int, shape: Shape) -> Written[None]:
    """Lead the drops of some houses to an OLT: the town's own, or a copy of it."""
    olt_id = town.olt
    if olt:
        changes = {"name": f"Altstadt-{olt + 1}", "snmp_port": snmp_port}
        olt_id = _copy(db, plant.olts, town.olt, f"OLT-{olt + 1}", changes)
    for number in range(shape.ports):
        name = f"OLT-{olt + 1}/{port_name(number)}"
        slot, port = (int(part) for part in port_name(number).split("/")[1:])
        terminal_id = town.terminal
        if olt or number:
            changes = {"olt_id": olt_id, "slot": slot, "port": port}
            port_id = _copy(db, plant.pon_ports, town.pon_port, f"{name}/p", changes)
            splitter_id = _copy(
                db, plant.splitters, town.splitter, f"{name}/s", {"pon_port_id": port_id}
            )
            terminal_id = _copy(
                db, plant.terminals, town.terminal, f"{name}/t", {"splitter_id": splitter_id}
            )
        there = [
            town.drops[house - 1]
            for house in shape.houses_of(olt)
            if shape.port_of(house) == number
        ]
        moved = sa.update(plant.drops).where(plant.drops.c.id.in_(there))
        db.execute(moved.values(terminal_id=terminal_id))
    return Written(None)


def _copy(
    db: Connection, table: sa.Table, source: UUID, external_id: str, changes: Mapping[str, Any]
) -> UUID:
    row = {**db.execute(sa.select(table).where(table.c.id == source)).mappings().one()}
    row |= {"id": uuid7(), "external_id": external_id, **changes}
    db.execute(sa.insert(table).values(**row))
    return row["id"]


def states_of(store: Store) -> Mapping[str, int]:
    """Count the processes by their state."""

    def query(db: Connection) -> Mapping[str, int]:
        counted = sa.select(processes.c.state, sa.func.count()).group_by(processes.c.state)
        return {str(state): count for state, count in db.execute(counted)}

    return store.read_now(query)


def are_all_done(states: Mapping[str, int]) -> bool:
    """Say whether every process has come to its end."""
    return set(states) == {ProcessState.DONE.value}


def wait_until(is_so: Callable[[], bool], *, by: float) -> bool:
    """Look again and again whether something is so, until an instant of the monotonic clock."""
    pause = threading.Event()
    while not (was := is_so()) and time.monotonic() < by:
        pause.wait(LOOK_EACH_S)
    return was


def codes_of(store: Store) -> Mapping[str, int]:
    """Count the processes that are not done by the reason that they give."""
    found_codes: dict[str, int] = {}
    for row in rows(store, processes):
        if row["state"] != ProcessState.DONE:
            found_codes[str(row["code"])] = found_codes.get(str(row["code"]), 0) + 1
    return found_codes
