"""A feeder cable is cut: 1,024 ONTs on eight ports go dark, and come back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from activation.requests import Phase
from activation.simulator.exchange import Exchange
from activation.simulator.faults import FaultKind
from activation.simulator.model import Olt
from activation.simulator.records import OntRow, PluggedOnt
from activation.simulator.records import PonPort as SimulatedPort
from activation.snmp import Credentials, SnmpSession, SnmpSettings
from server.alarms import storage
from server.alarms.polling import Poller
from server.alarms.records import FaultKind as Kind
from server.alarms.records import PlantFault
from server.database import Connection, Store, Written
from server.database.tables import alarms, fulfilment, offers, plant
from server.fulfilment.network import Network
from server.settings import Secret, SnmpCredentials
from sync_protocol.serials import parse_serial
from tests.server import factories
from tests.server.factories import Clock, count, found_town
from tests.server.olt import TIMEOUT_S, TownOlt, TownSession, town_scenario

PORTS: Final = 8
PER_PORT: Final = 128
INTERVAL: Final = timedelta(minutes=5)


def serial_of(number: int) -> str:
    return f"HWTC5F{number:06X}"


def place_of(number: int) -> tuple[str, int]:
    return f"0/1/{number // PER_PORT}", number % PER_PORT


def an_ont(number: int) -> PluggedOnt:
    port, _ = place_of(number)
    return PluggedOnt(serial=serial_of(number), port=port, come_up_s=0, sentinel_s=0)


class Network1024:
    """The OLT with its ONTs, the services that run on them, and the poller."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.olt = TownOlt(self.clock)
        everyone = range(PORTS * PER_PORT)
        registered = tuple(
            OntRow(
                port=place_of(number)[0],
                ont_id=place_of(number)[1],
                serial=serial_of(number),
                line_profile=factories.LINE_PROFILE,
                service_profile=factories.SERVICE_PROFILE,
            )
            for number in everyone
        )
        ports = tuple(SimulatedPort(name=f"0/1/{port}") for port in range(PORTS))
        scenario = msgspec.structs.replace(
            town_scenario(*(an_ont(number) for number in everyone)),
            ports=ports,
            registered=registered,
        )
        olt = Olt(scenario, started_at=self.clock(), record=self.olt.log.record)
        self.olt.exchange = Exchange(olt, now=self.clock, record=self.olt.log.record)
        self.town = found_town(store, houses=PORTS * PER_PORT)
        store.write_now(self._insert)

        def open_session(
            _host: str,
            _port: int,
            _who: Credentials,
            _how: SnmpSettings,
            *,
            may_write: Callable[[], bool],
        ) -> SnmpSession:
            return TownSession(self.olt, permitted=may_write)

        network = Network(
            {"town": SnmpCredentials(Secret("town-read"), Secret("town-write"))},
            timeout_ms=int(TIMEOUT_S * 1000),
            open_session=open_session,
        )
        self.poller = Poller(store, network, interval=INTERVAL, clock=self.clock)

    def _insert(self, db: Connection) -> Written[None]:
        ports = [self.town.pon_port, *(uuid7() for _ in range(PORTS - 1))]
        first = db.execute(sa.select(plant.pon_ports)).mappings().one()
        for number, port_id in enumerate(ports[1:], 1):
            row = {**first, "id": port_id, "external_id": f"port {number}", "port": number}
            db.execute(sa.insert(plant.pon_ports).values(**row))
        services = [uuid7() for _ in range(PORTS * PER_PORT)]
        db.execute(
            sa.insert(offers.services),
            [
                {
                    "id": service_id,
                    "account_id": self.town.account,
                    "premise_id": self.town.premises[number],
                    "product_id": self.town.product,
                    "state": "active",
                    "ont_serial": serial_of(number),
                }
                for number, service_id in enumerate(services)
            ],
        )
        db.execute(
            sa.insert(fulfilment.ont_allocations),
            [
                {
                    "service_id": service_id,
                    "olt_id": self.town.olt,
                    "pon_port_id": ports[number // PER_PORT],
                    "serial": serial_of(number),
                    "frame": 0,
                    "slot": 1,
                    "port": number // PER_PORT,
                    "ont_id": number % PER_PORT,
                    "service_port": number + 1,
                    "adopted": False,
                }
                for number, service_id in enumerate(services)
            ],
        )
        for service_id in services[::PER_PORT]:
            storage.watch_port(db, service_id, self.clock())
        return Written(None)

    async def poll_round(self) -> int:
        """Poll every port once; answer how many were polled."""
        polled = 0
        while taken := await self.poller.take(64):
            assert len(taken) == 1, "one port of an OLT at a time"
            for poll in taken:
                await self.poller.handle(poll)
                polled += 1
        self.clock.advance(INTERVAL.total_seconds())
        return polled

    def cut(self, *numbers: int) -> None:
        for number in numbers:
            self.olt.exchange.olt.unplug(parse_serial(serial_of(number)), self.clock())

    def mend(self, *numbers: int) -> None:
        for number in numbers:
            self.olt.exchange.olt.plug(an_ont(number), self.clock())

    def faults(self, *, is_open: bool = True) -> tuple[PlantFault, ...]:
        return self.store.read_now(storage.list_faults, is_open=is_open)

    def affected(self, fault_id: UUID) -> int:
        found = self.store.read_now(storage.list_affected, fault_id, after=None, limit=5000)
        return len(found)


@pytest.fixture
def network(store: Store) -> Network1024:
    return Network1024(store)


EVERYONE: Final = range(PORTS * PER_PORT)


async def test_a_feeder_cut_is_one_fault_with_everybody_and_clears_itself(
    network: Network1024,
) -> None:
    assert await network.poll_round() == PORTS
    assert network.faults() == ()
    network.cut(*EVERYONE)

    assert await network.poll_round() == PORTS

    (fault,) = network.faults()
    assert (fault.kind, fault.affected, fault.dark) == (Kind.FEEDER, 1024, 1024)
    assert len(fault.branches) == PORTS
    assert network.affected(fault.id) == 1024

    network.mend(*EVERYONE)
    await network.poll_round()

    assert network.faults() == ()
    (over,) = network.faults(is_open=False)
    assert (over.id, over.affected, over.dark) == (fault.id, 1024, over.dark)
    assert over.cleared_at is not None


async def test_a_second_round_of_a_lasting_cut_changes_nothing(network: Network1024) -> None:
    await network.poll_round()
    network.cut(*EVERYONE)
    await network.poll_round()
    before = network.faults()

    await network.poll_round()
    await network.poll_round()

    assert network.faults() == before


async def test_an_olt_that_is_silent_says_nothing_of_its_onts(network: Network1024) -> None:
    await network.poll_round()
    network.olt.fail(FaultKind.SILENT)

    assert await network.poll_round() >= PORTS

    assert network.faults() == ()
    dark = alarms.ont_states.c.phase != Phase.ONLINE
    assert count(network.store, alarms.ont_states, dark) == 0
    assert count(network.store, alarms.pon_polls, alarms.pon_polls.c.code == "OLT_UNREACHABLE") > 0


async def test_one_ont_that_stays_dark_keeps_no_fault_open(network: Network1024) -> None:
    await network.poll_round()
    network.cut(*range(PER_PORT))
    await network.poll_round()
    (fault,) = network.faults()
    assert (fault.kind, fault.affected) == (Kind.PORT, PER_PORT)

    network.mend(*range(1, PER_PORT))
    await network.poll_round()

    assert network.faults() == ()
    offline = alarms.ont_states.c.phase == Phase.OFFLINE
    assert count(network.store, alarms.ont_states, offline) == 1
