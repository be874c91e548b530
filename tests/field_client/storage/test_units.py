import asyncio
from pathlib import Path

import pytest

from field_client.storage import (
    CommitPoint,
    Connection,
    Unencrypted,
    open_replica,
    open_store,
    read_unit,
    write_unit,
)


class Crashed(BaseException):
    """The process is gone."""


def add(db: Connection, name: str) -> None:
    db.execute("INSERT INTO staged (entry) VALUES (?)", (name.encode(),))


def names(db: Connection) -> list[str]:
    return [row["entry"].decode() for row in db.execute("SELECT entry FROM staged")]


@pytest.mark.parametrize(
    ("point", "kept"),
    [
        (CommitPoint.BEGUN, []),
        (CommitPoint.BEFORE_COMMIT, []),
        (CommitPoint.COMMITTED, ["a", "b"]),
    ],
)
def test_a_crash_leaves_a_unit_whole_or_not_at_all(
    tmp_path: Path, point: CommitPoint, kept: list[str]
) -> None:
    db = open_replica(tmp_path / "replica.db", Unencrypted())

    def add_two(inside: Connection) -> None:
        add(inside, "a")
        add(inside, "b")

    def crash(reached: CommitPoint) -> None:
        if reached is point:
            raise Crashed

    with pytest.raises(Crashed):
        write_unit(db, add_two, crash)
    db.close()

    assert names(open_replica(tmp_path / "replica.db", Unencrypted())) == kept


async def test_a_unit_that_fails_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    def fail(db: Connection) -> None:
        add(db, "half")
        raise LookupError("no such thing")

    async with open_store(tmp_path / "replica.db", Unencrypted()) as store:
        with pytest.raises(LookupError):
            await store.write(fail)
        await store.write(add, "whole")

        assert await store.read(names) == ["whole"]


async def test_units_of_many_callers_run_one_after_another(tmp_path: Path) -> None:
    async with open_store(tmp_path / "replica.db", bytes(32)) as store:
        await asyncio.gather(*(store.write(add, str(number)) for number in range(20)))

        assert await store.read(names) == [str(number) for number in range(20)]


def test_a_reader_sees_one_state_while_another_connection_writes(tmp_path: Path) -> None:
    reader = open_replica(tmp_path / "replica.db", Unencrypted())
    writer = open_replica(tmp_path / "replica.db", Unencrypted())

    def twice(db: Connection) -> tuple[list[str], list[str]]:
        before = names(db)
        write_unit(writer, lambda inside: add(inside, "new"))
        return before, names(db)

    assert read_unit(reader, twice) == ([], [])
    assert names(reader) == ["new"]
    reader.close()
    writer.close()
