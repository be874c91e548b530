"""Reading what a batch is compared with: a fixed number of queries, however many rows it has."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.imports import dependants
from server.imports.files import Numbered
from server.imports.kinds import KINDS, Kind
from server.imports.stored import Key, Referred, Stored, Values, column_of, key_of


def read_stored(
    db: sa.Connection,
    kind: Kind,
    rows: Sequence[Numbered],
    *,
    planned: Referred | None = None,
    lock: bool = False,
) -> Stored:
    """Read the rows that have these keys, who holds unique places, and what is referred to.

    ``planned`` are rows that a dry run would have stored by now. ``lock`` keeps others from
    building on rows whose dependants are counted here, until the transaction ends.
    """
    planned = planned or {}
    referred = {
        target: {
            **_referred(db, KINDS[target], {getattr(row.row, field) for row in rows}),
            **planned.get(target, {}),
        }
        for field, target in kind.refers.items()
    }
    locked = lock and kind.name in dependants.DEPENDANTS
    by_key = _by_key(db, kind, {key_of(kind, row.row) for row in rows}, lock=locked)
    return Stored(
        by_key=by_key,
        holders=_holders(db, kind, rows, referred) if kind.unique else {},
        referred=referred,
        taking_room=_taking_room(db, kind, rows, referred, planned),
        dependants=dependants.count(
            db, kind.name, (row["id"] for row in by_key.values() if "id" in row)
        ),
    )


def _referred(db: sa.Connection, kind: Kind, external_ids: set[str | None]) -> Mapping[str, Values]:
    key = kind.table.c[kind.key[0]]
    wanted = [external_id for external_id in external_ids if external_id is not None]
    columns = [kind.table.c[name] for name in ("id", *kind.lends)]
    rows = db.execute(sa.select(key.label("external_id"), *columns).where(key.in_(wanted)))
    names = ("id", *kind.lends)
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _by_key(db: sa.Connection, kind: Kind, keys: set[Key], *, lock: bool) -> Mapping[Key, Values]:
    columns = [kind.table.c[name] for name in kind.key]
    statement = sa.select(kind.table).where(_among(columns, keys))
    if lock:
        statement = statement.order_by(kind.table.c.id).with_for_update()
    rows = db.execute(statement).mappings()
    return {tuple(row[name] for name in kind.key): dict(row) for row in rows}


def _holders(
    db: sa.Connection, kind: Kind, rows: Sequence[Numbered], referred: Referred
) -> Mapping[Key, Key]:
    columns = [kind.table.c[column_of(kind, name)] for name in kind.unique]
    places = {place for row in rows if (place := _place(kind, row, referred)) is not None}
    keys = [kind.table.c[name] for name in kind.key]
    found = db.execute(sa.select(*columns, *keys).where(_among(columns, places)))
    return {tuple(row[: len(columns)]): tuple(row[len(columns) :]) for row in found}


def _place(kind: Kind, numbered: Numbered, referred: Referred) -> Key | None:
    """Give the values of the unique columns; None if a reference among them is unknown."""
    values = tuple(
        referred[kind.references[name]].get(getattr(numbered.row, name), {}).get("id")
        if name in kind.references
        else getattr(numbered.row, name)
        for name in kind.unique
    )
    return None if None in values else values


def _taking_room(
    db: sa.Connection,
    kind: Kind,
    rows: Sequence[Numbered],
    referred: Referred,
    planned: Referred,
) -> Mapping[str, UUID]:
    """Read who takes room where rows of the batch want some."""
    if kind.room is None:
        return {}
    of, column = kind.room.of, column_of(kind, kind.room.of)
    known = referred[kind.references[of]]
    wanted = {known[name]["id"] for row in rows if (name := getattr(row.row, of)) in known}
    external_id, there = kind.table.c.external_id, kind.table.c[column]
    stored = db.execute(sa.select(external_id, there).where(there.in_(wanted)))
    would = planned.get(kind.name, {})
    return {**{row[0]: row[1] for row in stored}, **{name: would[name][column] for name in would}}


def _among(columns: Sequence[sa.Column[Any]], keys: set[Key]) -> sa.ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return sa.tuple_(*columns).in_(list(keys))
