from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from server.database import Store, Written
from server.database.tables import plant
from server.plant import routes
from server.problems import NotFound

PREMISE, OTHER = UUID(int=1), UUID(int=2)


def build(db: sa.Connection) -> Written[None]:
    """Lay two drops to one premise and one to another."""
    place = {"latitude": 51.2, "longitude": 12.1}
    for premise in (PREMISE, OTHER):
        db.execute(
            sa.insert(plant.premises).values(
                id=premise,
                external_id=f"P{premise.int}",
                address="Lindenweg 1",
                city="Auental",
                postcode="00417",
                zone="Europe/Berlin",
                **place,
            )
        )
    tables = (
        (plant.olts, {"name": "Exchange", "driver": "huawei", "host": "127.0.0.1"}),
        (plant.pon_ports, {"olt_id": UUID(int=9), "frame": 0, "slot": 1, "port": 2}),
        (plant.splitters, {"pon_port_id": UUID(int=9), "ratios": [4, 8], "feeder_length_m": 3000}),
        (
            plant.terminals,
            {"splitter_id": UUID(int=9), "distribution_length_m": 200, "ports": 8, **place},
        ),
    )
    more = {"olts": {"snmp_port": 161, "credentials": "x"}, "pon_ports": {"optic_class": "GPON_B+"}}
    for table, values in tables:
        row = {"id": UUID(int=9), "external_id": "X", **values, **more.get(table.name, {})}
        db.execute(sa.insert(table).values(row))
    for number, premise in ((2, PREMISE), (1, PREMISE), (3, OTHER)):
        db.execute(
            sa.insert(plant.drops).values(
                id=UUID(int=number),
                external_id=f"D{number}",
                terminal_id=UUID(int=9),
                premise_id=premise,
                terminal_port=number,
                length_m=10 * number,
                connectors=4,
                splices=6,
            )
        )
    return Written(None)


def test_the_routes_of_many_premises_take_one_query(store: Store) -> None:
    store.write_now(build)
    statements: list[str] = []
    event.listen(
        store.reading, "before_cursor_execute", lambda *seen: statements.append(str(seen[2]))
    )

    found = store.read_now(routes.routes_of, [PREMISE, OTHER, UUID(int=3)])

    assert set(found) == {PREMISE, OTHER}
    assert len([text for text in statements if text.startswith("SELECT")]) == 1


def test_a_route_is_what_the_plant_says(store: Store) -> None:
    store.write_now(build)
    card = store.read_now(routes.get, OTHER).card()
    assert (card.olt, card.pon_port, card.terminal_port) == ("Exchange", "0/1/2", 3)
    assert card.light_path.splitter_ratios == (4, 8)
    assert card.light_path.drop_length_m == 30


def test_of_two_drops_to_a_premise_the_first_is_the_route(store: Store) -> None:
    store.write_now(build)
    assert store.read_now(routes.get, PREMISE).terminal_port == 1


def test_a_premise_without_a_drop_has_no_route(store: Store) -> None:
    with pytest.raises(NotFound, match="no drop for premise"):
        store.read_now(routes.get, PREMISE)
