"""Reading right after a commit, in the thread that made it."""

from functools import partial
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from server.database import Store, Written, engines
from server.database.tables.people import technicians
from server.database.writer import Writer

PATIENCE_S = 20


class WrongOnPurpose(Exception):
    pass


def count(db: sa.Connection) -> int:
    return db.execute(sa.select(sa.func.count()).select_from(technicians)).scalar_one()


def add(db: sa.Connection, number: int) -> Written[int]:
    values = {"id": UUID(int=number), "external_id": str(number), "name": "Lena"}
    db.execute(sa.insert(technicians).values(**values))
    return Written(number)


def cannot(_db: sa.Connection) -> None:
    raise WrongOnPurpose


async def test_a_query_asked_for_with_a_unit_sees_what_the_unit_wrote(store: Store) -> None:
    for number in range(1, 21):
        assert await store.write_then_read(partial(add, number=number), count) == (number, number)


async def test_a_query_that_fails_leaves_the_unit_durable_and_the_next_one_whole(
    store: Store,
) -> None:
    with pytest.raises(WrongOnPurpose):
        await store.write_then_read(partial(add, number=1), cannot)

    assert await store.read(count) == 1
    assert await store.write_then_read(partial(add, number=2), count) == (2, 2)


async def test_nothing_is_read_after_a_unit_that_failed(store: Store) -> None:
    await store.write(add, 1)
    asked: list[int] = []

    with pytest.raises(IntegrityError):
        await store.write_then_read(partial(add, number=1), lambda db: asked.append(count(db)))

    assert asked == []


async def test_it_reads_in_one_snapshot_however_often_it_looks(store: Store) -> None:
    beside, unused = engines.create(store.url)

    def look_twice(db: sa.Connection) -> tuple[int, int]:
        before = count(db)
        with beside.connect() as other, other.begin():
            add(other, 2)
        return before, count(db)

    assert await store.write_then_read(partial(add, number=1), look_twice) == (1, (1, 1))
    beside.dispose()
    unused.dispose()


def test_who_waits_hears_of_it_where_nothing_can_be_read(database_url: str) -> None:
    writing, reading = engines.create(engines.parse_url(database_url))
    nowhere = sa.create_engine("sqlite:////no/such/folder/at/all.db")
    writer = Writer(writing, nowhere, threads=1, notify=lambda _topics: None)

    with pytest.raises(DBAPIError):
        writer.submit(partial(add, number=1), count).result(PATIENCE_S)

    assert writer.submit(partial(add, number=2)).result(PATIENCE_S) == 2
    writer.stop()
    writing.dispose()
    reading.dispose()
