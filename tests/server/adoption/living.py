"""A town whose OLT had services before Firstlight came."""

import csv
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from activation.simulator.records import FlowRow, OntRow
from server.adoption import adopting, file, rounds, storage
from server.adoption.adopting import Batch
from server.adoption.plan import Seen
from server.adoption.reading import OltReader
from server.adoption.records import Drift, Finding, OltReading
from server.database import Store
from server.plant.routes import OltAddress
from tests.server import factories
from tests.server.factories import Clock, act, found_town
from tests.server.fulfilment.shift import Shift
from tests.server.olt import TownOlt, plugged, town_scenario
from tests.server.operator import Operator, add_endpoint, outside

HOUSES: Final = 4
SERIALS: Final = tuple(f"HWTC0000000{number}" for number in range(1, HOUSES + 1))


def row_of(number: int, **changes: object) -> OntRow:
    """The registration of a house, counted from 0."""
    row = OntRow(
        port=factories.PORT,
        ont_id=number + 1,
        serial=SERIALS[number],
        line_profile=factories.LINE_PROFILE,
        service_profile=factories.SERVICE_PROFILE,
        description=f"house {number + 1}",
    )
    return msgspec.structs.replace(row, **changes)


def flow_of(number: int, **changes: object) -> FlowRow:
    flow = FlowRow(
        index=100 + number,
        port=factories.PORT,
        ont_id=number + 1,
        gem_port=1,
        service_vlan=factories.VLAN,
        user_vlan=factories.VLAN,
        inbound_table=factories.TRAFFIC_IN,
        outbound_table=factories.TRAFFIC_OUT,
    )
    return msgspec.structs.replace(flow, **changes)


class Living(msgspec.Struct, frozen=True):
    """The town, its OLT, and the file of its operator."""

    shift: Shift
    folder: Path

    @property
    def olt(self) -> OltAddress:
        return self.shift.store.read_now(storage.get_olt, "OLT-1")

    async def read(self) -> OltReading:
        """Read the OLT as a round does."""
        store, clock = self.shift.store, self.shift.world.clock
        ports = tuple(store.read_now(storage.list_ports, self.olt.id))
        reader = OltReader(store, clock=clock, breath_s=0)
        return await reader.read(self.olt, self.shift.worker.network.driver(self.olt), ports)

    def adopt(self, reading: OltReading, *lines: dict[str, str], dry_run: bool = False) -> Batch:
        """Adopt what a file with these lines names."""
        path = self.folder / "living.csv"
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, file.COLUMNS)
            writer.writeheader()
            writer.writerows(lines)
        (batch,) = adopting.in_batches(file.read(path))
        now = self.shift.world.clock()
        return self.shift.store.write_now(
            adopting.adopt, batch, Seen(reading), dry_run=dry_run, act=act(now)
        )

    def compare(self, reading: OltReading) -> Sequence[Finding]:
        """Keep what differs; answer what was found."""
        now = self.shift.world.clock()
        tomorrow = now + timedelta(days=1)
        return self.shift.store.write_now(rounds.conclude, reading, tomorrow, act=act(now))

    def drifts(self) -> Sequence[Drift]:
        return self.shift.store.read_now(storage.list_drifts, self.olt.id)


def line_of(number: int, **changes: str) -> dict[str, str]:
    """The line of a house, counted from 0."""
    line = {
        "serial": SERIALS[number],
        "account": "A-1",
        "premise": f"P-{number + 1}",
        "product": "FIBER-300",
    }
    return {**line, **changes}


def service_of(living: Living, number: int) -> UUID:
    """The service that has the ONT of a house."""
    found = living.shift.store.read_now(storage.list_owned, living.olt.id, since=factories.NOON)
    return next(each.service_id for each in found if each.serial == SERIALS[number])


@asynccontextmanager
async def living_town(store: Store, folder: Path, *rows: OntRow) -> AsyncGenerator[Living]:
    """Open a town where four ONTs are up, each with its service port."""
    clock = Clock()
    town = found_town(store, houses=HOUSES)
    add_endpoint(store)
    scenario = msgspec.structs.replace(
        town_scenario(*(plugged(serial) for serial in SERIALS)),
        registered=rows or tuple(map(row_of, range(HOUSES))),
        service_ports=tuple(map(flow_of, range(HOUSES))),
    )
    async with outside(clock, TownOlt(clock, scenario=scenario)) as world:
        worker = Operator(store, world)
        yield Living(Shift(store=store, town=town, world=world, worker=worker), folder)
