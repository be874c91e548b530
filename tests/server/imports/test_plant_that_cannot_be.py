"""Plant rows that contradict what is stored, and changes that would change what ONT ids mean."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from server.database import Store, Written
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.offers import services
from server.database.tables.plant import olts, pon_ports, splitters, terminals
from server.imports import runs
from server.imports.commands import Counts
from server.orders import commands as orders
from server.orders.records import WantedOrder
from tests.server.imports.loading import (
    NOW,
    PATIENCE_S,
    PREMISE,
    Heard,
    act,
    alter,
    id_of,
    load,
    own,
)

DROPS = "external_id,terminal,premise,terminal_port,length_m,connectors,splices\n"
TERMINALS = "external_id,splitter,latitude,longitude,distribution_length_m,ports\n"
BUSY = "AUE-P2"
"""The PON port that the service at PREMISE is registered on, at 0/1/2."""


def write(file: Path, header: str, *rows: str) -> Path:
    file.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return file


def test_a_drop_cannot_begin_at_a_port_that_its_terminal_does_not_have(
    store: Store, copy: Path
) -> None:
    load(store, copy)
    file = write(copy / "drops.csv", DROPS, f"NEW,AUE-T31,{PREMISE},9,60,5,7")

    heard = load(store, file)

    (complaint,) = heard.complaints
    assert (complaint.row, complaint.column, complaint.value) == (2, "terminal_port", "9")
    assert complaint.right == "a whole number from 1 to 8, the ports of AUE-T31"
    assert heard.finished["drops"] == Counts(quarantined=1)


def test_a_drop_may_begin_at_the_last_port_of_a_terminal_that_has_grown(
    store: Store, copy: Path
) -> None:
    load(store, copy)
    alter(copy / "terminals.csv", "AUE-T31", ports="9")
    write(copy / "drops.csv", DROPS, f"NEW,AUE-T31,{PREMISE},9,60,5,7")

    assert rehearsed(store, copy) == ([], 1)
    assert load(store, copy).complaints == []


def test_a_dry_run_sees_ports_that_are_not_stored_yet(store: Store, copy: Path) -> None:
    file = copy / "drops.csv"
    file.write_text(file.read_text("utf-8") + f"NEW,AUE-T31,{PREMISE},9,60,5,7\n", "utf-8")

    complaints, inserted = rehearsed(store, copy)

    assert [(complaint.column, complaint.value) for complaint in complaints] == [
        ("terminal_port", "9")
    ]
    assert inserted == 129


def rehearsed(store: Store, folder: Path) -> tuple[list[Any], int]:
    heard = Heard()
    counts = runs.rehearse(store, runs.find_files(folder, own), heard.listener)
    return heard.complaints, counts.inserted


def test_a_terminal_does_not_lose_a_port_that_a_drop_is_on(store: Store, copy: Path) -> None:
    load(store, copy)

    heard = load(store, alter(copy / "terminals.csv", "AUE-T31", ports="7"))

    (complaint,) = heard.complaints
    assert (complaint.column, complaint.value) == ("ports", "7")
    assert complaint.right == "at least 8: a stored drop is on that port; move it first"


def test_a_splitter_has_no_more_terminals_than_outputs(store: Store, copy: Path) -> None:
    load(store, copy)
    write(
        copy / "splitters.csv",
        "external_id,pon_port,ratios,feeder_length_m\n",
        "SMALL,AUE-P0,1:2,100",
    )
    load(store, copy / "splitters.csv")
    rows = [f"T-{number},SMALL,51.2,12.1,50,8" for number in range(3)]

    heard = load(store, write(copy / "terminals.csv", TERMINALS, *rows))

    (complaint,) = heard.complaints
    assert (complaint.row, complaint.column, complaint.value) == (4, "splitter", "SMALL")
    assert complaint.right.startswith("a splitter with an output left; this one has 2, all with")
    assert load(store, copy / "terminals.csv").finished["terminals"] == Counts(
        unchanged=2, quarantined=1
    )


def test_terminals_may_change_places_between_full_splitters(store: Store, copy: Path) -> None:
    load(store, copy)
    header = "external_id,pon_port,ratios,feeder_length_m\n"
    load(store, write(copy / "splitters.csv", header, "A,AUE-P0,1:2,1", "B,AUE-P1,1:2,1"))
    at = "51.2,12.1,50,8"
    load(
        store,
        write(copy / "terminals.csv", TERMINALS, *(f"{s}{n},{s},{at}" for s in "AB" for n in "12")),
    )

    moved = write(copy / "terminals.csv", TERMINALS, f"A1,B,{at}", f"B1,A,{at}")

    assert load(store, moved).finished["terminals"] == Counts(updated=2)


def test_a_splitter_does_not_lose_outputs_that_its_terminals_need(store: Store, copy: Path) -> None:
    load(store, copy)
    rows = [f"T-{number},AUE-S3,51.2,12.1,50,8" for number in range(2)]
    load(store, write(copy / "terminals.csv", TERMINALS, *rows))

    (complaint,) = load(store, alter(copy / "splitters.csv", "AUE-S3", ratios="1:2")).complaints

    assert (complaint.column, complaint.value) == ("ratios", "1:2")
    assert complaint.right.startswith("ratios with at least 3 outputs")


@pytest.fixture
def registered(store: Store, copy: Path) -> Path:
    """A service at PREMISE whose ONT has an id on PON port BUSY."""
    load(store, copy)
    place(store, BUSY)
    return copy


def place(store: Store, port: str) -> None:
    wanted = WantedOrder(
        number="O-1",
        account="AUE-A01",
        premise=PREMISE,
        product="fiber-300",
        appointment_starts_at=NOW,
        appointment_ends_at=NOW + timedelta(hours=2),
    )
    store.write_now(orders.place, wanted, act=act())
    values = allocation(store, port)
    store.write_now(
        lambda db: Written(db.execute(sa.insert(ont_allocations).values(values)).close())
    )


def allocation(store: Store, port: str) -> dict[str, Any]:
    return {
        "service_id": store.read_now(lambda db: db.execute(sa.select(services.c.id)).scalar_one()),
        "olt_id": id_of(store, olts, "AUE-OLT1"),
        "pon_port_id": id_of(store, pon_ports, port),
        "serial": "HWTC1A2B3C4D",
        "frame": 0,
        "slot": 1,
        "port": 0,
        "ont_id": 3,
        "service_port": 17,
        "adopted": False,
    }


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"port": "5"}, "port", "5"),
        ({"slot": "2", "port": "0"}, "slot + port", "2 + 0"),
        ({"frame": "1"}, "frame", "1"),
        ({"olt": "AUE-OLT2"}, "olt", "AUE-OLT2"),
    ],
)
def test_a_port_with_registered_onts_keeps_its_olt_and_its_numbers(
    store: Store, registered: Path, change: dict[str, str], column: str, value: str
) -> None:
    add_olt(store, registered)
    before = numbers(store, BUSY)

    heard = load(store, alter(registered / "pon-ports.csv", BUSY, **change))

    (complaint,) = heard.complaints
    assert (complaint.column, complaint.value) == (column, value)
    assert complaint.right.startswith("0/1/2")
    assert "1 service has its ONT registered there under these numbers" in complaint.right
    assert complaint.right.endswith(
        "a row with an id of its own and let the splitters refer to that"
    )
    assert heard.finished["pon-ports"] == Counts(unchanged=2, quarantined=1)
    assert numbers(store, BUSY) == before


def add_olt(store: Store, folder: Path) -> None:
    header = "external_id,name,driver,host,snmp_port,credentials\n"
    row = "AUE-OLT2,Second exchange,huawei,127.0.0.1,1162,town"
    load(store, write(folder / "olts.csv", header, row))


def numbers(store: Store, port: str) -> Any:  # noqa: ANN401  a row of any columns
    query = sa.select(pon_ports).where(pon_ports.c.external_id == port)
    return store.read_now(lambda db: db.execute(query).one())


@pytest.mark.usefixtures("registered")
def test_a_port_with_registered_onts_may_change_in_what_was_not_written(
    store: Store, copy: Path
) -> None:
    assert load(store, copy / "pon-ports.csv").finished["pon-ports"] == Counts(unchanged=3)
    heard = load(store, alter(copy / "pon-ports.csv", BUSY, launch_cdbm="460"))
    assert heard.finished["pon-ports"] == Counts(updated=1, unchanged=2)


def test_a_port_without_registered_onts_is_renumbered(store: Store, registered: Path) -> None:
    add_olt(store, registered)
    heard = load(store, alter(registered / "pon-ports.csv", "AUE-P1", olt="AUE-OLT2", port="7"))
    assert heard.finished["pon-ports"] == Counts(updated=1, unchanged=2)


def test_what_the_complaint_advises_can_be_done(store: Store, registered: Path) -> None:
    header = "external_id,olt,frame,slot,port,optic_class,launch_cdbm\n"
    row = "AUE-P9,AUE-OLT1,0,1,5,GPON_C+,450"
    load(store, write(registered / "pon-ports.csv", header, row))

    heard = load(store, alter(registered / "splitters.csv", "AUE-S3", pon_port="AUE-P9"))

    assert heard.complaints == []
    query = sa.select(splitters.c.pon_port_id).where(splitters.c.external_id == "AUE-S3")
    moved_to = store.read_now(lambda db: db.execute(query).scalar_one())
    assert moved_to == id_of(store, pon_ports, "AUE-P9")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_renumbering_waits_for_a_registration_that_is_under_way(store: Store, copy: Path) -> None:
    """Or the ids would be stored under the new numbers and written under the old."""
    load(store, copy)
    place(store, "AUE-P0")
    values = {**allocation(store, BUSY), "ont_id": 4}
    inserted, released, done = threading.Event(), threading.Event(), threading.Event()
    found: list[Heard] = []

    def move_slowly(db: sa.Connection) -> Written[None]:
        db.execute(sa.update(ont_allocations).values(values))
        inserted.set()
        assert released.wait(PATIENCE_S)
        return Written(None)

    def renumber() -> None:
        found.append(load(store, alter(copy / "pon-ports.csv", BUSY, port="5")))
        done.set()

    def somebody_waits(db: sa.Connection) -> bool:
        query = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return db.execute(query).scalar_one() > 0

    threads = [threading.Thread(target=store.write_now, args=(move_slowly,))]
    threads[0].start()
    assert inserted.wait(PATIENCE_S)
    threads.append(threading.Thread(target=renumber))
    threads[1].start()
    while not (waited := store.read_now(somebody_waits)) and not done.is_set():
        pass
    released.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert waited
    assert [complaint.column for complaint in found[0].complaints] == ["port"]


def test_a_terminal_may_stay_where_there_are_too_many_already(store: Store, copy: Path) -> None:
    load(store, copy)
    narrow = sa.update(splitters).where(splitters.c.external_id == "AUE-S1").values(ratios=[1])
    store.write_now(lambda db: Written(db.execute(narrow).close()))

    heard = load(store, alter(copy / "terminals.csv", "AUE-T11", distribution_length_m="261"))

    assert heard.finished["terminals"] == Counts(updated=1, unchanged=4)
    count = sa.select(sa.func.count()).select_from(terminals)
    assert store.read_now(lambda db: db.execute(count).scalar_one()) == 5
