"""Importing a batch of rows as one unit of work."""

from collections.abc import Mapping, Sequence

import msgspec

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.imports import affected_jobs, batches, embedded, queries, storage
from server.imports.batches import BatchPlan
from server.imports.files import Numbered
from server.imports.kinds import Kind
from server.imports.stored import Referred, Values, lent_by


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows of a file."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    quarantined: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(getattr(self, name) for name in self.__struct_fields__)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__}
        )


def import_batch(
    db: Connection, kind: Kind, rows: Sequence[Numbered], *, act: Act
) -> Written[BatchPlan]:
    """Store a batch; rows that cannot be stored come back as complaints and harm no others.

    Doing it again changes nothing. Tablets that hold a job which embeds a changed row are told.
    """
    stored = queries.read_stored(db, kind, rows, lock=True)
    planned = batches.plan(kind, rows, stored, act=act)
    storage.upsert(db, kind, (*planned.inserts, *planned.updates))
    feed = affected_jobs.find(db, kind.name, planned.changed_ids)
    topics = {"jobs", *(f"job:{change.entity_id}" for change in feed)} if feed else ()
    return Written(
        planned,
        feed=feed,
        embedded=embedded.find(kind, planned, stored),
        topics=frozenset(topics),
    )


def rehearse_batch(
    db: Connection,
    kind: Kind,
    rows: Sequence[Numbered],
    *,
    act: Act,
    planned: Referred | None = None,
) -> BatchPlan:
    """Say what importing a batch would do; nothing is written."""
    stored = queries.read_stored(db, kind, rows, planned=planned)
    return batches.plan(kind, rows, stored, act=act)


def record_import(db: Connection, kind: Kind, counts: Counts, *, act: Act) -> Written[None]:
    """Write into the audit that a file was imported."""
    audit.record(
        db,
        act,
        "import.finished",
        detail={"kind": kind.name, **msgspec.structs.asdict(counts)},
    )
    return Written(None)


def would_lend(kind: Kind, planned: BatchPlan) -> Mapping[str, Values]:
    """Name what a rehearsed batch would have stored, for the rows that refer to it."""
    changed = (*planned.inserts, *planned.updates)
    return {row[kind.key[0]]: lent_by(kind, row) for row in changed if "id" in row}
