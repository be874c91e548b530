"""The page about drift: when OLTs were read, and what differs, with what to do about it."""

import httpx
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.database import Connection, Store, Written
from server.database.tables import plant
from server.database.tables.adoption import drifts, olt_readings
from server.people.records import Role, User
from tests.server.console.town import NOON, Town, add_user
from tests.server.console.visits import sign_in


def read_with(house: Store, number: int) -> None:
    """Keep that the OLT was read, and so many strangers on it."""

    def unit(db: Connection) -> Written[None]:
        olt_id = db.execute(sa.select(plant.olts.c.id).limit(1)).scalar_one()
        db.execute(
            sa.insert(olt_readings).values(
                olt_id=olt_id, next_at=NOON, read_at=NOON, ports_read=15, ports_unread=1
            )
        )
        for ont_id in range(number):
            serial = f"HWTC{ont_id:08X}"
            db.execute(
                sa.insert(drifts).values(
                    id=uuid7(),
                    olt_id=olt_id,
                    verdict="stranger",
                    subject=f"{serial}@0/1/0:{ont_id}",
                    frame=0,
                    slot=1,
                    port=0,
                    ont_id=ont_id,
                    serial=serial,
                    detail="no service has this <ONT>",
                    first_seen_at=NOON,
                    seen_at=NOON,
                )
            )
        return Written(None)

    house.write_now(unit)


async def test_before_the_first_reading_the_page_says_so(
    client: httpx.AsyncClient, dispatcher: User
) -> None:
    await sign_in(client, dispatcher.email)

    page = (await client.get("/network/drift")).text

    assert "No OLT was read yet" in page
    assert 'href="/network" aria-current="page"' in page


async def test_differences_say_where_since_when_and_what_to_do(
    client: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town
    read_with(house, 1)
    await sign_in(client, add_user(house, "noc@operator.example", Role.NOC).email)

    page = (await client.get("/network/drift")).text

    for said in ("15 ports read, 1 not", "No service has it", "0/1/0:0", "12:00", "Adopt it"):
        assert said in page
    assert "&lt;ONT&gt;" in page


async def test_many_differences_are_shown_a_page_at_a_time(
    client: httpx.AsyncClient, house: Store, town: Town, dispatcher: User
) -> None:
    assert town
    read_with(house, 60)
    await sign_in(client, dispatcher.email)

    page = (await client.get("/network/drift")).text
    more = page[page.index("/network/drift?after=") :].split('"')[0]
    rest = (await client.get(more)).text

    assert page.count("No service has it") == 50
    assert rest.count("No service has it") == 10
    assert "/network/drift?after=" not in rest
