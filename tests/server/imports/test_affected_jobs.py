"""Which tablets hear of an import."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.database import Store, Written
from server.database.tables.people import technicians
from server.database.tables.sync import feed
from server.database.tables.work import jobs as jobs_table
from server.imports.kinds import KINDS, Kind
from server.jobs import commands as jobs
from server.jobs.queries import documents
from server.orders import commands as orders
from server.orders.records import WantedOrder
from sync_protocol.ids import JobId
from tests.server.imports.loading import (
    NOW,
    PATIENCE_S,
    PREMISE,
    act,
    alter,
    id_of,
    load,
)


@pytest.fixture
def ordered(store: Store, copy: Path) -> UUID:
    """An unassigned install job at PREMISE."""
    alter(copy / "terminals.csv", "AUE-T31", ports="12")
    load(store, copy)
    wanted = WantedOrder(
        number="O-1",
        account="AUE-A01",
        premise=PREMISE,
        product="fiber-300",
        appointment_starts_at=NOW,
        appointment_ends_at=NOW + timedelta(hours=2),
    )
    return store.write_now(orders.place, wanted, act=act()).job_id


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
    assert feed_of(store) == {(technician_id, job_id): ("enter", 2)}

    load(store, alter(copy / f"{kind}.csv", key, **change))

    assert feed_of(store) == {(technician_id, job_id): ("update", 3)}


OTHER_VALUES = {
    "zone": "Europe/Paris",
    "optic_class": "GPON_B+",
    "ratios": "1:32",
    "currency": "CHF",
    "email": "other@example.com",
    "latitude": "51.5",
    "longitude": "12.5",
    "ports": "77",
    "terminal_port": "9",
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
    _let_be_given(copy / f"{kind}.csv", KINDS[kind])
    load(store, copy / f"{kind}.csv")
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


def _let_be_given(file: Path, kind: Kind) -> None:
    """Add the columns that a file may leave out, empty."""
    header, *lines = file.read_text("utf-8").splitlines()
    absent = [name for name in kind.row_type.__struct_fields__ if name not in header.split(",")]
    added = ["," * len(absent) for _ in lines]
    rows = [f"{line}{commas}" for line, commas in zip(lines, added, strict=True)]
    file.write_text("\n".join([",".join([header, *absent]), *rows]), "utf-8")


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


TICKETS = (
    "external_id,number,account,premise,subject,priority,opened_at,closed_at\n"
    f"X-1,T-1,AUE-A01,{PREMISE},Slow,high,2026-11-20T10:00+01:00,\n"
    "X-2,T-2,AUE-A01,AUE-1001,No light,high,2026-11-20T10:00+01:00,\n"
)


def test_a_tablet_hears_of_a_ticket_until_it_is_closed(
    store: Store, tmp_path: Path, assigned: tuple[UUID, UUID]
) -> None:
    job_id, technician_id = assigned
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS, "utf-8")

    load(store, file)
    opened = feed_of(store)
    (shown,) = store.read_now(documents, [job_id])[JobId(job_id)].tickets
    load(store, alter(file, "X-1", closed_at="2026-11-21T10:00Z"))

    assert (shown.number, shown.subject, shown.priority) == ("T-1", "Slow", "high")
    assert opened == {(technician_id, job_id): ("update", 3)}
    assert feed_of(store) == {(technician_id, job_id): ("update", 4)}
    assert store.read_now(documents, [job_id])[JobId(job_id)].tickets == ()


def test_a_ticket_without_a_readable_time_is_complained_about(
    store: Store, tmp_path: Path, assigned: tuple[UUID, UUID]
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS.replace("10:00+01:00", "10:00"), "utf-8")

    heard = load(store, file)

    assert {each.column for each in heard.complaints} == {"opened_at"}
    assert "a time with its offset" in heard.complaints[0].right
    assert [seq for _, seq in feed_of(store).values()] == [2], assigned


def test_a_tablet_hears_that_the_ont_kept_for_its_job_is_another_model(
    store: Store, copy: Path, assigned: tuple[UUID, UUID]
) -> None:
    job_id, technician_id = assigned
    serial = "HWTC5A111600"
    reserve = sa.update(jobs_table).values(reserved_serial=serial)

    def keep(db: sa.Connection) -> Written[None]:
        db.execute(reserve)
        return Written(None)

    store.write_now(keep)
    load(store, alter(copy / "onts.csv", serial, model="HG8010H"))

    assert store.read_now(documents, [job_id])[JobId(job_id)].expected_model == "HG8010H"
    assert feed_of(store) == {(technician_id, job_id): ("update", 3)}


def test_what_to_beware_of_is_read_one_by_one(
    store: Store, copy: Path, assigned: tuple[UUID, UUID]
) -> None:
    job_id, _ = assigned
    file = copy / "premises.csv"
    header, *lines = file.read_text("utf-8").splitlines()
    lines = [f"{line},dog; asbestos,Ring twice." for line in lines]
    file.write_text("\n".join([f"{header},hazards,access_notes", *lines]), "utf-8")

    load(store, file)

    premise = store.read_now(documents, [job_id])[JobId(job_id)].premise
    assert (premise.hazards, premise.access_notes) == (("dog", "asbestos"), "Ring twice.")


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
    assert feed_of(store) == {(technician_id, ordered): ("update", 3)}
