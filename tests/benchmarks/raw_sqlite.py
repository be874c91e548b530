"""What SQLite alone would take: the statements of real pushes, recorded and run again bare.

The same statements with the same parameters in the same groups, on a copy of the same file with the
same settings, by the driver alone: no SQLAlchemy, no planning, no HTTP. A push is answered with
what is new, so what reads that after the commit belongs to it.
"""

import contextlib
import shutil
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy import event

from server.acts import Actor, ActorKind, act_of
from server.database import Store, schema_versions, sqlite
from server.database.engines import parse_url
from server.database.writer import BoundUnit, CommitCounter, run_group
from server.sync import commands, pull
from sync_protocol.messages import SyncRequest
from tests.benchmarks import corpus
from tests.benchmarks.corpus import BenchTablet

TABLETS: Final = 16
"""Of a round; as many as the server has clients."""
Push = tuple[BenchTablet, SyncRequest]


class Statement(msgspec.Struct, frozen=True):
    """One execution as the driver was asked for it."""

    sql: str
    values: Any
    many: bool


class Transaction(msgspec.Struct, frozen=True):
    """What was asked for between a beginning and a commit."""

    is_reading: bool
    statements: list[Statement]


class Rival:
    """Raw SQLite on a file of its own, round by round: it takes turns with the server."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self._file, self._copy = folder / "recorded.db", folder / "bare.db"
        schema_versions.upgrade(f"sqlite:///{self._file}")
        store = Store(f"sqlite:///{self._file}")
        self._tablets = corpus.found(store, TABLETS * rounds, seed=2).tablets
        store.close()
        shutil.copy(self._file, self._copy)

    def seconds(self, number: int, group: int) -> float:
        """Record a round's pushes in groups of so many; time the same statements on the copy."""
        part = self._tablets[number * TABLETS : (number + 1) * TABLETS]
        pushes = [(tablet, tablet.push(at)) for at in range(corpus.PUSHES) for tablet in part]
        groups = [pushes[at : at + group] for at in range(0, len(pushes), group)]
        return _replay(self._copy, _record(self._file, groups))


def _record(file: Path, groups: Sequence[Sequence[Push]]) -> list[Transaction]:
    writing, reading = sqlite.create_engines(parse_url(f"sqlite:///{file}"))
    recorded: list[Transaction] = []
    with writing.connect() as writer, reading.connect() as reader:
        for group in groups:
            with _noted(writer, recorded, is_reading=False):
                outcomes = run_group(writer, [_unit(*push) for push in group], CommitCounter())
            assert all(outcome.error is None for outcome in outcomes), outcomes
            for tablet, request in group:
                with _noted(reader, recorded, is_reading=True), reader.begin():
                    pull.read(reader, tablet.technician_id, request.epoch, request.cursor)
    writing.dispose()
    reading.dispose()
    return recorded


@contextlib.contextmanager
def _noted(db: sa.Connection, recorded: list[Transaction], *, is_reading: bool) -> Generator[None]:
    made = Transaction(is_reading, [])

    def note(*asked: Any) -> None:  # noqa: ANN401  SQLAlchemy's arguments of this event
        _connection, _cursor, sql, values, _context, many = asked
        made.statements.append(Statement(sql, list(values) if many else values, many))

    event.listen(db, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(db, "before_cursor_execute", note)
    recorded.append(made)


def _unit(tablet: BenchTablet, request: SyncRequest) -> BoundUnit:
    act = act_of(Actor(ActorKind.DEVICE, tablet.device_id))
    return lambda db: commands.receive(db, tablet.device_id, request, act=act)


def _replay(file: Path, transactions: Sequence[Transaction]) -> float:
    writing, reading = sqlite.create_engines(parse_url(f"sqlite:///{file}"))
    with (
        contextlib.closing(writing.raw_connection()) as writer,
        contextlib.closing(reading.raw_connection()) as reader,
    ):
        begun = time.perf_counter()
        for transaction in transactions:
            connection = reader if transaction.is_reading else writer
            cursor = connection.cursor()
            for statement in transaction.statements:
                if statement.many:
                    cursor.executemany(statement.sql, statement.values)
                else:
                    cursor.execute(statement.sql, statement.values).fetchall()
            connection.commit()
        took = time.perf_counter() - begun
    writing.dispose()
    reading.dispose()
    return took
