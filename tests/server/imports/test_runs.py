from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from server.database import Store
from server.database.tables.offers import accounts
from server.database.tables.people import audit, technicians
from server.database.tables.plant import drops, onts, premises
from server.imports import runs
from server.imports.commands import Counts
from server.imports.complaints import FileRefused
from server.imports.kinds import KINDS
from server.plant import routes
from server.problems import WrongInput
from sync_protocol.optics import predict
from tests.server.imports.loading import (
    PREMISE,
    Heard,
    alter,
    everything,
    id_of,
    load,
    own,
    total,
)

TOWN = Counts(inserted=129)


def test_the_sample_town_is_taken_as_it_is(store: Store, town: Path) -> None:
    heard = load(store, town)
    assert heard.complaints == []
    had = [name for name in KINDS if (town / f"{name}.csv").exists()]
    assert list(heard.finished) == had, "in the order of dependency"
    assert total(heard) == TOWN


def test_importing_again_changes_nothing(store: Store, town: Path) -> None:
    load(store, town)
    before = store.read_now(everything)

    assert total(load(store, town)) == Counts(unchanged=TOWN.inserted)
    assert store.read_now(everything) == before


def test_a_dry_run_says_what_would_happen_and_writes_nothing(store: Store, copy: Path) -> None:
    empty = store.read_now(everything)
    heard = Heard()

    assert runs.rehearse(store, runs.find_files(copy, own), heard.listener) == TOWN
    assert heard.complaints == []
    assert store.read_now(everything) == empty
    assert store.commits == 0

    load(store, copy)
    before = store.read_now(everything)
    alter(copy / "accounts.csv", "AUE-A01", name="Anna Weber-Roth")
    found = runs.rehearse(store, runs.find_files(copy, own), heard.listener)
    assert found == Counts(updated=1, unchanged=TOWN.inserted - 1)
    assert store.read_now(everything) == before


def test_a_corrected_row_keeps_its_id(store: Store, copy: Path) -> None:
    load(store, copy)
    before = id_of(store, accounts, "AUE-A01")

    heard = load(store, alter(copy / "accounts.csv", "AUE-A01", name="Anna Weber-Roth", email=""))

    assert heard.finished["accounts"] == Counts(updated=1, unchanged=11)
    row = store.read_now(
        lambda db: db.execute(sa.select(accounts).where(accounts.c.id == before)).one()
    )
    assert (row.name, row.email) == ("Anna Weber-Roth", None)


@pytest.mark.parametrize(
    ("kind", "key", "change", "right"),
    [
        ("drops", "AUE-D07", {"terminal": "T99"}, "the id of one of the terminals, imported"),
        ("drops", "AUE-D07", {"premise": "P99"}, "the id of one of the premises, imported"),
        ("onts", "", {"technician": "W9"}, "the id of one of the technicians, imported"),
        ("pon-ports", "AUE-P0", {"olt": "O9"}, "the id of one of the olts, imported"),
    ],
)
def test_a_row_that_refers_to_nothing_is_left_out_alone(
    store: Store, copy: Path, kind: str, key: str, change: dict[str, str], right: str
) -> None:
    for name in ("premises", "olts", "pon-ports", "splitters", "terminals", "technicians"):
        if name != kind:
            load(store, copy / f"{name}.csv")
    first = key or (copy / "onts.csv").read_text("utf-8").splitlines()[1].split(",")[0]

    heard = load(store, alter(copy / f"{kind}.csv", first, **change))

    (complaint,) = heard.complaints
    ((column, value),) = change.items()
    assert (complaint.column, complaint.value) == (column, value)
    assert complaint.right.startswith(right)
    assert heard.finished[kind].quarantined == 1
    assert heard.finished[kind].inserted > 0


def test_a_place_that_another_holds_is_not_given_twice(store: Store, copy: Path) -> None:
    load(store, copy)
    with (copy / "drops.csv").open("w", encoding="utf-8") as stream:
        stream.write(
            "external_id,terminal,premise,terminal_port,length_m,connectors,splices\n"
            f"NEW,AUE-T11,{PREMISE},3,10,4,4\n"
        )

    (complaint,) = load(store, copy / "drops.csv").complaints

    assert complaint.column == "terminal + terminal_port"
    assert complaint.value == "AUE-T11 + 3"
    assert complaint.right == "a place that AUE-D03 does not hold"


def test_what_was_sold_under_a_version_stays(store: Store, copy: Path) -> None:
    load(store, copy)

    cheaper = alter(copy / "products.csv", "fiber-300", price_minor="2990")
    (complaint,) = load(store, cheaper).complaints
    assert (complaint.column, complaint.value) == ("price_minor", "2990")
    assert complaint.right.startswith("a new version of the product")

    heard = load(store, alter(cheaper, "fiber-300", version="2"))
    assert heard.finished["products"] == Counts(inserted=1, unchanged=1)


def test_a_drop_does_not_move_to_another_premise(store: Store, copy: Path) -> None:
    load(store, copy)
    (complaint,) = load(store, alter(copy / "drops.csv", "AUE-D01", premise=PREMISE)).complaints
    assert complaint.right.startswith("a new drop with an id of its own")


def test_a_refused_file_leaves_nothing_of_itself(store: Store, copy: Path) -> None:
    (copy / "accounts.csv").write_bytes(b"external_id,name\nA1,M\xfcller\n")
    with pytest.raises(FileRefused, match=r"accounts\.csv is not UTF-8"):
        load(store, copy)
    count = sa.select(sa.func.count())
    assert store.read_now(lambda db: db.execute(count.select_from(drops)).scalar_one()) == 40
    assert store.read_now(lambda db: db.execute(count.select_from(accounts)).scalar_one()) == 0


def test_a_folder_with_a_foreign_file_is_refused(copy: Path) -> None:
    (copy / "customers.csv").write_text("", "utf-8")
    with pytest.raises(WrongInput, match=r"'customers\.csv' is not the name of a kind; known are"):
        runs.find_files(copy, own)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="there is no CSV file; known are premises"):
        runs.find_files(tmp_path, own)


def test_an_import_is_written_down(store: Store, copy: Path) -> None:
    load(store, copy / "accounts.csv")
    row = store.read_now(lambda db: db.execute(sa.select(audit)).one())
    assert (row.actor_kind, row.action) == ("system", "import.finished")
    assert row.detail == {"kind": "accounts", **msgspec.structs.asdict(Counts(inserted=12))}


def test_many_batches_are_one_import(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "technicians.csv"
    names = [f"W{number},Lena {number}\n" for number in range(2 * runs.BATCH_ROWS + 1)]
    file.write_text("external_id,name\n" + "".join(names) + names[0], "utf-8")

    heard = load(store, file)

    assert heard.finished["technicians"] == Counts(inserted=len(names), quarantined=1)
    count = sa.select(sa.func.count()).select_from(technicians)
    assert store.read_now(lambda db: db.execute(count).scalar_one()) == len(names)


def test_serials_are_stored_in_their_one_form(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "onts.csv"
    file.write_text("serial,model\nSN: hwtc-1a2b3c4d,HG8245H\n485754431A2B3C4E,HG8245H\n", "utf-8")
    load(store, file)
    found = store.read_now(lambda db: db.execute(sa.select(onts.c.serial)).scalars().all())
    assert sorted(found) == ["HWTC1A2B3C4D", "HWTC1A2B3C4E"]


def test_another_splitter_in_the_file_changes_the_predicted_light(store: Store, copy: Path) -> None:
    load(store, copy)
    premise_id = id_of(store, premises, PREMISE)
    before = store.read_now(routes.get, premise_id)
    assert predict(before.light_path).rx_power_cdbm == -1908

    load(store, alter(copy / "splitters.csv", "AUE-S3", ratios="1:4 1:8"))

    after = store.read_now(routes.get, premise_id)
    assert predict(after.light_path).rx_power_cdbm == -1908 + 1320 - 1000
    assert after.snapshot != before.snapshot


def test_overrides_of_products_that_come_with_them_are_rehearsed_and_loaded_once(
    store: Store, copy: Path
) -> None:
    file = copy / "product-overrides.csv"
    file.write_text("product,olt,vlan\nfiber-300,AUE-OLT1,2100\n", encoding="utf-8")
    with_it = TOWN + Counts(inserted=1)

    heard = Heard()
    assert runs.rehearse(store, runs.find_files(copy, own), heard.listener) == with_it
    assert heard.complaints == []

    assert total(load(store, copy)) == with_it
    assert total(load(store, copy)) == Counts(unchanged=with_it.inserted)
