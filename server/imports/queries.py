"""Reading what a batch is compared with: a fixed number of queries, however many rows it has."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.imports.batches import Ids, Key, Stored, column_of, key_of
from server.imports.files import Numbered
from server.imports.kinds import KINDS, Kind


def read_stored(
    db: sa.Connection, kind: Kind, rows: Sequence[Numbered], *, planned: Ids | None = None
) -> Stored:
    """Read the rows that have these keys, the holders of unique places, and the referenced ids.

    ``planned`` are ids that a dry run would have given out by now.
    """
    ids = {
        target: {
            **(planned or {}).get(target, {}),
            **_ids_of(db, KINDS[target], {getattr(row.row, field) for row in rows}),
        }
        for field, target in kind.references.items()
    }
    return Stored(
        by_key=_by_key(db, kind, {key_of(kind, row.row) for row in rows}),
        holders=_holders(db, kind, rows, ids) if kind.unique else {},
        ids=ids,
    )


def _ids_of(db: sa.Connection, kind: Kind, external_ids: set[str | None]) -> Mapping[str, UUID]:
    key = kind.table.c[kind.key[0]]
    wanted = [external_id for external_id in external_ids if external_id is not None]
    rows = db.execute(sa.select(key, kind.table.c.id).where(key.in_(wanted)))
    return {row[0]: row[1] for row in rows}


def _by_key(db: sa.Connection, kind: Kind, keys: set[Key]) -> Mapping[Key, Mapping[str, Any]]:
    columns = [kind.table.c[name] for name in kind.key]
    rows = db.execute(sa.select(kind.table).where(_among(columns, keys))).mappings()
    return {tuple(row[name] for name in kind.key): dict(row) for row in rows}


def _holders(
    db: sa.Connection, kind: Kind, rows: Sequence[Numbered], ids: Ids
) -> Mapping[Key, Key]:
    columns = [kind.table.c[column_of(kind, name)] for name in kind.unique]
    places = {place for row in rows if (place := _place(kind, row, ids)) is not None}
    keys = [kind.table.c[name] for name in kind.key]
    found = db.execute(sa.select(*columns, *keys).where(_among(columns, places)))
    return {tuple(row[: len(columns)]): tuple(row[len(columns) :]) for row in found}


def _place(kind: Kind, numbered: Numbered, ids: Ids) -> Key | None:
    """Give the values of the unique columns; None if a reference among them is unknown."""
    values = tuple(
        ids[kind.references[name]].get(getattr(numbered.row, name))
        if name in kind.references
        else getattr(numbered.row, name)
        for name in kind.unique
    )
    return None if None in values else values


def _among(columns: Sequence[sa.Column[Any]], keys: set[Key]) -> sa.ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return sa.tuple_(*columns).in_(list(keys))
