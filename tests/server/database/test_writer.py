import asyncio
import threading
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from uuid_utils.compat import uuid7

from server.database import FeedChange, Store, Written, engines
from server.database.tables.people import technicians
from server.database.tables.sync import feed, sync_head
from server.database.units import FeedKind
from server.database.writer import Boundary, BoundUnit, Side, Writer, WriterStopped, is_retryable

PATIENCE_S = 20
SCOPE = UUID(int=1)


class WrongOnPurpose(Exception):
    pass


def add_technician(db: sa.Connection, external_id: str) -> None:
    db.execute(sa.insert(technicians).values(id=uuid7(), external_id=external_id, name="Lena"))


def adding(external_id: str) -> BoundUnit:
    def unit(db: sa.Connection) -> Written[str]:
        add_technician(db, external_id)
        return Written(external_id)

    return unit


def changing(*changes: FeedChange) -> BoundUnit:
    return lambda _db: Written(None, feed=changes)


def technician_ids(db: sa.Connection) -> list[str]:
    found = sa.select(technicians.c.external_id).order_by(technicians.c.external_id)
    return list(db.execute(found).scalars())


def head(db: sa.Connection) -> int:
    return db.execute(sa.select(sync_head.c.seq)).scalar_one()


def change(entity: int, kind: FeedKind = FeedKind.ENTER, scope: UUID = SCOPE) -> FeedChange:
    return FeedChange(scope=scope, entity="job", entity_id=UUID(int=entity), kind=kind)


def feed_rows(db: sa.Connection) -> dict[int, tuple[int, str, int | None]]:
    return {
        row.entity_id.int: (row.seq, row.kind, row.entered_seq)
        for row in db.execute(sa.select(feed))
    }


class Gate:
    """A unit that holds the writer until the test has queued what is to be one group."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _db: sa.Connection) -> Written[None]:
        self.reached.set()
        assert self.opened.wait(PATIENCE_S)
        return Written(None)


def submit_as_one_group(writer: Writer, *units: BoundUnit) -> list[Future[Any]]:
    gate = Gate()
    held = writer.submit(gate)
    assert gate.reached.wait(PATIENCE_S)
    futures = [writer.submit(unit) for unit in units]
    gate.opened.set()
    held.result(PATIENCE_S)
    return futures


class Single(NamedTuple):
    """One writing thread, watched."""

    writer: Writer
    reading: sa.Engine
    boundaries: list[Boundary]


@pytest.fixture
def single(database_url: str) -> Generator[Single]:
    writing, reading = engines.create(engines.parse_url(database_url))
    boundaries: list[Boundary] = []
    writer = Writer(
        writing, reading, threads=1, notify=lambda _topics: None, probe=boundaries.append
    )
    yield Single(writer, reading, boundaries)
    writer.stop()
    writing.dispose()
    reading.dispose()


def test_a_unit_that_fails_takes_nobody_in_its_group_with_it(single: Single) -> None:
    writer, reading, boundaries = single

    def good(db: sa.Connection) -> Written[str]:
        add_technician(db, "good")
        return Written("done", feed=(change(1),))

    def raises(db: sa.Connection) -> Written[str]:
        add_technician(db, "raised")
        raise WrongOnPurpose

    def violates(db: sa.Connection) -> Written[str]:
        add_technician(db, "good")
        return Written("never", feed=(change(2),))

    def also_good(db: sa.Connection) -> Written[str]:
        add_technician(db, "also good")
        return Written("done too", feed=(change(3),))

    futures = submit_as_one_group(writer, good, raises, violates, also_good)

    assert futures[0].result(PATIENCE_S) == "done"
    assert isinstance(futures[1].exception(PATIENCE_S), WrongOnPurpose)
    assert isinstance(futures[2].exception(PATIENCE_S), IntegrityError)
    assert futures[3].result(PATIENCE_S) == "done too"
    with reading.connect() as db:
        assert technician_ids(db) == ["also good", "good"]
        assert feed_rows(db) == {1: (1, "enter", 1), 3: (1, "enter", 1)}
    commits = [boundary.number for boundary in boundaries if boundary.side is Side.AFTER]
    assert commits == [1, 2], "the gate, then the four as one group"


def test_a_probe_sees_both_sides_of_every_commit_in_order(single: Single) -> None:
    writer, _, boundaries = single

    for number in range(3):
        writer.submit(adding(f"T{number}")).result(PATIENCE_S)

    assert boundaries == [
        Boundary(number, side) for number in (1, 2, 3) for side in (Side.BEFORE, Side.AFTER)
    ]


def test_a_write_that_changes_no_feed_leaves_its_counter_alone(store: Store) -> None:
    def poll(db: sa.Connection) -> Written[None]:
        add_technician(db, "T1")
        return Written(None)

    store.write_now(poll)

    assert store.read_now(head) == 0


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((FeedKind.ENTER, FeedKind.UPDATE), "enter"),
        ((FeedKind.UPDATE, FeedKind.LEAVE), "leave"),
        ((FeedKind.LEAVE, FeedKind.UPDATE), "leave"),
        ((FeedKind.LEAVE, FeedKind.ENTER), "enter"),
        ((FeedKind.UPDATE, FeedKind.UPDATE), "update"),
    ],
)
def test_changes_of_one_entity_in_one_group_become_one_row(
    store: Store, kinds: tuple[FeedKind, ...], expected: str
) -> None:
    store.write_now(changing(change(1, FeedKind.ENTER)))

    store.write_now(changing(*(change(1, kind) for kind in kinds)))

    assert {row[1] for row in store.read_now(feed_rows).values()} == {expected}


def test_an_update_brings_nothing_into_a_scope(store: Store) -> None:
    store.write_now(changing(change(1, FeedKind.LEAVE)))

    store.write_now(changing(change(1, FeedKind.UPDATE), change(2, FeedKind.UPDATE)))

    assert store.read_now(feed_rows) == {1: (1, "leave", None)}


def test_an_update_remembers_since_when_the_entity_is_in_scope(store: Store) -> None:
    for kind in (FeedKind.ENTER, FeedKind.UPDATE, FeedKind.UPDATE):
        store.write_now(changing(change(1, kind)))

    assert store.read_now(feed_rows) == {1: (3, "update", 1)}

    store.write_now(changing(change(1, FeedKind.LEAVE)))
    store.write_now(changing(change(1, FeedKind.ENTER)))
    assert store.read_now(feed_rows) == {1: (5, "enter", 5)}


def test_a_follower_by_cursor_misses_nothing_while_many_write(store: Store) -> None:
    """Sequences and clocks lose rows here; the counter row, taken last, must not."""
    writes = 300
    seen: dict[UUID, int] = {}
    cursor = 0

    def write(entity: int) -> Future[int]:
        async def run() -> int:
            await store.write(changing(change(entity, FeedKind.ENTER)))
            return entity

        return asyncio.run_coroutine_threadsafe(run(), loop)

    def follow(db: sa.Connection) -> list[tuple[int, UUID]]:
        query = sa.select(feed.c.seq, feed.c.entity_id).where(feed.c.seq > cursor)
        return [(row.seq, row.entity_id) for row in db.execute(query.order_by(feed.c.seq))]

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    futures = [write(entity) for entity in range(1, writes + 1)]
    pending = True
    while pending:
        pending = any(not future.done() for future in futures)
        for seq, entity_id in store.read_now(follow):
            seen[entity_id] = seq
            cursor = max(cursor, seq)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE_S)
    loop.close()

    assert sorted(future.result() for future in futures) == list(range(1, writes + 1))
    assert len(seen) == writes
    assert store.read_now(head) == max(seen.values())


def test_units_that_deadlock_are_run_again_until_both_are_done(postgres_store: Store) -> None:
    def add_both(db: sa.Connection) -> Written[None]:
        add_technician(db, "A")
        add_technician(db, "B")
        return Written(None)

    postgres_store.write_now(add_both)
    meeting = threading.Barrier(2)
    attempts = {"A": 0, "B": 0}
    begun = threading.Event()

    def rename(db: sa.Connection, external_id: str, by: str) -> None:
        db.execute(
            sa.update(technicians)
            .where(technicians.c.external_id == external_id)
            .values(name=technicians.c.name + by)
        )

    def cross(first: str, second: str) -> BoundUnit:
        def unit(db: sa.Connection) -> Written[None]:
            attempts[first] += 1
            rename(db, first, first)
            begun.set()
            if attempts[first] == 1:
                meeting.wait(PATIENCE_S)
            rename(db, second, first)
            return Written(None)

        return unit

    threads = [
        threading.Thread(target=postgres_store.write_now, args=(cross(*order),))
        for order in (("A", "B"), ("B", "A"))
    ]
    for thread in threads:
        thread.start()
        assert begun.wait(PATIENCE_S)  # or both would be one group
    for thread in threads:
        thread.join(PATIENCE_S)

    assert sum(attempts.values()) >= 3
    names = postgres_store.read_now(
        lambda db: list(db.execute(sa.select(technicians.c.name)).scalars())
    )
    assert [sorted(name.removeprefix("Lena")) for name in names] == [["A", "B"], ["A", "B"]]


def test_a_lost_connection_fails_one_write_and_the_next_one_works(
    postgres_store: Store,
) -> None:
    def kill_myself(db: sa.Connection) -> Written[None]:
        db.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return Written(None)

    for _ in range(engines.POSTGRES_WRITERS):
        with pytest.raises(DBAPIError):
            postgres_store.write_now(kill_myself)

    postgres_store.write_now(adding("after"))
    assert postgres_store.read_now(technician_ids) == ["after"]


@pytest.mark.parametrize(
    ("sqlstate", "retryable"),
    [("40001", True), ("40P01", True), ("23505", False), ("57P01", False), (None, False)],
)
def test_only_serialization_failures_and_deadlocks_are_run_again(
    sqlstate: str | None,
    retryable: bool,  # noqa: FBT001  a case of a table
) -> None:
    class FromDriver(Exception):
        pass

    cause = FromDriver()
    if sqlstate is not None:
        cause.sqlstate = sqlstate  # pyright: ignore[reportAttributeAccessIssue]  as psycopg's errors have it

    assert is_retryable(DBAPIError("statement", None, cause)) is retryable


def test_a_unit_that_never_succeeds_is_given_up_and_its_caller_hears_of_it(
    postgres_store: Store,
) -> None:
    attempts = 0

    def always_conflicts(db: sa.Connection) -> Written[None]:
        nonlocal attempts
        attempts += 1
        db.execute(
            sa.text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure'; END $$")
        )
        return Written(None)

    with pytest.raises(DBAPIError):
        postgres_store.write_now(always_conflicts)

    assert attempts == 5


def test_a_writer_lives_on_when_nobody_can_be_woken(database_url: str) -> None:
    def cannot(_topics: frozenset[str]) -> None:
        raise WrongOnPurpose

    writing, reading = engines.create(engines.parse_url(database_url))
    writer = Writer(writing, reading, threads=1, notify=cannot)
    for number in range(2):
        waking = Written(number, topics=frozenset({"jobs"}))
        assert writer.submit(lambda _db, waking=waking: waking).result(PATIENCE_S) == number
    writer.stop()
    writing.dispose()
    reading.dispose()


async def test_a_caller_who_goes_away_does_not_stop_the_writer(store: Store) -> None:
    gates = [Gate() for _ in range(engines.POSTGRES_WRITERS if store.is_postgres else 1)]
    holding: list[asyncio.Task[None]] = []
    for gate in gates:
        holding.append(asyncio.create_task(store.write(gate)))
        assert await asyncio.to_thread(gate.reached.wait, PATIENCE_S)

    queued = asyncio.create_task(store.write(adding("queued")))
    await asyncio.sleep(0)
    for task in (queued, holding[0]):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    for gate in gates:
        gate.opened.set()
    await asyncio.gather(*holding[1:])

    await asyncio.wait_for(store.write(adding("later")), PATIENCE_S)
    assert await store.read(technician_ids) == ["later"]


def test_a_stopping_writer_finishes_what_is_queued_and_refuses_what_comes_later(
    database_url: str,
) -> None:
    writing, reading = engines.create(engines.parse_url(database_url))
    writer = Writer(writing, reading, threads=1, notify=lambda _topics: None)
    futures = [writer.submit(adding(f"T{number}")) for number in range(20)]

    writer.stop()

    assert [future.result(0) for future in futures] == [f"T{number}" for number in range(20)]
    with pytest.raises(WriterStopped):
        writer.submit(lambda _db: Written(None))
    writing.dispose()
    reading.dispose()


def test_a_database_that_cannot_be_reached_is_the_openers_to_hear_of(tmp_path: Path) -> None:
    with pytest.raises(DBAPIError):
        Store(f"postgresql://nobody@/nothing?host={tmp_path}")
