"""Planning a batch: rows against what is stored, decided without touching it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from server.acts import IdSource
from server.imports import checks
from server.imports.complaints import Complaint
from server.imports.files import Numbered
from server.imports.kinds import Kind
from server.imports.stored import Stored, Values, key_of, values_of


class BatchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch changes; every value is a whole row of the table."""

    inserts: tuple[Values, ...]
    updates: tuple[Values, ...]
    unchanged: int
    complaints: tuple[Complaint, ...]

    @property
    def changed_ids(self) -> tuple[UUID, ...]:
        """Our ids of what is new or different."""
        return tuple(row["id"] for row in (*self.inserts, *self.updates) if "id" in row)


def plan(kind: Kind, rows: Sequence[Numbered], stored: Stored, *, new_id: IdSource) -> BatchPlan:
    """Decide per row: insert, update, leave, or complain. No two rows may share a key."""
    inserts: list[Values] = []
    updates: list[Values] = []
    complaints: list[Complaint] = []
    unchanged = 0
    crowded = checks.find_crowded(kind, rows, stored)
    for numbered in rows:
        unknown = checks.find_unknown(kind, numbered, stored.referred)
        if unknown is not None:
            complaints.append(unknown)
            continue
        before = stored.by_key.get(key_of(kind, numbered.row))
        values = values_of(kind, numbered.row, stored.referred)
        refused = crowded.get(numbered.number) or checks.find_refused(
            kind, numbered, values, stored
        )
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
