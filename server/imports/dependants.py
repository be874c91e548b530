"""What rests on a stored row, as one number, and which changes of the row that forbids."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.tables.fulfilment import ont_allocations
from server.database.tables.plant import drops, terminals
from server.imports.kinds import count_outputs
from server.imports.stored import Values


class Refusal(msgspec.Struct, frozen=True):
    """Why a row cannot be stored: the fields at fault, and what would be right."""

    fields: tuple[str, ...]
    right: str


class Dependants(msgspec.Struct, frozen=True, kw_only=True):
    """How to count what rests on the rows of one kind, and what the number forbids."""

    row_id: sa.Column[Any]
    number: sa.ColumnElement[int]
    refuse: Callable[[Values, Values, int], Refusal | None]
    """Of the stored row, the wanted one, and the number."""


def _refuse_fewer_ports(_before: Values, wanted: Values, highest: int) -> Refusal | None:
    if wanted["ports"] >= highest:
        return None
    return Refusal(("ports",), f"at least {highest}: a stored drop is on that port; move it first")


def _refuse_fewer_outputs(_before: Values, wanted: Values, count: int) -> Refusal | None:
    if count_outputs(wanted) >= count:
        return None
    right = f"ratios with at least {count} outputs: so many stored terminals refer to the splitter"
    return Refusal(("ratios",), right)


def _refuse_renumbering(before: Values, wanted: Values, count: int) -> Refusal | None:
    """Keep the numbers under which ONT ids were written to an OLT."""
    columns = {"olt": "olt_id", "frame": "frame", "slot": "slot", "port": "port"}
    changed = tuple(field for field, column in columns.items() if before[column] != wanted[column])
    if not changed:
        return None
    place = f"{before['frame']}/{before['slot']}/{before['port']}"
    where = " on the OLT that it was" if "olt" in changed else ""
    onts = "1 service has its ONT" if count == 1 else f"{count} services have their ONTs"
    return Refusal(
        changed,
        f"{place}{where}, as before: {onts} registered there under these numbers; give the new "
        "place a row with an id of its own and let the splitters refer to that",
    )


DEPENDANTS: Final[Mapping[str, Dependants]] = {
    "terminals": Dependants(
        row_id=drops.c.terminal_id,
        number=sa.func.max(drops.c.terminal_port),
        refuse=_refuse_fewer_ports,
    ),
    "splitters": Dependants(
        row_id=terminals.c.splitter_id, number=sa.func.count(), refuse=_refuse_fewer_outputs
    ),
    "pon-ports": Dependants(
        row_id=ont_allocations.c.pon_port_id, number=sa.func.count(), refuse=_refuse_renumbering
    ),
}
"""Kind → what rests on its rows."""


def count(db: sa.Connection, kind: str, row_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """Count what rests on stored rows, in one query; nothing where the kind has no dependants."""
    dependants = DEPENDANTS.get(kind)
    ids = list(row_ids)
    if dependants is None or not ids:
        return {}
    counted = db.execute(
        sa.select(dependants.row_id, dependants.number)
        .where(dependants.row_id.in_(ids))
        .group_by(dependants.row_id)
    )
    return {row[0]: row[1] for row in counted}
