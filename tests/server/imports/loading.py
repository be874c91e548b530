"""Loading the sample town into a store, and altering copies of its files."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.acts import SYSTEM, Act
from server.database import Store
from server.database.tables import metadata
from server.database.tables.people import audit
from server.imports import profiles, runs
from server.imports.commands import Counts
from server.imports.complaints import Complaint
from server.imports.kinds import KINDS, Kind
from server.imports.profiles import Profile
from server.imports.runs import Import, Listener

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
PREMISE = "AUE-1033"
PATIENCE_S = 20


def act() -> Act:
    return Act(actor=SYSTEM, now=NOW, new_id=uuid7)


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        self.finished: dict[str, Counts] = {}

    @property
    def listener(self) -> Listener:
        return Listener(told=_ignore, complained=(self._complained,), finished=self._finished)

    def _complained(self, _one: Import, complaints: Sequence[Complaint]) -> None:
        self.complaints += complaints

    def _finished(self, one: Import, counts: Counts) -> None:
        self.finished[one.profile.kind] = counts


def _ignore(_one: Import, _counts: Counts) -> None:
    pass


def own(kind: Kind) -> Profile:
    return profiles.own(kind)


def load(store: Store, path: Path) -> Heard:
    heard = Heard()
    kind = KINDS.get(path.stem)
    imports = runs.find_files(path, own) if kind is None else [Import(path=path, profile=own(kind))]
    runs.run(store, imports, heard.listener)
    return heard


def alter(file: Path, key: str, **changes: str) -> Path:
    """Change cells of the rows that begin with a key."""
    with file.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    for row in rows:
        for column, value in changes.items() if row[0] == key else ():
            row[header.index(column)] = value
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return file


def everything(db: sa.Connection) -> dict[str, list[Any]]:
    return {
        table.name: sorted(map(repr, db.execute(sa.select(table))))
        for table in metadata.sorted_tables
        if table is not audit
    }


def id_of(store: Store, table: sa.Table, external_id: str) -> UUID:
    query = sa.select(table.c.id).where(table.c.external_id == external_id)
    return store.read_now(lambda db: db.execute(query).scalar_one())


def total(heard: Heard) -> Counts:
    return sum(heard.finished.values(), Counts())
