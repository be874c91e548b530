from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.database import Store
from server.database.tables import offers, people, plant, work
from server.database.tables.sync import feed, sync_head
from server.imports import affected_jobs
from server.jobs import commands as jobs
from server.jobs import queries
from server.sync import pull
from sync_protocol import wire
from sync_protocol.documents import UNKNOWN_PLANT
from sync_protocol.ids import Epoch, JobId
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import (
    Cursor,
    FeedEntry,
    IssueRaised,
    JobEntered,
    JobLeft,
    JobUpdated,
    LeaveReason,
    PullPage,
)
from tests.server.factories import (
    OFFICE,
    Town,
    act,
    assign,
    assigned_job,
    change,
    found_town,
    place_order,
    rows,
)
from tests.server.sync.field import Field
from tests.server.tablets import Tablet, enrolled, move, pull_page, push, set_field


def jobs_of(page: PullPage) -> list[tuple[str, UUID]]:
    """Name what a page says of jobs."""
    names: dict[type[FeedEntry], str] = {
        JobEntered: "entered",
        JobUpdated: "updated",
        JobLeft: "left",
    }
    return [
        (names[type(entry)], entry.job_id if isinstance(entry, JobLeft) else entry.document.id)
        for entry in page.entries
        if isinstance(entry, JobEntered | JobUpdated | JobLeft)
    ]


def pulled(store: Store, tablet: Tablet, *, limit: int = 100) -> list[tuple[str, UUID]]:
    """Pull to the end; what was said of jobs."""
    said: list[tuple[str, UUID]] = []
    while True:
        page = pull_page(store, tablet, tablet.cursor, limit=limit)
        tablet.cursor = page.cursor
        said += jobs_of(page)
        if not page.more:
            return said


def test_a_job_enters_changes_and_leaves(field: Field) -> None:
    store, tablet = field.store, field.tablet
    assert pulled(store, tablet) == [("entered", field.job_id)]
    tablet.say(move(field.job_id, JobEvent.ACCEPT), move(field.job_id, JobEvent.DEPART))
    field.push(1, 1)
    # So soon after it entered it may be told as entering again; the document is whole either way.
    assert [job for _, job in pulled(store, tablet)] == [field.job_id]
    field.push(2)
    assert pulled(store, tablet) == [("updated", field.job_id)]
    assert pulled(store, tablet) == []
    assign(store, field.job_id, field.town.ben)
    assert pulled(store, tablet) == [("left", field.job_id)]
    assign(store, field.job_id, field.town.ada)
    assert pulled(store, tablet) == [("entered", field.job_id)]


def test_there_and_back_between_two_pulls_is_told_as_entering(field: Field) -> None:
    pulled(field.store, field.tablet)
    assign(field.store, field.job_id, field.town.ben)
    assign(field.store, field.job_id, field.town.ada)

    assert pulled(field.store, field.tablet) == [("entered", field.job_id)]


def test_a_job_that_changed_before_it_was_ever_pulled_enters(field: Field) -> None:
    pulled(field.store, field.tablet)
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    field.tablet.say(set_field(other, "gate code"))
    field.push()

    assert pulled(field.store, field.tablet) == [("entered", other)]


@pytest.mark.parametrize("cancelled", [True, False])
def test_leaving_a_scope_says_why(field: Field, *, cancelled: bool) -> None:
    pulled(field.store, field.tablet)
    if cancelled:
        field.store.write_now(jobs.cancel, field.job_id, reason="x", act=act(actor=OFFICE))
    else:
        assign(field.store, field.job_id, field.town.ben)

    (left,) = pull_page(field.store, field.tablet, field.tablet.cursor).entries

    assert isinstance(left, JobLeft)
    assert left.reason is (LeaveReason.CANCELLED if cancelled else LeaveReason.REASSIGNED)


def test_a_first_pull_is_a_snapshot_without_what_has_left(field: Field) -> None:
    kept = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    assign(field.store, field.job_id, field.town.ben)

    page = pull_page(field.store, field.tablet)

    assert page.snapshot
    assert jobs_of(page) == [("entered", kept)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_rows_of_one_seq_are_paged_without_loss_or_repeat(
    store: Store, town: Town, limit: int
) -> None:
    """A bulk re-plan puts many rows on one seq, so a cursor is more than a seq."""
    tablet = enrolled(store, town.ada)
    wanted = {
        assigned_job(store, town.ada, f"O-{number}", house=1 + number % 4).job_id
        for number in range(7)
    }
    change(store, sa.update(feed).values(seq=50, entered_seq=50))
    change(store, sa.update(sync_head).values(seq=50))

    said = pulled(store, tablet, limit=limit)

    assert [what for what, _ in said] == ["entered"] * 7
    assert {job for _, job in said} == wanted
    assert len(said) == len(wanted)


def test_a_row_that_moves_while_pages_are_read_comes_again_and_none_is_lost(
    store: Store, town: Town
) -> None:
    tablet = enrolled(store, town.ada)
    wanted = [
        assigned_job(store, town.ada, f"O-{number}", house=number).job_id for number in (1, 2, 3)
    ]
    first = pull_page(store, tablet, limit=1)
    tablet.say(move(wanted[0], JobEvent.ACCEPT))
    push(store, tablet)
    tablet.cursor = first.cursor

    said = pulled(store, tablet, limit=1)

    assert {job for _, job in said} == set(wanted)
    assert said[-1][1] == wanted[0]


def test_a_job_whose_premise_lost_its_drop_is_still_brought_with_an_unknown_plant(
    field: Field,
) -> None:
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    change(field.store, sa.delete(plant.drops).where(plant.drops.c.id == field.town.drops[0]))

    page = pull_page(field.store, field.tablet)
    received = wire.decode(wire.encode(page), PullPage)

    brought = {
        e.document.id: e.document.plant for e in received.entries if isinstance(e, JobEntered)
    }
    assert brought.keys() == {field.job_id, other}
    assert brought[JobId(field.job_id)] == UNKNOWN_PLANT
    assert brought[JobId(other)] != UNKNOWN_PLANT


def test_a_drop_that_comes_back_is_told_to_the_tablet_that_holds_its_job(field: Field) -> None:
    (drop,) = [row for row in rows(field.store, plant.drops) if row["id"] == field.town.drops[0]]
    change(field.store, sa.delete(plant.drops).where(plant.drops.c.id == drop["id"]))
    pulled(field.store, field.tablet)
    change(field.store, sa.insert(plant.drops).values(**drop))

    told = field.store.read_now(affected_jobs.find, "drops", [drop["id"]])

    assert [(each.scope, each.entity_id) for each in told] == [(field.town.ada, field.job_id)]


def test_a_cursor_of_another_epoch_begins_a_snapshot(field: Field) -> None:
    far = Cursor(seq=10_000, entity="job", entity_id=str(UUID(int=0)))

    def read(epoch: Epoch | None) -> PullPage:
        return field.store.read_now(pull.read, field.town.ada, epoch, far)[1]

    assert read(Epoch(uuid7())).snapshot
    assert jobs_of(read(Epoch(uuid7()))) == [("entered", field.job_id)]
    current = field.store.read_now(pull.epoch)
    assert not read(current).snapshot


def test_a_technician_never_gets_what_was_never_in_scope(field: Field) -> None:
    """Ben pulls all along while Ada's jobs are ordered, done, re-assigned and cancelled."""
    bens = enrolled(field.store, field.town.ben)
    carl = uuid7()
    change(
        field.store,
        sa.insert(people.technicians).values(id=carl, external_id="Carl", name="Carl"),
    )
    said = pulled(field.store, bens)
    field.tablet.say(move(field.job_id, JobEvent.ACCEPT), set_field(field.job_id, "secret"))
    field.tablet.say(move(field.job_id, JobEvent.RESUME))
    field.push()
    said += pulled(field.store, bens)
    assign(field.store, field.job_id, carl)
    field.tablet.complete(field.job_id)
    field.push(4)
    said += pulled(field.store, bens)
    place_order(field.store, "O-9", house=3)

    assert said == []
    assert pull_page(field.store, bens, bens.cursor).entries == ()
    issues = [e for e in pull_page(field.store, field.tablet).entries if isinstance(e, IssueRaised)]
    assert issues, "Ada's own issue is hers to see"


def test_a_bad_day_is_told_with_both_values(field: Field) -> None:
    field.tablet.say(set_field(field.job_id, "bell"), set_field(field.job_id, "knock", base=7))
    field.push()

    (issue,) = [
        entry.document
        for entry in pull_page(field.store, field.tablet).entries
        if isinstance(entry, IssueRaised)
    ]

    assert (issue.field, issue.field_value, issue.office_value) == ("access_notes", "knock", "bell")
    assert (issue.dseq, issue.incarnation) == (2, field.tablet.incarnation)


Change = tuple[sa.Table, str, Callable[[Town], UUID], object]
EMBEDDED: dict[str, Change] = {
    **{
        f"premises.{column}": (plant.premises, column, lambda town: town.premises[0], value)
        for column, value in {
            "address": "Am Hafen 3", "city": "Altstadt", "postcode": "99999", "latitude": 1.5,
            "longitude": 2.5, "zone": "Europe/Vienna", "access_notes": "Gate.", "hazards": ["dog"],
        }.items()
    },
    "accounts.name": (offers.accounts, "name", lambda town: town.account, "Max"),
    "accounts.phone": (offers.accounts, "phone", lambda town: town.account, "1"),
    **{
        f"products.{column}": (offers.products, column, lambda town: town.product, value)
        for column, value in {
            "name": "Fiber X", "down_mbps": 1, "up_mbps": 1, "ont_model": "HG8245H",
        }.items()
    },
    "olts.name": (plant.olts, "name", lambda town: town.olt, "Neustadt-1"),
    **{
        f"pon-ports.{column}": (plant.pon_ports, column, lambda town: town.pon_port, value)
        for column, value in {
            "frame": 1, "slot": 2, "port": 3, "optic_class": "GPON_C+", "launch_cdbm": 400,
        }.items()
    },
    **{
        f"splitters.{column}": (plant.splitters, column, lambda town: town.splitter, value)
        for column, value in {
            "external_id": "SP-2", "ratios": [64], "feeder_length_m": 9,
        }.items()
    },
    "terminals.external_id": (plant.terminals, "external_id", lambda town: town.terminal, "N-2"),
    "terminals.distribution_length_m": (
        plant.terminals, "distribution_length_m", lambda town: town.terminal, 9,
    ),
    **{
        f"drops.{column}": (plant.drops, column, lambda town: town.drops[0], value)
        for column, value in {
            "terminal_port": 9, "length_m": 9, "connectors": 9, "splices": 9,
        }.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("named", EMBEDDED)
def test_every_embedded_column_reaches_the_tablets_that_hold_it(
    sqlite_url: str, named: str
) -> None:
    """What an import changes is told to whoever holds a job that embeds it, and to nobody else."""
    table, column, key, value = EMBEDDED[named]
    store = Store(sqlite_url)
    town = _town_with_a_job(store)
    before = store.read_now(queries.documents, [_only_job(store)])
    row_id = key(town)
    change(store, sa.update(table).where(table.c.id == row_id).values({column: value}))

    after = store.read_now(queries.documents, [_only_job(store)])
    told = store.read_now(affected_jobs.find, named.partition(".")[0], [row_id])

    store.close()
    assert before != after, "the column is embedded"
    assert [(each.scope, each.kind.value) for each in told] == [(town.ada, "update")]


def test_no_embedded_column_is_left_out_above(sqlite_url: str) -> None:
    """Alter every column of every table that a document joins: what changes it is listed."""
    store = Store(sqlite_url)
    town = _town_with_a_job(store)
    (job_id,) = [_only_job(store)]
    listed = {(table.name, column) for table, column, _, _ in EMBEDDED.values()}
    tables = {table.name: (table, key) for table, _, key, _ in EMBEDDED.values()}
    for table, key in tables.values():
        for column in table.columns:
            if column.primary_key or column.foreign_keys:
                continue
            row = next(r for r in rows(store, table) if r["id"] == key(town))
            before = store.read_now(queries.documents, [job_id])
            here = table.c.id == row["id"]
            change(store, sa.update(table).where(here).values({column: _other(column, row)}))
            changed = store.read_now(queries.documents, [job_id]) != before
            change(store, sa.update(table).where(here).values({column: row[column.name]}))
            assert changed == ((table.name, column.name) in listed), column
    store.close()


def _town_with_a_job(store: Store) -> Town:
    town = found_town(store)
    assigned_job(store, town.ada)
    return town


def _only_job(store: Store) -> UUID:
    return rows(store, work.jobs)[0]["id"]


def _other(column: sa.Column[Any], row: Mapping[str, Any]) -> object:
    value = row[column.name]
    if isinstance(value, int | float):
        return value + 100
    if isinstance(value, list):
        return [64]
    return {"optic_class": "GPON_C+"}.get(column.name, f"{value}x")
