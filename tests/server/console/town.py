"""A small town for the tests of the console: a house, its plant, products, people and jobs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.acts import SYSTEM, Act, Actor, ActorKind
from server.database import Store, Written
from server.database.tables import offers, people, plant
from server.orders import commands as orders
from server.orders.records import WantedOrder
from server.people import commands as people_commands
from server.people.commands import NewUser
from server.people.passwords import hash_password
from server.people.records import Role, Scope, User
from server.people.secrets import hash_secret, new_secret

NOON = datetime(2026, 7, 2, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"
_PASSWORD_HASH = hash_password(PASSWORD)


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """Ids that tests speak of."""

    ada: UUID
    ben: UUID


def act(now: datetime = NOON, actor: Actor = SYSTEM) -> Act:
    return Act(actor=actor, now=now, new_id=uuid7)


def found_town(store: Store) -> Town:
    """Store what orders refer to."""
    town = Town(ada=uuid7(), ben=uuid7())
    store.write_now(_insert_town, town)
    return town


def place_job(
    store: Store,
    number: str,
    *,
    premise: str = "P-1",
    product: str = "HOME-500",
    starts_at: datetime = NOON,
    hours: int = 2,
) -> UUID:
    """Place an install order; answer its job."""
    placed = store.write_now(
        orders.place,
        WantedOrder(
            number=number,
            account="A-1",
            premise=premise,
            product=product,
            appointment_starts_at=starts_at,
            appointment_ends_at=starts_at + timedelta(hours=hours),
        ),
        act=act(),
    )
    return placed.job_id


def add_user(store: Store, email: str, role: Role, *, name: str = "Dora Dispatch") -> User:
    """Give somebody an account with ``PASSWORD``."""
    return store.write_now(
        people_commands.add_user,
        NewUser(email=email, name=name, role=role),
        password_hash=_PASSWORD_HASH,
        act=act(),
    )


def add_token(store: Store, *scopes: Scope) -> str:
    """Add an API token; answer its secret."""
    secret = new_secret()
    store.write_now(
        people_commands.add_api_token,
        f"token {secret[:6]}",
        scopes,
        secret_hash=hash_secret(secret),
        act=act(),
    )
    return secret


def human(user: User) -> Actor:
    return Actor(ActorKind.HUMAN, user.id)


def _insert_town(db: sa.Connection, town: Town) -> Written[None]:
    olt, port, splitter, terminal = (uuid7() for _ in range(4))
    houses = [_house(number) for number in range(1, 9)]
    rows: tuple[tuple[sa.Table, list[Mapping[str, Any]]], ...] = (
        (people.technicians, [_technician(town.ada, "Ada Lind"), _technician(town.ben, "Ben Ohm")]),
        (offers.accounts, [_ACCOUNT]),
        (offers.products, [_product("HOME-500", 500), _product("HOME-1000", 1000)]),
        (plant.premises, houses),
        (plant.olts, [{**_OLT, "id": olt}]),
        (plant.pon_ports, [{**_PORT, "id": port, "olt_id": olt}]),
        (plant.splitters, [{**_SPLITTER, "id": splitter, "pon_port_id": port}]),
        (plant.terminals, [{**_TERMINAL, "id": terminal, "splitter_id": splitter}]),
        (plant.drops, [_drop(terminal, house, index) for index, house in enumerate(houses, 1)]),
    )
    for table, values in rows:
        db.execute(sa.insert(table), values)
    return Written(None)


_STREETS = ("Lindenweg", "Am Hafen", "Rosenstraße", "Mühlgasse")
_ACCOUNT = {
    "id": UUID(int=1),
    "external_id": "A-1",
    "name": "Erika Muster",
    "email": "erika@example.org",
    "phone": "+49 30 5550100",
    "zone": "Europe/Berlin",
    "currency": "EUR",
    "billing_day": 1,
}
_OLT = {
    "external_id": "OLT-1",
    "name": "Altstadt-1",
    "driver": "huawei",
    "host": "127.0.0.1",
    "snmp_port": 1161,
    "credentials": "altstadt",
}
_PORT = {
    "external_id": "OLT-1/0/1/3",
    "frame": 0,
    "slot": 1,
    "port": 3,
    "optic_class": "GPON_B+",
    "launch_cdbm": 320,
}
_SPLITTER = {"external_id": "SP-17", "ratios": [4, 8], "feeder_length_m": 3200}
_TERMINAL = {
    "external_id": "NAP-204",
    "latitude": 52.5201,
    "longitude": 13.4049,
    "distribution_length_m": 640,
    "ports": 16,
}


def _technician(technician_id: UUID, name: str) -> Mapping[str, Any]:
    return {"id": technician_id, "external_id": name[:3], "name": name, "email": None}


def _product(code: str, mbps: int) -> Mapping[str, Any]:
    return {
        "id": uuid7(),
        "code": code,
        "version": 1,
        "name": f"Home {mbps}",
        "down_mbps": mbps,
        "up_mbps": mbps // 2,
        "price_minor": 3990,
        "currency": "EUR",
        "line_profile": "line-1",
        "service_profile": "service-1",
        "vlan": 100,
        "user_vlan": 10,
        "gem_port": 1,
        "traffic_in": "in",
        "traffic_out": "out",
    }


def _house(number: int) -> Mapping[str, Any]:
    return {
        "id": uuid7(),
        "external_id": f"P-{number}",
        "address": f"{_STREETS[number % len(_STREETS)]} {number * 3}",
        "city": "Neustadt",
        "postcode": "12345",
        "latitude": 52.52 + number / 1000,
        "longitude": 13.405 + number / 1000,
        "zone": "Europe/Berlin",
    }


def _drop(terminal: UUID, house: Mapping[str, Any], index: int) -> Mapping[str, Any]:
    return {
        "id": uuid7(),
        "external_id": f"D-{index}",
        "terminal_id": terminal,
        "premise_id": house["id"],
        "terminal_port": index,
        "length_m": 40 + index * 7,
        "connectors": 4,
        "splices": 6,
    }
