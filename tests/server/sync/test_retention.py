"""What leaves the feeds, when, and what a tablet that was away is told then."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.acts import SYSTEM, Act, act_of
from server.database import Store, Written
from server.database.tables import people
from server.database.tables.fulfilment import processes
from server.database.tables.sync import feed, feed_floors, feed_marks
from server.jobs import commands as jobs
from server.sync import keeping, retention
from server.sync.floors import SnapshotReason
from server.sync.keeping import EVERY, Keeper, Kept, Retention
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import BriefingUpdated, JobEntered, JobLeft, LeaveReason
from tests.server.factories import (
    NOON,
    OFFICE,
    Clock,
    act,
    assign,
    assigned_job,
    change,
    rows,
)
from tests.server.sync.field import Field
from tests.server.tablets import enrolled, move, of_work, pull_page

LATER = NOON + timedelta(days=15)
HEAD = 10**9


def finish(field: Field) -> None:
    """Complete Ada's job, and what follows from it."""
    field.tablet.complete(field.job_id)
    field.push()
    change(field.store, sa.update(processes).values(state="done"))


def let_leave(store: Store, before: datetime = LATER) -> None:
    place = store.write_now(retention.leave_finished, before, None)
    assert place is None


def test_a_job_leaves_by_a_write_when_it_ended_long_enough_ago(field: Field) -> None:
    finish(field)
    whole = pull_page(field.store, field.tablet)
    let_leave(field.store, NOON - timedelta(seconds=1))
    assert pull_page(field.store, field.tablet, whole.cursor).entries == ()

    let_leave(field.store)

    (left,) = pull_page(field.store, field.tablet, whole.cursor).entries
    assert isinstance(left, JobLeft)
    assert (left.job_id, left.reason) == (field.job_id, LeaveReason.FINISHED)
    assert of_work(pull_page(field.store, field.tablet)) == ()


def test_a_job_of_which_something_is_open_stays(field: Field) -> None:
    whole = pull_page(field.store, field.tablet)
    let_leave(field.store)
    assert pull_page(field.store, field.tablet, whole.cursor).entries == ()
    finish(field)
    change(field.store, sa.update(processes).values(state="stuck"))
    let_leave(field.store)
    assert [type(e) for e in pull_page(field.store, field.tablet, whole.cursor).entries] != [
        JobLeft
    ]
    change(field.store, sa.update(processes).values(state="done"))
    field.tablet.say(move(field.job_id, JobEvent.START))
    field.push(len(field.tablet.said))
    assert [row for row in rows(field.store, feed) if row["entity"] == "issue"]

    let_leave(field.store)

    assert not any(row["reason"] for row in rows(field.store, feed))


def test_what_has_left_is_not_brought_back_by_a_late_change(field: Field) -> None:
    finish(field)
    let_leave(field.store)
    job = field.job

    def touch(_db: sa.Connection) -> Written[None]:
        return Written(None, feed=jobs.updated(job))

    field.store.write_now(touch)
    assert of_work(pull_page(field.store, field.tablet)) == ()
    field.store.write_now(retention.compact, HEAD)

    field.store.write_now(touch)

    assert {row["entity"] for row in rows(field.store, feed)} == {"briefing"}


def test_finished_jobs_leave_batch_by_batch(field: Field) -> None:
    for number in range(4):
        job_id = assigned_job(field.store, field.town.ada, f"O-{number + 2}", house=2).job_id
        field.tablet.complete(job_id)
    field.push()
    change(field.store, sa.update(processes).values(state="done"))
    place, left = None, list[int]()
    while True:
        place = field.store.write_now(retention.leave_finished, LATER, place, limit=2)
        left.append(sum(row["reason"] == "finished" for row in rows(field.store, feed)))
        if place is None:
            break

    assert left == [2, 4, 4]


def test_compaction_removes_departures_and_raises_the_floor(field: Field) -> None:
    whole = pull_page(field.store, field.tablet)
    assign(field.store, field.job_id, field.town.ben)
    gone = pull_page(field.store, field.tablet, whole.cursor)
    (left,) = [row for row in rows(field.store, feed) if row["kind"] == "leave"]

    assert field.store.write_now(retention.compact, left["seq"] - 1) == 0
    assert field.store.write_now(retention.compact, left["seq"]) == 1

    begun = pull_page(field.store, field.tablet, whole.cursor)
    assert (begun.snapshot, begun.snapshot_reason) == (True, SnapshotReason.CURSOR_TOO_OLD)
    assert of_work(begun) == ()
    for cursor in (begun.cursor, gone.cursor):
        assert not pull_page(field.store, field.tablet, cursor).snapshot
    bens = pull_page(field.store, enrolled(field.store, field.town.ben))
    assert len(of_work(bens)) == 1


def test_a_floor_never_falls_and_counts_how_often_it_was_raised(field: Field) -> None:
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    for job_id in (field.job_id, other):
        assign(field.store, job_id, field.town.ben)
    first, second = sorted(row["seq"] for row in rows(field.store, feed) if row["kind"] == "leave")
    hers = (feed.c.scope == field.town.ada) & (feed.c.seq == first)
    change(field.store, sa.update(feed).where(hers).values(kind="update"))
    field.store.write_now(retention.compact, second)
    change(field.store, sa.update(feed).where(hers).values(kind="leave"))
    field.store.write_now(retention.compact, second)

    (floor,) = rows(field.store, feed_floors)

    assert (floor["seq"], floor["raised"]) == (second, 2)


def test_a_snapshot_of_many_pages_goes_on_below_the_floor_and_ends(field: Field) -> None:
    for number in range(4):
        assigned_job(field.store, field.town.ada, f"O-{number + 2}", house=2)
    gone = assigned_job(field.store, field.town.ada, "O-9", house=3).job_id
    assign(field.store, gone, field.town.ben)
    field.store.write_now(retention.compact, HEAD)
    said, cursor, more = 0, None, True
    while more:
        page = pull_page(field.store, field.tablet, cursor, limit=2)
        cursor, more, said = page.cursor, page.more, said + len(page.entries)
        assert page.snapshot == (said <= 2)

    assert said == 6, "five jobs and a briefing"
    assert cursor is not None
    assert not pull_page(field.store, field.tablet, cursor).snapshot


def test_a_departure_removed_amid_a_snapshot_makes_it_begin_again(field: Field) -> None:
    assigned_job(field.store, field.town.ada, "O-2", house=2)
    first = pull_page(field.store, field.tablet, limit=1)
    assign(field.store, field.job_id, field.town.ben)
    field.store.write_now(retention.compact, HEAD)

    again = pull_page(field.store, field.tablet, first.cursor, limit=1)

    assert (again.snapshot, again.snapshot_reason) == (True, SnapshotReason.CURSOR_TOO_OLD)
    assert len(again.entries) == 1


def test_the_age_of_a_row_is_known_by_the_marks(field: Field) -> None:
    for days in (0, 1, 2):
        field.store.write_now(retention.mark, act=act(NOON + timedelta(days=days)))
        assigned_job(field.store, field.town.ada, f"O-{days + 2}", house=2)
    marks = {row["marked_at"]: row["seq"] for row in rows(field.store, feed_marks)}

    def horizon(days: float) -> int:
        return field.store.read_now(retention.horizon, NOON + timedelta(days=days))

    assert horizon(-1) == 0
    assert horizon(1.5) == marks[NOON + timedelta(days=1)]
    field.store.write_now(retention.forget_marks, NOON + timedelta(days=1.5))
    assert horizon(1.5) == marks[NOON + timedelta(days=1)]
    assert len(rows(field.store, feed_marks)) == 2


def test_a_job_that_the_feed_lost_is_returned(field: Field) -> None:
    gone = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    assign(field.store, gone, field.town.ben)
    field.store.write_now(jobs.cancel, gone, reason="x", act=act(actor=OFFICE))
    assert field.store.write_now(retention.return_missing) == 0
    change(field.store, sa.delete(feed))

    assert field.store.write_now(retention.return_missing) == 1
    assert field.store.write_now(retention.return_missing) == 0

    (entry,) = pull_page(field.store, field.tablet).entries
    assert isinstance(entry, JobEntered)
    assert entry.document.id == field.job_id


def test_whoever_has_a_tablet_and_no_briefing_gets_one_from_the_daily_run(field: Field) -> None:
    change(field.store, sa.delete(feed))

    assert field.store.write_now(retention.brief) == 1
    assert field.store.write_now(retention.brief) == 0

    (entry,) = pull_page(field.store, field.tablet).entries
    assert isinstance(entry, BriefingUpdated)


def test_ended_tokens_and_codes_go_and_good_ones_stay(field: Field) -> None:
    enrolled(field.store, field.town.ben, now=LATER + timedelta(days=60))

    field.store.write_now(retention.tidy, LATER + timedelta(days=30))

    assert len(rows(field.store, people.device_tokens)) == 1
    assert len(rows(field.store, people.enrolment_codes)) == 1


async def test_a_clock_that_was_years_ahead_does_not_end_the_daily_run(field: Field) -> None:
    clock = Clock(LATER)
    wanted = Retention(finished_jobs=timedelta(days=14), feed=timedelta(days=90))
    work = Keeper(field.store, wanted, clock=clock).work()
    assert len(await work.take(9)) == 1
    clock.now = LATER + timedelta(days=3650)
    assert len(await work.take(9)) == 1

    clock.now = LATER + timedelta(days=1)

    assert len(await work.take(9)) == 1
    assert await work.take(9) == []
    assert field.store.read_now(retention.horizon, clock.now + timedelta(days=9999)) == (
        field.store.read_now(retention.horizon, clock.now)
    )


def test_two_processes_that_ask_at_once_do_not_both_run(postgres_store: Store) -> None:
    def act_at(now: datetime) -> Act:
        return act_of(SYSTEM, clock=lambda: now)

    assert postgres_store.write_now(keeping.claim, act=act_at(LATER))
    due = LATER + EVERY
    with (
        postgres_store.writing.connect() as one,
        postgres_store.writing.connect() as two,
        ThreadPoolExecutor() as pool,
    ):
        first = keeping.claim(one, act=act_at(due))
        second = pool.submit(keeping.claim, two, act=act_at(due + timedelta(seconds=1)))
        # It waits for the first, or has answered; either shows what became of it.
        postgres_store.read_now(_until_it_waits, second)
        one.commit()

        assert (first.value, second.result().value) == (True, False)


def _until_it_waits(db: sa.Connection, asked: Future[Written[bool]]) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not asked.done() and not db.execute(waiting).scalar_one():
        pass


async def test_a_run_takes_place_once_a_day_whoever_asks(field: Field) -> None:
    finish(field)
    clock = Clock(LATER)
    wanted = Retention(finished_jobs=timedelta(days=14), feed=timedelta(days=90))
    keeper = Keeper(field.store, wanted, clock=clock)
    work = keeper.work()

    (taken,) = await work.take(9)
    assert await Keeper(field.store, wanted, clock=clock).work().take(9) == []
    await work.handle(taken)

    assert of_work(pull_page(field.store, field.tablet)) == ()
    assert field.store.read_now(keeping.next_due_at) == LATER + EVERY
    clock.now = LATER + timedelta(days=91)
    (taken,) = await work.take(9)
    # What was marked on the first day lies before the departure; the day after that knows it.
    assert await keeper.run(taken) == Kept(returned=0, compacted=0, tidied=2)
    clock.now += timedelta(days=91)
    (taken,) = await work.take(9)
    assert (await keeper.run(taken)).compacted == 1
