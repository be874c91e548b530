from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.database import Store
from server.database.tables.people import audit
from server.database.tables.plant import onts
from sync_protocol.operations import OntMove, OntMoved
from tests.server.factories import assign, assigned_job, change, found_town, rows
from tests.server.imports.loading import load
from tests.server.sync.field import Field
from tests.server.tablets import OTHER_SERIAL, SERIAL, capture, enrolled, record


@pytest.fixture
def field(store: Store) -> Field:
    """Ada's tablet, a job of hers, and one ONT in her van."""
    town = found_town(store)
    stocked = {"serial": SERIAL, "model": "HG8245H", "technician_id": town.ada}
    change(store, sa.insert(onts).values(stocked))
    return Field(
        store=store,
        town=town,
        tablet=enrolled(store, town.ada),
        job_id=assigned_job(store, town.ada).job_id,
    )


def say(field: Field, move: OntMove, serial: str = SERIAL, model: str | None = None) -> None:
    body = OntMoved(serial=serial, move=move, model=model)
    (number,) = field.tablet.say(record(field.job_id, capture(body)))
    field.push(number)


def stock(store: Store) -> dict[str, tuple[str, UUID | None, bool]]:
    return {
        row["serial"]: (row["model"], row["technician_id"], row["is_defective"])
        for row in rows(store, onts)
    }


def test_an_ont_that_is_installed_leaves_the_van(field: Field) -> None:
    say(field, OntMove.INSTALLED)

    assert stock(field.store) == {SERIAL: ("HG8245H", None, False)}
    (line,) = (row for row in rows(field.store, audit) if row["action"] == "ont.moved")
    assert line["job_id"] == field.job_id
    assert line["detail"] == {
        "serial": SERIAL,
        "move": "installed",
        "technician_id": str(field.town.ada),
        "from": str(field.town.ada),
    }


def test_an_ont_that_is_recovered_comes_into_the_van_known_or_not(field: Field) -> None:
    say(field, OntMove.INSTALLED)
    say(field, OntMove.RECOVERED)
    say(
        field,
        OntMove.RECOVERED,
        OTHER_SERIAL,
        model="a model name longer than forty characters are",
    )

    ada = field.town.ada
    assert stock(field.store) == {
        SERIAL: ("HG8245H", ada, False),
        OTHER_SERIAL: ("a model name longer than forty character", ada, False),
    }


def test_an_ont_once_called_defective_stays_so_wherever_it_goes(field: Field) -> None:
    say(field, OntMove.DEFECTIVE)
    say(field, OntMove.RECOVERED)
    say(field, OntMove.DEFECTIVE, OTHER_SERIAL)

    ada = field.town.ada
    assert stock(field.store) == {
        SERIAL: ("HG8245H", ada, True),
        OTHER_SERIAL: ("unknown", ada, True),
    }


def test_an_unknown_ont_that_is_installed_is_told_and_added_to_no_stock(field: Field) -> None:
    say(field, OntMove.INSTALLED, OTHER_SERIAL)

    assert OTHER_SERIAL not in stock(field.store)
    assert [
        row["detail"]["from"] for row in rows(field.store, audit) if "move" in row["detail"]
    ] == [None]


def test_an_ont_that_was_not_found_is_told_and_stays_whose_it_was(field: Field) -> None:
    say(field, OntMove.NOT_FOUND)
    say(field, OntMove.NOT_FOUND, OTHER_SERIAL)

    ada = field.town.ada
    assert stock(field.store) == {SERIAL: ("HG8245H", ada, False)}
    assert [
        (row["detail"]["serial"], row["detail"]["from"])
        for row in rows(field.store, audit)
        if row["detail"].get("move") == "not_found"
    ] == [(SERIAL, str(ada)), (OTHER_SERIAL, None)]


def test_where_an_ont_lies_is_a_fact_also_of_whose_job_it_is_no_longer(field: Field) -> None:
    assign(field.store, field.job_id, field.town.ben)

    say(field, OntMove.INSTALLED)

    assert stock(field.store) == {SERIAL: ("HG8245H", None, False)}


def test_an_import_of_the_stock_leaves_what_technicians_called_defective(
    field: Field, tmp_path: Path
) -> None:
    say(field, OntMove.DEFECTIVE)
    file = tmp_path / "onts.csv"
    file.write_text(f"serial,model,technician\n{OTHER_SERIAL},X,\n{SERIAL},Y,Ben\n", "utf-8")

    heard = load(field.store, file)

    assert heard.finished["onts"].quarantined == 0
    assert stock(field.store) == {
        OTHER_SERIAL: ("X", None, False),
        SERIAL: ("Y", field.town.ben, True),
    }
