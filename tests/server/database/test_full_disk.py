"""The writer over a disk that takes nothing more: SQLite full, and files that may not grow."""

import asyncio
import errno
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, InvalidRequestError, OperationalError
from structlog.testing import capture_logs

from server.database import Store, Written
from server.database.full_disk import QUIET_S, Outage, StorageFull, naming_it
from server.database.tables.people import technicians
from server.database.writer import BoundUnit
from tests.server.database.test_writer import PATIENCE_S, Gate, add_technician, technician_ids
from tests.server.full_disks import full, log_may_not_grow

LONG = "x" * 200_000
Filling = Callable[[Store], AbstractContextManager[None]]


@pytest.fixture
def store(sqlite_url: str) -> Generator[Store]:
    opened = Store(sqlite_url)
    yield opened
    opened.close()


FILLINGS = pytest.mark.parametrize("fill", [full, log_may_not_grow])


def adding(name: str) -> BoundUnit:
    def unit(db: sa.Connection) -> Written[str]:
        add_technician(db, name)
        return Written(name)

    return unit


async def write_as_one_group(store: Store, *units: BoundUnit) -> list[Any]:
    """Hold the writer until all are queued; answer values and errors."""
    gate = Gate()
    held = asyncio.create_task(store.write(gate))
    assert await asyncio.to_thread(gate.reached.wait, PATIENCE_S)
    asked = [asyncio.create_task(store.write(unit)) for unit in units]
    await asyncio.sleep(0)  # each has queued its unit when it first waits
    gate.opened.set()
    await held
    return await asyncio.gather(*asked, return_exceptions=True)


@FILLINGS
async def test_nobody_of_a_group_that_met_a_full_disk_is_told_that_it_was_stored(
    store: Store, fill: Filling
) -> None:
    await store.write(adding("before"))

    with fill(store), capture_logs():
        told = await write_as_one_group(store, adding("first"), adding(LONG), adding("last"))

    assert [type(error) for error in told] == [StorageFull] * 3
    assert await store.read(technician_ids) == ["before"]


@FILLINGS
def test_the_writer_goes_on_once_there_is_room(store: Store, fill: Filling) -> None:
    store.write_now(adding("before"))
    with fill(store):
        for _ in range(3):
            with pytest.raises(StorageFull, match="takes nothing more"):
                store.write_now(adding(LONG))
            assert store.read_now(technician_ids) == ["before"], "reading goes on"

    store.write_now(adding("after"))

    assert store.read_now(technician_ids) == ["after", "before"]


def test_a_commit_that_finds_no_room_stores_nothing_and_wedges_nobody(store: Store) -> None:
    """All fits into memory, so that it is the commit that meets the disk."""
    store.write_now(adding("before"))

    with log_may_not_grow(store), pytest.raises(StorageFull):
        store.write_now(adding("short"))

    store.write_now(adding("after"))
    assert store.read_now(technician_ids) == ["after", "before"]


@FILLINGS
def test_a_full_disk_is_told_once_and_not_for_each_that_met_it(store: Store, fill: Filling) -> None:
    with capture_logs() as logs:
        store.write_now(adding("before"))
        with fill(store):
            for _ in range(5):
                with pytest.raises(StorageFull):
                    store.write_now(adding(LONG))
            store.write_now(lambda _db: Written(None))

    assert [(log["event"], log["store"]) for log in logs] == [("storage.full", "database")]


def test_the_end_of_an_outage_is_told_when_none_was_met_for_a_while() -> None:
    now_s = 0.0
    outage = Outage("database", lambda: now_s)
    with capture_logs() as logs:
        outage.end()
        outage.begin(StorageFull("full"))
        now_s = QUIET_S - 1
        outage.end()
        outage.begin(StorageFull("full"))
        now_s += QUIET_S
        outage.end()
        outage.end()
        outage.begin(StorageFull("full"))

    assert [log["event"] for log in logs] == ["storage.full", "storage.has_room", "storage.full"]


def test_a_unit_that_swallows_the_end_of_its_transaction_is_not_taken_for_stored(
    store: Store,
) -> None:
    def swallows(db: sa.Connection) -> Written[str]:
        with pytest.raises(OperationalError):
            add_technician(db, LONG)
        return Written("stored")

    with full(store), pytest.raises(InvalidRequestError, match="ended its transaction"):
        store.write_now(swallows)


def test_other_failures_are_not_called_a_full_disk(store: Store) -> None:
    store.write_now(adding("there"))

    with pytest.raises(IntegrityError):
        store.write_now(adding("there"))
    with pytest.raises(PermissionError), naming_it("this"):
        raise PermissionError(errno.EACCES, "no")
    assert store.read_now(lambda db: db.execute(sa.select(technicians.c.id)).all())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_a_quota_and_a_limit_are_one(number: int) -> None:
    with pytest.raises(StorageFull, match="so a photo was not stored"), naming_it("a photo"):
        raise OSError(number, "as the kernel says")
