"""A town of four houses on one OLT, two technicians, and orders for them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.acts import SYSTEM, Act, Actor, ActorKind
from server.database import Connection, Store, Written
from server.database.tables import offers, people, plant
from server.jobs import commands as jobs
from server.orders import commands as orders
from server.orders.records import PlacedOrder, WantedOrder
from server.people import commands as people_commands
from server.people.records import Scope
from server.people.secrets import hash_secret, new_secret

NOON: Final = datetime(2026, 7, 2, 12, tzinfo=UTC)
OFFICE: Final = Actor(ActorKind.INTEGRATION, UUID(int=99))
PORT: Final = "0/1/0"
LINE_PROFILE: Final = "FTTH"
SERVICE_PROFILE: Final = "HG8245H"
TRAFFIC_IN: Final = "UP-100"
TRAFFIC_OUT: Final = "DOWN-300"
VLAN: Final = 100
PREDICTED_CDBM: Final = -1903
"""What ``sync_protocol.optics`` predicts for house 1; a test compares."""


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """Ids that tests speak of."""

    ada: UUID
    ben: UUID
    account: UUID
    product: UUID
    olt: UUID
    pon_port: UUID
    splitter: UUID
    terminal: UUID
    premises: tuple[UUID, ...]
    drops: tuple[UUID, ...]


def act(now: datetime = NOON, actor: Actor = SYSTEM) -> Act:
    return Act(actor=actor, now=now, new_id=uuid7)


def found_town(store: Store, *, snmp_port: int = 1161, houses: int = 4) -> Town:
    """Store everything that orders refer to."""
    town = Town(
        **{
            name: uuid7()
            for name in ("ada", "ben", "account", "product", "olt", "pon_port", "splitter")
        },
        terminal=uuid7(),
        premises=tuple(uuid7() for _ in range(houses)),
        drops=tuple(uuid7() for _ in range(houses)),
    )
    store.write_now(_insert_town, town, snmp_port)
    return town


def place_order(store: Store, number: str = "O-1", *, house: int = 1) -> PlacedOrder:
    """Order an install for a house, counted from 1."""
    return store.write_now(
        orders.place,
        WantedOrder(
            number=number,
            account="A-1",
            premise=f"P-{house}",
            product="FIBER-300",
            appointment_starts_at=NOON,
            appointment_ends_at=NOON + timedelta(hours=2),
        ),
        act=act(actor=OFFICE),
    )


def assign(store: Store, job_id: UUID, technician_id: UUID) -> None:
    store.write_now(jobs.assign, job_id, technician_id, act=act(actor=OFFICE))


def assigned_job(
    store: Store, technician_id: UUID, number: str = "O-1", *, house: int = 1
) -> PlacedOrder:
    """Order an install and give its job to a technician."""
    placed = place_order(store, number, house=house)
    assign(store, placed.job_id, technician_id)
    return placed


def add_token(store: Store, *scopes: Scope) -> str:
    """Add an API token; answer its secret."""
    secret = new_secret()
    store.write_now(
        people_commands.add_api_token,
        f"token {secret[:8]}",
        scopes,
        secret_hash=hash_secret(secret),
        act=act(),
    )
    return secret


def count(store: Store, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    """Count rows."""

    def query(db: Connection) -> int:
        statement = sa.select(sa.func.count().label("rows")).select_from(table)
        return db.execute(statement.where(*conditions)).scalar_one()

    return store.read_now(query)


def rows(store: Store, table: sa.Table) -> Sequence[Mapping[str, Any]]:
    """Read a whole table."""

    def query(db: Connection) -> Sequence[Mapping[str, Any]]:
        return [{**row} for row in db.execute(sa.select(table)).mappings()]

    return store.read_now(query)


def change(store: Store, statement: sa.Executable) -> None:
    """Run one statement, as the tests of missing guarantees need it."""

    def unit(db: Connection) -> Written[None]:
        db.execute(statement)
        return Written(None)

    store.write_now(unit)


def _insert_town(db: Connection, town: Town, snmp_port: int) -> Written[None]:
    stored: tuple[tuple[sa.Table, Sequence[Mapping[str, Any]]], ...] = (
        (people.technicians, [_technician(town.ada, "Ada"), _technician(town.ben, "Ben")]),
        (offers.accounts, [{**_ACCOUNT, "id": town.account}]),
        (offers.products, [{**_PRODUCT, "id": town.product}]),
        (plant.premises, [_house(at, key) for at, key in enumerate(town.premises, 1)]),
        (plant.olts, [{**_OLT, "id": town.olt, "snmp_port": snmp_port}]),
        (plant.pon_ports, [{**_PORT, "id": town.pon_port, "olt_id": town.olt}]),
        (plant.splitters, [{**_SPLITTER, "id": town.splitter, "pon_port_id": town.pon_port}]),
        (plant.terminals, [{**_TERMINAL, "id": town.terminal, "splitter_id": town.splitter}]),
        (plant.drops, [_drop(town, at) for at in range(len(town.drops))]),
    )
    for table, values in stored:
        db.execute(sa.insert(table), values)
    return Written(None)


_ACCOUNT: Final = {
    "external_id": "A-1",
    "name": "Erika Muster",
    "email": "erika@example.org",
    "phone": "+49 30 5550100",
    "zone": "Europe/Berlin",
    "currency": "EUR",
    "billing_day": 1,
}
_PRODUCT: Final = {
    "code": "FIBER-300",
    "version": 1,
    "name": "Fiber 300",
    "down_mbps": 300,
    "up_mbps": 100,
    "price_minor": 3990,
    "currency": "EUR",
    "line_profile": LINE_PROFILE,
    "service_profile": SERVICE_PROFILE,
    "vlan": VLAN,
    "user_vlan": VLAN,
    "gem_port": 1,
    "traffic_in": TRAFFIC_IN,
    "traffic_out": TRAFFIC_OUT,
}
_OLT: Final = {
    "external_id": "OLT-1",
    "name": "Altstadt-1",
    "driver": "huawei",
    "host": "127.0.0.1",
    "credentials": "town",
}
_PORT: Final = {
    "external_id": "OLT-1/0/1/0",
    "frame": 0,
    "slot": 1,
    "port": 0,
    "optic_class": "GPON_B+",
    "launch_cdbm": 320,
}
_SPLITTER: Final = {"external_id": "SP-17", "ratios": [4, 8], "feeder_length_m": 3200}
_TERMINAL: Final = {
    "external_id": "NAP-204",
    "latitude": 52.5201,
    "longitude": 13.4049,
    "distribution_length_m": 640,
    "ports": 16,
}


def _technician(technician_id: UUID, name: str) -> Mapping[str, Any]:
    return {"id": technician_id, "external_id": name, "name": name, "email": None}


def _house(number: int, premise_id: UUID) -> Mapping[str, Any]:
    return {
        "id": premise_id,
        "external_id": f"P-{number}",
        "address": f"Lindenweg {number}",
        "city": "Neustadt",
        "postcode": "12345",
        "latitude": 52.52,
        "longitude": 13.405,
        "zone": "Europe/Berlin",
    }


def _drop(town: Town, index: int) -> Mapping[str, Any]:
    return {
        "id": town.drops[index],
        "external_id": f"D-{index + 1}",
        "terminal_id": town.terminal,
        "premise_id": town.premises[index],
        "terminal_port": index + 1,
        "length_m": 40,
        "connectors": 4,
        "splices": 6,
    }
