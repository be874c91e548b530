"""An OLT with a service on every ONT of its eight ports, and the poller before it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from activation.simulator.exchange import Exchange
from activation.simulator.model import Olt
from activation.simulator.records import OntRow, PluggedOnt
from activation.simulator.records import PonPort as SimulatedPort
from activation.snmp import Credentials, SnmpSession, SnmpSettings
from server.alarms import alarm_storage, storage, watching
from server.alarms.polling import Pace, Poller
from server.alarms.records import Alarm, OntLight, PlantFault
from server.database import Connection, Store, Written
from server.database.tables import fulfilment, offers, plant
from server.fulfilment.network import Network
from server.settings import Secret, SnmpCredentials
from sync_protocol.serials import parse_serial
from tests.server import factories
from tests.server.factories import Clock, found_town
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


class Access:
    """The OLT with its ONTs, the services that run on them, and the poller."""

    def __init__(
        self, store: Store, *, onts: int = PORTS * PER_PORT, light: timedelta | None = None
    ) -> None:
        self.onts = onts
        self.services = tuple(uuid7() for _ in range(onts))
        self.store = store
        self.clock = Clock()
        self.olt = TownOlt(self.clock)
        everyone = range(onts)
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
        self.town = found_town(store, houses=onts)
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

        self.network = Network(
            {"town": SnmpCredentials(Secret("town-read"), Secret("town-write"))},
            timeout_ms=int(TIMEOUT_S * 1000),
            open_session=open_session,
        )
        pace = Pace(ports=INTERVAL, light=light)
        self.poller = Poller(store, self.network, pace=pace, clock=self.clock)

    def _insert(self, db: Connection) -> Written[None]:
        ports = [self.town.pon_port, *(uuid7() for _ in range(PORTS - 1))]
        first = db.execute(sa.select(plant.pon_ports)).mappings().one()
        for number, port_id in enumerate(ports[1:], 1):
            row = {**first, "id": port_id, "external_id": f"port {number}", "port": number}
            db.execute(sa.insert(plant.pon_ports).values(**row))
        services = self.services
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
        for number, service_id in enumerate(services):
            light = OntLight(service_id=service_id, serial=serial_of(number), next_at=self.clock())
            watching.watch(db, service_id, first_at=self.clock(), light=light)
        return Written(None)

    async def poll_round(self) -> int:
        """Let the poller do what is due until the interval is over; answer how often it asked."""
        end, asked = self.clock() + INTERVAL, 0
        while self.clock() < end:
            taken = await self.poller.take(64)
            assert len(taken) <= 1, "one thing of an OLT at a time"
            for turn in taken:
                await self.poller.handle(turn)
                asked += 1
            if not taken:
                self.clock.advance(5)
        return asked

    def cut(self, *numbers: int) -> None:
        """Unplug ONTs; those that are dark already stay so."""
        lit = {ont.serial for ont in self.olt.exchange.olt.plugged()}
        for number in numbers:
            if serial_of(number) in lit:
                self.olt.exchange.olt.unplug(parse_serial(serial_of(number)), self.clock())

    def mend(self, *numbers: int) -> None:
        for number in numbers:
            self.olt.exchange.olt.plug(an_ont(number), self.clock())

    def faults(self, *, is_open: bool = True) -> tuple[PlantFault, ...]:
        return self.store.read_now(storage.list_faults, is_open=is_open)

    def alarms(self, *, is_open: bool = True) -> tuple[Alarm, ...]:
        return self.store.read_now(alarm_storage.list_alarms, is_open=is_open)

    def affected(self, fault_id: UUID) -> int:
        found = self.store.read_now(storage.list_affected, fault_id, after=None, limit=5000)
        return len(found)

    def dim(self, number: int, rx_cdbm: int) -> None:
        """Let an ONT receive another light, as behind a bend."""
        self.cut(number)
        ont = msgspec.structs.replace(an_ont(number), ont_rx_cdbm=rx_cdbm)
        self.olt.exchange.olt.plug(ont, self.clock())
