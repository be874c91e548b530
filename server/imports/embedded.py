"""What of a batch is embedded in documents by another way than the plant of their job. Pure."""

from collections.abc import Iterable

from server.database.units import Embedded, EmbeddedChange
from server.imports.batches import BatchPlan
from server.imports.kinds import Kind
from server.imports.stored import Stored, Values


def find(kind: Kind, planned: BatchPlan, stored: Stored) -> tuple[EmbeddedChange, ...]:
    """Name what documents embed of rows that changed, as they were and as they are."""
    rows = (*planned.inserts, *planned.updates)
    keys = (tuple(row[name] for name in kind.key) for row in rows)
    before = [stored.by_key[key] for key in keys if key in stored.by_key]
    return tuple(dict.fromkeys(_name(kind, before, rows)))


def _name(kind: Kind, before: Iterable[Values], rows: Iterable[Values]) -> Iterable[EmbeddedChange]:
    match kind.name:
        case "onts":
            # One that is new cannot have been reserved.
            return (
                *(EmbeddedChange(what=Embedded.RESERVED_ONT, key=row["serial"]) for row in before),
                *(
                    EmbeddedChange(what=Embedded.VAN, key=row["technician_id"])
                    for row in (*before, *rows)
                    if row["technician_id"] is not None
                ),
            )
        case "ont-models":
            return (EmbeddedChange(what=Embedded.ONT_MODELS) for _ in rows)
        case "tickets":
            return map(_around, (*before, *rows))
        case _:
            return ()


def _around(ticket: Values) -> EmbeddedChange:
    if ticket["premise_id"] is not None:
        return EmbeddedChange(what=Embedded.PREMISE, key=ticket["premise_id"])
    return EmbeddedChange(what=Embedded.ACCOUNT, key=ticket["account_id"])
