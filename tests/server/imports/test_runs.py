import csv
import shutil
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.acts import SYSTEM, Act
from server.database import Store, Written
from server.database.tables import metadata
from server.database.tables.offers import accounts
from server.database.tables.people import audit, technicians
from server.database.tables.plant import drops, onts, premises
from server.database.tables.sync import feed
from server.imports import profiles, runs
from server.imports.commands import Counts
from server.imports.complaints import Complaint, FileRefused
from server.imports.kinds import KINDS, Kind
from server.imports.profiles import Profile
from server.imports.runs import Import, Listener
from server.jobs import commands as jobs
from server.jobs.queries import documents
from server.orders import commands as orders
from server.orders.records import InstallOrder
from server.plant import routes
from server.problems import WrongInput
from sync_protocol.ids import JobId
from sync_protocol.optics import predict

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
PREMISE = "AUE-1033"
PATIENCE_S = 20
TOWN = Counts(inserted=129)


def act() -> Act:
    return Act(actor=SYSTEM, now=NOW, new_id=uuid7)


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        self.finished: dict[str, Counts] = {}

    @property
    def listener(self) -> Listener:
        return Listener(told=_ignore, complained=(self._complained,), finished=self._finished)

    def _complained(self, _one: Import, complaints: Sequence[Complaint]) -> None:
        self.complaints += complaints

    def _finished(self, one: Import, counts: Counts) -> None:
        self.finished[one.profile.kind] = counts


def _ignore(_one: Import, _counts: Counts) -> None:
    pass


def own(kind: Kind) -> Profile:
    return profiles.own(kind)


def load(store: Store, path: Path) -> Heard:
    heard = Heard()
    kind = KINDS.get(path.stem)
    imports = runs.find_files(path, own) if kind is None else [Import(path=path, profile=own(kind))]
    runs.run(store, imports, heard.listener)
    return heard


@pytest.fixture
def copy(town: Path, tmp_path: Path) -> Path:
    """A copy of the sample town that a test may alter."""
    return shutil.copytree(town, tmp_path / "town")


def alter(file: Path, key: str, **changes: str) -> Path:
    """Change cells of the rows that begin with a key."""
    with file.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    for row in rows:
        for column, value in changes.items() if row[0] == key else ():
            row[header.index(column)] = value
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return file


def everything(db: sa.Connection) -> dict[str, list[Any]]:
    return {
        table.name: sorted(map(repr, db.execute(sa.select(table))))
        for table in metadata.sorted_tables
        if table is not audit
    }


def id_of(store: Store, table: sa.Table, external_id: str) -> UUID:
    query = sa.select(table.c.id).where(table.c.external_id == external_id)
    return store.read_now(lambda db: db.execute(query).scalar_one())


def total(heard: Heard) -> Counts:
    return sum(heard.finished.values(), Counts())


def test_the_sample_town_is_taken_as_it_is(store: Store, town: Path) -> None:
    heard = load(store, town)
    assert heard.complaints == []
    assert list(heard.finished) == list(KINDS), "in the order of dependency"
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


@pytest.fixture
def ordered(store: Store, copy: Path) -> UUID:
    """An unassigned install job at PREMISE."""
    load(store, copy)
    wanted = InstallOrder(
        number="O-1",
        account="AUE-A01",
        premise=PREMISE,
        product="fiber-300",
        appointment_starts_at=NOW,
        appointment_ends_at=NOW + timedelta(hours=2),
    )
    return store.write_now(orders.place_install, wanted, act=act()).job_id


@pytest.fixture
def assigned(store: Store, ordered: UUID) -> tuple[UUID, UUID]:
    """An install job at PREMISE and the technician who holds it."""
    technician_id = id_of(store, technicians, "AUE-W1")
    store.write_now(jobs.assign, ordered, technician_id, act=act())
    return ordered, technician_id


def feed_of(store: Store) -> dict[tuple[UUID, UUID], tuple[str, int]]:
    rows = store.read_now(lambda db: list(db.execute(sa.select(feed))))
    return {(row.scope, row.entity_id): (row.kind, row.seq) for row in rows}


@pytest.mark.parametrize(
    ("kind", "key", "change"),
    [
        ("premises", PREMISE, {"address": "Feldrain 1a"}),
        ("accounts", "AUE-A01", {"phone": "+49 30 23125 999"}),
        ("products", "fiber-300", {"name": "Fiber 300 plus"}),
        ("olts", "AUE-OLT1", {"name": "Old exchange"}),
        ("pon-ports", "AUE-P2", {"launch_cdbm": "460"}),
        ("splitters", "AUE-S3", {"ratios": "1:32"}),
        ("terminals", "AUE-T31", {"distribution_length_m": "250"}),
        ("drops", "AUE-D33", {"length_m": "99"}),
    ],
)
def test_a_tablet_hears_of_everything_that_its_job_embeds(
    store: Store,
    copy: Path,
    assigned: tuple[UUID, UUID],
    kind: str,
    key: str,
    change: dict[str, str],
) -> None:
    job_id, technician_id = assigned
    assert feed_of(store) == {(technician_id, job_id): ("enter", 1)}

    load(store, alter(copy / f"{kind}.csv", key, **change))

    assert feed_of(store) == {(technician_id, job_id): ("update", 2)}


OTHER_VALUES = {
    "zone": "Europe/Paris",
    "optic_class": "GPON_B+",
    "ratios": "1:32",
    "currency": "CHF",
    "email": "other@example.com",
    "latitude": "51.5",
    "longitude": "12.5",
    "terminal_port": "77",
}


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("premises", PREMISE),
        ("accounts", "AUE-A01"),
        ("products", "fiber-300"),
        ("olts", "AUE-OLT1"),
        ("pon-ports", "AUE-P2"),
        ("splitters", "AUE-S3"),
        ("terminals", "AUE-T31"),
        ("drops", "AUE-D33"),
    ],
)
def test_no_column_changes_a_document_without_a_feed_entry(
    store: Store, copy: Path, assigned: tuple[UUID, UUID], kind: str, key: str
) -> None:
    job_id, _ = assigned
    fixed = {*KINDS[kind].key, *KINDS[kind].fixed, *KINDS[kind].references, "driver"}
    altered: set[str] = set()
    for column in KINDS[kind].row_type.__struct_fields__:
        if column in fixed:
            continue
        before = store.read_now(documents, [job_id])[JobId(job_id)], feed_of(store)
        heard = load(
            store, alter(copy / f"{kind}.csv", key, **{column: OTHER_VALUES.get(column, "7")})
        )
        assert heard.finished[kind].updated == 1, column
        after = store.read_now(documents, [job_id])[JobId(job_id)], feed_of(store)
        if before[0] != after[0]:
            altered.add(column)
            assert before[1] != after[1], column
    assert altered, "something of every kind is in the document"


@pytest.mark.parametrize(
    ("kind", "key", "change"),
    [
        ("premises", "AUE-1001", {"address": "Lindenweg 1a"}),
        ("accounts", "AUE-A02", {"phone": "+49 30 23125 999"}),
        ("splitters", "AUE-S1", {"ratios": "1:16"}),
        ("technicians", "AUE-W1", {"name": "Lena Fuchs-Berg"}),
    ],
)
@pytest.mark.usefixtures("assigned")
def test_a_tablet_does_not_hear_of_what_is_not_its_own(
    store: Store, copy: Path, kind: str, key: str, change: dict[str, str]
) -> None:
    before = feed_of(store)
    load(store, alter(copy / f"{kind}.csv", key, **change))
    assert feed_of(store) == before


def test_an_import_does_not_bring_back_a_job_that_was_taken_away(
    store: Store, copy: Path, assigned: tuple[UUID, UUID]
) -> None:
    job_id, first = assigned
    second = id_of(store, technicians, "AUE-W2")
    store.write_now(jobs.assign, job_id, second, act=act())

    load(store, alter(copy / "premises.csv", PREMISE, address="Feldrain 1a"))

    kinds = {scope: kind for (scope, _), (kind, _) in feed_of(store).items()}
    assert kinds == {first: "leave", second: "update"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_import_waits_for_an_assignment_that_is_under_way(
    store: Store, copy: Path, ordered: UUID
) -> None:
    """Or a tablet could pull the job between the two and never hear of the change."""
    technician_id = id_of(store, technicians, "AUE-W1")
    done = threading.Event()
    assigned, released = threading.Event(), threading.Event()

    def assign_slowly(db: sa.Connection) -> Written[Any]:
        written = jobs.assign(db, ordered, technician_id, act=act())
        assigned.set()
        assert released.wait(PATIENCE_S)
        return written

    def import_premises() -> None:
        load(store, alter(copy / "premises.csv", PREMISE, address="Feldrain 1a"))
        done.set()

    def somebody_waits(db: sa.Connection) -> bool:
        query = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return db.execute(query).scalar_one() > 0

    threads = [threading.Thread(target=store.write_now, args=(assign_slowly,))]
    threads[0].start()
    assert assigned.wait(PATIENCE_S)
    threads.append(threading.Thread(target=import_premises))
    threads[1].start()
    while not (waited := store.read_now(somebody_waits)) and not done.is_set():
        pass
    released.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert waited
    assert feed_of(store) == {(technician_id, ordered): ("update", 2)}
