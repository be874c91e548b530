"""Planning a batch: rows against what is stored, decided without touching it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from server.acts import Act
from server.imports import checks
from server.imports.complaints import Complaint
from server.imports.files import Numbered
from server.imports.kinds import Kind
from server.imports.stored import Stored, Values, column_of, key_of, values_of


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


def plan(kind: Kind, rows: Sequence[Numbered], stored: Stored, *, act: Act) -> BatchPlan:
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
            own = {"id": act.new_id()} if "id" in kind.table.c else {}
            inserts.append({**own, **values, **_dates(kind, None, values, act)})
        elif all(before[column] == value for column, value in values.items()):
            unchanged += 1
        else:
            updates.append({**before, **values, **_dates(kind, before, values, act)})
    return BatchPlan(
        inserts=tuple(inserts),
        updates=tuple(updates),
        unchanged=unchanged,
        complaints=tuple(complaints),
    )


def _dates(kind: Kind, before: Values | None, values: Values, act: Act) -> Values:
    """Say since when the dated values of a row stand; one that is not there has no date."""
    dates: dict[str, datetime | None] = {}
    for date, field in kind.dated.items():
        column = column_of(kind, field)
        if before is not None and before[column] == values[column]:
            dates[date] = before[date]
        else:
            dates[date] = None if values[column] is None else act.now
    return dates
