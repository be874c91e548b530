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

TABLETS: Final = 24
Push = tuple[BenchTablet, SyncRequest]


class Statement(msgspec.Struct, frozen=True):
    """One execution as the driver was asked for it."""

    sql: str
    values: Any
    many: bool


def changes_per_second(folder: Path, group: int) -> float:
    """Record pushes in groups of so many, and time the same statements on an untouched copy."""
    file, copy = folder / "recorded.db", folder / "bare.db"
    schema_versions.upgrade(f"sqlite:///{file}")
    store = Store(f"sqlite:///{file}")
    tablets = corpus.found(store, TABLETS, seed=2).tablets
    store.close()
    shutil.copy(file, copy)
    pushes = [(tablet, tablet.push(at)) for at in range(corpus.PUSHES) for tablet in tablets]
    groups = [pushes[at : at + group] for at in range(0, len(pushes), group)]
    took = _replay(copy, _record(file, groups))
    return len(pushes) * corpus.CHANGES / took


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
