"""What SQLite alone would take: the statements of real pushes, recorded and run again bare.

The same statements with the same parameters in the same groups, on a copy of the same file with the
same settings, by the driver alone: no SQLAlchemy, no planning, no HTTP.
"""

import contextlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import event

from server.acts import Actor, ActorKind, act_of
from server.database import Store, schema_versions, sqlite
from server.database.engines import parse_url
from server.database.writer import BoundUnit, CommitCounter, run_group
from server.sync import commands
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


def _record(file: Path, groups: Sequence[Sequence[Push]]) -> list[list[Statement]]:
    engine, reading = sqlite.create_engines(parse_url(f"sqlite:///{file}"))
    recorded: list[list[Statement]] = []

    def note(*asked: Any) -> None:  # noqa: ANN401  SQLAlchemy's arguments of this event
        _connection, _cursor, sql, values, _context, many = asked
        recorded[-1].append(Statement(sql, list(values) if many else values, many))

    event.listen(engine, "before_cursor_execute", note)
    with engine.connect() as db:
        for group in groups:
            recorded.append([])
            outcomes = run_group(db, [_unit(*push) for push in group], CommitCounter())
            assert all(outcome.error is None for outcome in outcomes), outcomes
    engine.dispose()
    reading.dispose()
    return recorded


def _unit(tablet: BenchTablet, request: SyncRequest) -> BoundUnit:
    act = act_of(Actor(ActorKind.DEVICE, tablet.device_id))
    return lambda db: commands.receive(db, tablet.device_id, request, act=act)


def _replay(file: Path, groups: Sequence[Sequence[Statement]]) -> float:
    engine, reading = sqlite.create_engines(parse_url(f"sqlite:///{file}"))
    with contextlib.closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        begun = time.perf_counter()
        for group in groups:
            for statement in group:
                if statement.many:
                    cursor.executemany(statement.sql, statement.values)
                else:
                    cursor.execute(statement.sql, statement.values).fetchall()
            connection.commit()
        took = time.perf_counter() - begun
    engine.dispose()
    reading.dispose()
    return took
