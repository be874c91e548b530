"""The page about the network: faults of the plant, in words, for everybody in the office."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.alarms import storage
from server.alarms.records import FaultKind, PlantFault
from server.database import Connection, Store, Written
from server.database.tables import plant
from server.people.records import Role, User
from tests.server.console.town import NOON, Town, add_user
from tests.server.console.visits import sign_in


@pytest.fixture
async def office(client: httpx.AsyncClient, dispatcher: User) -> httpx.AsyncClient:
    """A dispatcher's browser."""
    await sign_in(client, dispatcher.email)
    return client


def raise_fault(house: Store, **changes: object) -> PlantFault:
    def unit(db: Connection) -> Written[PlantFault]:
        port = db.execute(sa.select(plant.pon_ports)).mappings().first()
        assert port is not None
        values: dict[str, object] = {
            "id": uuid7(),
            "olt_id": port["olt_id"],
            "kind": FaultKind.PORT,
            "branches": (f"pon_port:{port['id']}",),
            "raised_at": NOON,
            "affected": 1024,
            "dark": 1024,
            **changes,
        }
        fault = PlantFault(**values)  # pyright: ignore[reportArgumentType]  whatever the record takes
        storage.add_fault(db, fault, [])
        return Written(fault)

    return house.write_now(unit)


async def test_without_faults_the_page_says_so(office: httpx.AsyncClient) -> None:
    page = (await office.get("/network")).text

    assert "No fault of the plant is open." in page
    assert 'href="/network" aria-current="page"' in page


async def test_an_open_fault_says_where_since_when_and_how_many(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town
    fault = raise_fault(house, dark=700)

    page = (await office.get("/network")).text

    for said in ("A PON port is dark", "Coming back", "1,024 services", "700", "12:00 UTC"):
        assert said in page
    assert f'href="/network/faults/{fault.id}"' in page


async def test_a_fault_that_is_over_is_kept_below(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town
    raise_fault(house, cleared_at=NOON + timedelta(minutes=20), dark=3)

    page = (await office.get("/network")).text

    assert page.index("No fault of the plant is open.") < page.index("12:20 UTC")


@pytest.mark.parametrize("role", [Role.NOC, Role.SUPPORT])
async def test_noc_and_support_see_the_network(
    client: httpx.AsyncClient, house: Store, town: Town, role: Role
) -> None:
    assert town
    user = add_user(house, f"{role}@operator.example", role)
    await sign_in(client, user.email)

    assert (await client.get("/network")).status_code == 200


async def test_programs_page_through_faults_and_whom_they_concern(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town
    fault = raise_fault(house)

    (listed,) = (await office.get("/api/plant-faults")).json()
    over = (await office.get("/api/plant-faults", params={"cleared": True})).json()
    services = (await office.get(f"/api/plant-faults/{fault.id}/services")).json()
    nobody = await office.get(f"/api/services/{UUID(int=5)}/line")

    assert (listed["id"], listed["affected"], over) == (str(fault.id), 1024, [])
    assert services == {"service_ids": [], "more": False}
    assert nobody.status_code == 404
