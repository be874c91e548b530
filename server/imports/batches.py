"""Planning a batch: rows against what is stored, decided without touching it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec

from server.acts import IdSource
from server.imports.complaints import Complaint
from server.imports.files import Numbered
from server.imports.kinds import Kind
from server.imports.rows import ImportRow

Key = tuple[Any, ...]
Ids = Mapping[str, Mapping[str, UUID]]
"""Kind → external id → our id."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the database holds of a batch's surroundings."""

    by_key: Mapping[Key, Mapping[str, Any]]
    holders: Mapping[Key, Key]
    """Values of the unique columns → key of the row that holds them."""
    ids: Ids


class BatchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch changes; every value is a whole row of the table."""

    inserts: tuple[Mapping[str, Any], ...]
    updates: tuple[Mapping[str, Any], ...]
    unchanged: int
    complaints: tuple[Complaint, ...]

    @property
    def changed_ids(self) -> tuple[UUID, ...]:
        """Our ids of what is new or different."""
        return tuple(row["id"] for row in (*self.inserts, *self.updates) if "id" in row)


def key_of(kind: Kind, row: ImportRow) -> Key:
    """Give what identifies a row."""
    return tuple(getattr(row, name) for name in kind.key)


def column_of(kind: Kind, field: str) -> str:
    """Name the column that a field is stored in."""
    return f"{field}_id" if field in kind.references else field


def plan(kind: Kind, rows: Sequence[Numbered], stored: Stored, *, new_id: IdSource) -> BatchPlan:
    """Decide per row: insert, update, leave, or complain. No two rows may share a key."""
    inserts: list[Mapping[str, Any]] = []
    updates: list[Mapping[str, Any]] = []
    complaints: list[Complaint] = []
    unchanged = 0
    for numbered in rows:
        unknown = _find_unknown(kind, numbered, stored.ids)
        if unknown is not None:
            complaints.append(unknown)
            continue
        before = stored.by_key.get(key_of(kind, numbered.row))
        values = _values(kind, numbered.row, stored.ids)
        refused = _find_refused(kind, numbered, values, stored)
        if refused is not None:
            complaints.append(refused)
        elif before is None:
            inserts.append({"id": new_id(), **values} if "id" in kind.table.c else values)
        elif all(before[column] == value for column, value in values.items()):
            unchanged += 1
        else:
            updates.append({**before, **values})
    return BatchPlan(
        inserts=tuple(inserts),
        updates=tuple(updates),
        unchanged=unchanged,
        complaints=tuple(complaints),
    )


def _values(kind: Kind, row: ImportRow, ids: Ids) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for field in row.__struct_fields__:
        value = getattr(row, field)
        target = kind.references.get(field)
        if target is not None and value is not None:
            value = ids[target][value]
        values[column_of(kind, field)] = _plain(value)
    return values


def _plain(value: Any) -> Any:  # noqa: ANN401  any value of a row
    """Give a value as JSON columns return it, so that it compares equal."""
    return list(cast("tuple[Any, ...]", value)) if isinstance(value, tuple) else value


def _find_unknown(kind: Kind, numbered: Numbered, ids: Ids) -> Complaint | None:
    for field, target in kind.references.items():
        value = getattr(numbered.row, field)
        if value is not None and value not in ids[target]:
            right = f"the id of one of the {target}, imported before this file"
            return _complain(numbered, field, right=right)
    return None


def _find_refused(
    kind: Kind, numbered: Numbered, values: Mapping[str, Any], stored: Stored
) -> Complaint | None:
    key = key_of(kind, numbered.row)
    before = stored.by_key.get(key, values)
    for field in kind.fixed:
        column = column_of(kind, field)
        if before[column] != values[column]:
            return _complain(numbered, field, right=kind.fixed_right)
    holder = stored.holders.get(tuple(values[column_of(kind, name)] for name in kind.unique))
    if holder not in (None, key):
        held_by = " ".join(map(str, holder or ()))
        return _complain(numbered, *kind.unique, right=f"a place that {held_by} does not hold")
    return None


def _complain(numbered: Numbered, *fields: str, right: str) -> Complaint:
    return Complaint(
        row=numbered.number,
        column=" + ".join(fields),
        value=" + ".join(str(getattr(numbered.row, field)) for field in fields),
        right=right,
    )
