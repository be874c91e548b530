import asyncio
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, StatementError

from server.database import Store, Written
from server.database.tables.people import technicians
from server.database.tables.sync import blobs

PATIENCE_S = 20


def count(db: sa.Connection) -> int:
    return db.execute(sa.select(sa.func.count()).select_from(technicians)).scalar_one()


def add(db: sa.Connection, number: int, *, topics: frozenset[str] = frozenset()) -> Written[int]:
    values = {"id": UUID(int=number), "external_id": str(number), "name": "Lena"}
    db.execute(sa.insert(technicians).values(**values))
    return Written(number, topics=topics)


def test_a_read_sees_one_snapshot_however_often_it_looks(store: Store) -> None:
    def look_twice(db: sa.Connection) -> tuple[int, int]:
        before = count(db)
        store.write_now(add, 1)
        return before, count(db)

    assert store.read_now(look_twice) == (0, 0)
    assert store.read_now(count) == 1


async def test_a_write_is_there_for_whoever_reads_after_its_answer(store: Store) -> None:
    for number in range(1, 21):
        assert await store.write(add, number) == number
        assert await store.read(count) == number


async def test_a_commit_wakes_who_waits_for_its_topic_and_nobody_else(store: Store) -> None:
    async with (
        store.signals.subscribe("job:1", "jobs") as concerned,
        store.signals.subscribe("job:2") as unconcerned,
    ):
        await store.write(add, 1, topics=frozenset({"job:1"}))
        await asyncio.wait_for(concerned.wait(), PATIENCE_S)
        assert not unconcerned.is_set()


async def test_a_failed_write_wakes_nobody(store: Store) -> None:
    await store.write(add, 1)
    async with store.signals.subscribe("jobs") as waiting, store.signals.subscribe("end") as end:
        with pytest.raises(IntegrityError):
            await store.write(add, 1, topics=frozenset({"jobs"}))
        await store.write(add, 2, topics=frozenset({"end"}))
        await asyncio.wait_for(end.wait(), PATIENCE_S)
        assert not waiting.is_set()


async def test_a_commit_in_one_process_wakes_another_on_postgresql(postgres_store: Store) -> None:
    other = Store(postgres_store.url.render_as_string(hide_password=False))
    async with other.signals.subscribe("jobs") as waiting:
        await postgres_store.write(add, 1, topics=frozenset({"jobs"}))
        await asyncio.wait_for(waiting.wait(), PATIENCE_S)
    await asyncio.to_thread(other.close)


async def test_who_waits_is_woken_although_the_way_to_other_processes_is_cut(
    postgres_store: Store,
) -> None:
    senders = "FROM pg_stat_activity WHERE query LIKE 'SELECT pg_notify%'"
    cut = sa.text(f"SELECT pg_terminate_backend(pid) {senders}")

    def cut_off(db: sa.Connection) -> Written[int]:
        return Written(len(db.execute(cut).all()))

    async with postgres_store.signals.subscribe("jobs") as waiting:
        await postgres_store.write(add, 1, topics=frozenset({"jobs"}))
        await asyncio.wait_for(waiting.wait(), PATIENCE_S)
        waiting.clear()
        assert await postgres_store.write(cut_off) == 1
        await postgres_store.write(add, 2, topics=frozenset({"jobs"}))
        await asyncio.wait_for(waiting.wait(), PATIENCE_S)


async def test_a_closing_store_still_tells_what_it_committed(postgres_store: Store) -> None:
    other = Store(postgres_store.url.render_as_string(hide_password=False))
    async with postgres_store.signals.subscribe("jobs") as waiting:
        await other.write(add, 1, topics=frozenset({"jobs"}))
        await asyncio.to_thread(other.close)
        await asyncio.wait_for(waiting.wait(), PATIENCE_S)


def test_an_instant_comes_back_aware_and_in_utc(store: Store) -> None:
    told = datetime(2026, 7, 1, 14, 2, tzinfo=timezone(timedelta(hours=2)))

    def write(db: sa.Connection) -> Written[None]:
        db.execute(sa.insert(blobs).values(sha256="0" * 64, size_bytes=1, present_at=told))
        return Written(None)

    store.write_now(write)
    found = store.read_now(lambda db: db.execute(sa.select(blobs.c.present_at)).scalar_one())

    assert found == told
    assert found.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    def write(db: sa.Connection) -> Written[None]:
        naive = datetime(2026, 7, 1, 14, 2)  # noqa: DTZ001  the mistake that is to be refused
        db.execute(sa.insert(blobs).values(sha256="0" * 64, size_bytes=1, present_at=naive))
        return Written(None)

    with pytest.raises(StatementError, match="has no time zone; instants are aware"):
        store.write_now(write)
