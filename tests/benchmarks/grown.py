"""A database as it is after years: the rows of one install, once for every subscriber.

SQLite itself writes the copies, with ids of their own in the order of time, which is quicker by far
than to let the commands run. Whatever column a migration adds is in the pattern, and so in them.

What differs from life: the finished jobs have left their technician's scope, processes are done and
services active without the rows of activation and billing, which no sync reads; and the chains and
numbers inside old operations are those of the pattern, which nobody replays.
"""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database import Connection, engines, schema_versions
from server.database.tables import fulfilment, offers, people, plant, sync, work
from sync_protocol.ids import Incarnation
from tests.benchmarks import pattern
from tests.benchmarks.corpus import JOBS, BenchTablet, Ids
from tests.benchmarks.pattern import HISTORY_EACH, LEVELS, OPERATIONS_EACH, Pattern, Rows, dashed

SUBSCRIBERS_EACH: Final = 250
"""How many subscribers there are for each technician, at every size."""
_FIRST_STAMP: Final = 0x019F_0000_0000
"""The copies' ids begin with a time from here on, one millisecond per subscriber."""
Named = Mapping[str, str]
"""Columns that are not as in the pattern, as SQL."""

_OF_TECHNICIANS: Final[Mapping[sa.Table, Named]] = {
    people.technicians: {"external_id": "'T-' || n"},
    people.devices: {},
    people.incarnations: {},
}
_OF_PLANT: Final[Mapping[sa.Table, tuple[int, Named]]] = {
    plant.olts: (1024, {"external_id": "'OLT-' || n"}),
    plant.pon_ports: (
        64,
        {"external_id": "'PON-' || n", "slot": "n / 64 % 16 / 8", "port": "n / 64 % 8"},
    ),
    plant.splitters: (32, {"external_id": "'SP-' || n"}),
    plant.terminals: (8, {"external_id": "'NAP-' || n"}),
}
_OF_SUBSCRIBERS: Final[Mapping[sa.Table, Named]] = {
    offers.accounts: {"external_id": "'A-' || n"},
    plant.premises: {"external_id": "'P-' || n"},
    plant.drops: {"external_id": "'D-' || n", "terminal_port": "n % 8 + 1"},
    offers.orders: {"number": "'O-' || n"},
    offers.services: {},
    offers.order_items: {},
    work.jobs: {"number": "'O-' || n || '-1'"},
    work.job_fields: {},
    work.captures: {},
    work.completions: {},
    work.visits: {},
    sync.operations: {
        "dseq": f"n / technicians * {OPERATIONS_EACH} + t.dseq",
        "origin_dseq": f"n / technicians * {OPERATIONS_EACH} + t.origin_dseq",
    },
    sync.feed: {"seq": "n + 1", "entered_seq": "t.entered_seq * 0 + n + 1"},
    fulfilment.processes: {"effect_key": "t.effect_key || n"},
    people.audit: {},
}


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: how much of it, and tablets that go on where the rows stop."""

    subscribers: int
    operations: int
    history: int
    tablets: tuple[BenchTablet, ...]


def grow(file: Path, subscribers: int, *, tablets: int) -> Grown:
    """Make a database of about so many subscribers; give the first of its tablets."""
    technicians = max(1, subscribers // SUBSCRIBERS_EACH)
    filling = _Filling(
        pattern.make(file.with_suffix(".pattern")), technicians, subscribers // technicians
    )
    schema_versions.upgrade(f"sqlite:///{file}")
    # Nothing here is worth keeping if the machine stops, and a test checks the references.
    engine = sa.create_engine(engines.parse_url(f"sqlite:///{file}"), isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            db.exec_driver_sql(f"PRAGMA {setting}")
        filling.fill(db)
    engine.dispose()
    ids = Ids(random.Random(4))  # noqa: S311  a corpus, no secret
    return Grown(
        subscribers=filling.finished,
        operations=filling.finished * OPERATIONS_EACH,
        history=filling.finished * HISTORY_EACH,
        tablets=tuple(filling.tablet(at, ids) for at in range(min(tablets, technicians))),
    )


class _Filling:
    """How one database is filled: first those whose install is done, then the open jobs."""

    def __init__(self, made: Pattern, technicians: int, each: int) -> None:
        self._pattern = made
        self._technicians = technicians
        self._said = each * OPERATIONS_EACH
        self.finished = technicians * each
        self._all = self.finished + technicians * JOBS

    def fill(self, db: Connection) -> None:
        """Write everything."""
        self._number_subscribers(db)
        done, opened = self._pattern.done, self._pattern.opened
        _copy(db, offers.products, opened, "n = 0", {})
        for table, named in _OF_TECHNICIANS.items():
            _copy(db, table, done, "n < technicians", named)
        for table, (every, named) in _OF_PLANT.items():
            _copy(db, table, opened, f"n % {every} = 0", named)
        for table, named in _OF_SUBSCRIBERS.items():
            _copy(db, table, done, f"n < {self.finished}", named)
            _copy(db, table, opened, f"n >= {self.finished}", named)
        db.execute(sa.update(sync.sync_head).values(seq=self._all))
        db.execute(sa.update(people.incarnations).values(head_dseq=self._said))

    def _number_subscribers(self, db: Connection) -> None:
        """Make a row for each, with the times of all ids around it."""
        times = [(level, f"{_FIRST_STAMP} + {level.number}") for level in LEVELS]
        columns = ", ".join(
            f"printf('%012x', {time}) AS {level.name}, "
            f"printf('%08x-%04x', ({time}) >> 16, ({time}) & 65535) AS {level.name}_dashed"
            for level, time in times
        )
        db.exec_driver_sql(
            "CREATE TEMP TABLE subscriber AS WITH RECURSIVE numbered(n, technicians) AS "  # noqa: S608  our own numbers
            f"(SELECT 0, {self._technicians} UNION ALL "
            f"SELECT n + 1, technicians FROM numbered WHERE n + 1 < {self._all}) "
            f"SELECT n, technicians, {columns} FROM numbered"
        )

    def tablet(self, number: int, ids: Ids) -> BenchTablet:
        """Give a technician's tablet, which has said what the rows say."""
        tablet, made = pattern.new_tablet(ids), self._pattern
        tablet.technician_id = _copied(made.technician_id, number)
        tablet.device_id = _copied(made.device_id, number)
        tablet.incarnation = Incarnation(_copied(made.incarnation, number))
        tablet.dseq, tablet.chain = self._said, made.chain
        for subscriber in range(self.finished + number, self._all, self._technicians):
            tablet.take_job(_copied(made.job_id, subscriber), made.note)
        return tablet


def _copied(marked: UUID, number: int) -> UUID:
    return UUID(f"{_FIRST_STAMP + number:012x}{marked.hex[12:]}")


def _copy(db: Connection, table: sa.Table, rows: Rows, of_whom: str, named: Named) -> None:
    """Write a table's rows of the pattern once for each of these subscribers, in their order."""
    copied = rows[table.name]
    if not copied:
        return
    columns = ", ".join(copied[0])
    db.exec_driver_sql(f"CREATE TEMP TABLE pattern AS SELECT * FROM main.{table.name} WHERE 0")  # noqa: S608  our own name
    db.exec_driver_sql(
        f"INSERT INTO pattern ({columns}) VALUES ({', '.join('?' for _ in copied[0])})",  # noqa: S608  our own names
        [tuple(row.values()) for row in copied],
    )
    values = ", ".join(
        named.get(column) or _as_sql(column, [row[column] for row in copied])
        for column in copied[0]
    )
    # CROSS JOIN, for SQLite keeps its order: all rows of one subscriber, then the next one's.
    db.exec_driver_sql(
        f"INSERT INTO main.{table.name} ({columns}) SELECT {values} "  # noqa: S608  our own names
        f"FROM subscriber CROSS JOIN pattern AS t WHERE {of_whom}"
    )
    db.exec_driver_sql("DROP TABLE pattern")


def _as_sql(column: str, values: Sequence[Any]) -> str:
    """Write a column of the pattern with the times of the subscriber's ids instead of marks."""
    sql = f"t.{column}"
    found = " ".join(value.decode() if isinstance(value, bytes) else str(value) for value in values)
    for level in LEVELS:
        for mark, time in ((level.mark, level.name), (dashed(level.mark), f"{level.name}_dashed")):
            if mark in found:
                sql = f"replace({sql}, '{mark}', subscriber.{time})"
    return f"CAST({sql} AS BLOB)" if isinstance(values[0], bytes) else sql
