"""The page about the network: faults of the plant, in words, for everybody in the office."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.alarms import alarm_storage, storage
from server.alarms.records import SEVERITIES, Alarm, AlarmKind, FaultKind, PlantFault
from server.database import Connection, Store, Written
from server.database.tables import offers, plant
from server.people.records import Role, User
from tests.server.console.town import NOON, Town, act, add_user, place_job
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
        concerned = db.execute(sa.select(offers.services.c.id)).scalars().all()
        storage.add_fault(db, fault, concerned)
        return Written(fault, topics=frozenset({"plant_faults"}))

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


async def test_a_fault_leads_to_its_services_a_page_at_a_time(
    office: httpx.AsyncClient, house: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert town
    monkeypatch.setattr("server.alarms.affected.SHOWN", 2)
    for number in range(3):
        place_job(house, f"FL-{number}", premise=f"P-{number + 1}")
    fault = raise_fault(house)

    first = (await office.get(f"/network/faults/{fault.id}")).text
    (following,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = (await office.get(following)).text

    assert first.count(">Dark<") == 2
    found = [re.findall(r'href="(/services/[0-9a-f-]{36})"', page) for page in (first, second)]
    assert (len(found[0]), len(found[1]), len({*found[0], *found[1]})) == (2, 1, 3)
    assert "A PON port is dark: Altstadt-1" in first
    assert (await office.get(f"/network/faults/{UUID(int=5)}")).status_code == 404


async def test_who_is_back_from_a_fault_is_told_from_who_is_dark(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town
    for number in range(2):
        place_job(house, f"FL-{number}", premise=f"P-{number + 1}")
    fault = raise_fault(house)
    first = house.read_now(storage.list_affected, fault.id, after=None, limit=1)
    house.write_now(lambda db: Written(storage.let_return(db, fault.id, first, act=act(NOON))))

    page = (await office.get(f"/network/faults/{fault.id}")).text
    assert (page.count(">Dark<"), page.count(">Back<")) == (1, 1)

    house.write_now(lambda db: Written(storage.clear(db, fault.id, act=act(NOON))))
    over = (await office.get(f"/network/faults/{fault.id}")).text
    assert (over.count(">Dark<"), over.count(">Dark when it ended<")) == (0, 1)


async def test_open_alarms_are_listed_newest_first_and_paged(
    office: httpx.AsyncClient, house: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert town
    monkeypatch.setattr("server.alarms.list_view.ALARMS_SHOWN", 1)
    place_job(house, "FL-1")
    raise_alarms(house)

    first = (await office.get("/network")).text
    (following,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = (await office.get(following)).text

    assert "The OLT does not answer" in first
    assert "The ONT is dark" not in first
    assert "The ONT is dark" in second
    assert re.search(r'href="/services/[0-9a-f-]{36}">Am Hafen 3, Neustadt; Altstadt-1', second)


def raise_alarms(house: Store) -> None:
    """One of an ONT, then one of its OLT."""

    def unit(db: Connection) -> Written[None]:
        port = db.execute(sa.select(plant.pon_ports)).mappings().one()
        service_id = db.execute(sa.select(offers.services.c.id)).scalar_one()
        for kind, of in (
            (AlarmKind.LOSS_OF_SIGNAL, service_id),
            (AlarmKind.OLT_UNREACHABLE, None),
        ):
            alarm = Alarm(
                id=uuid7(),
                kind=kind,
                severity=SEVERITIES[kind],
                olt_id=port["olt_id"],
                pon_port_id=port["id"] if of else None,
                service_id=of,
                raised_at=NOON,
            )
            alarm_storage.add(db, [alarm])
        return Written(None, topics=frozenset({"alarms"}))

    house.write_now(unit)


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
