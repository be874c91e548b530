"""Going on in a new incarnation: what was not acknowledged is issued again, and nothing is lost.

A replica that was restored from a copy, or copied, meets a server that has heard another history
under its incarnation. It begins a new one by itself: operations without a verdict are numbered from
1, each with the number under which it was first issued, so that the server recognises what it has.
Acknowledged operations are put aside as they are. Files, documents, issues and the place in the
feed stay; so does what a page shows.

A server that was put back to a backup may lack what was put aside as well. Under a number of its
own, in between others, that could not be sent again in the order of then; so all that is held is
issued again, in a new incarnation.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from field_client.replica.outbox import keep
from field_client.replica.state import Why, get_state
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, fetch_row, run
from sync_protocol import wire
from sync_protocol.ids import Incarnation
from sync_protocol.operations import Operation, Origin


def begin_anew(
    db: Connection, before: Incarnation, incarnation: Incarnation, why: Why, at: datetime
) -> bool:
    """Begin a new incarnation after ``before``; False if that is not the present one any more.

    What the server answers to a request of before is left out from then on, for it speaks of
    other numbers; whatever that request brought is recognised when it is issued again.
    """
    state = get_state(db)
    if state.incarnation != before:
        return False
    if why is Why.RESTORED:
        again, acked_before = [*_past(db), *_held(db, "operations_all", before)], 0
        run(db, "past_clear")
    else:
        again = _held(db, "operations_unjudged", before)
        acked_before = state.acked_before + state.acked_dseq
        run(db, "operations_to_past")
    run(db, "operations_clear")
    chain = wire.first_chain(incarnation)
    run(
        db,
        "replica_begin_anew",
        incarnation=str(incarnation),
        chain=chain,
        why=why,
        at=at.isoformat(),
        acked_before=acked_before,
    )
    for dseq, operation in enumerate(again, start=1):
        chain = keep(db, chain, msgspec.structs.replace(operation, dseq=dseq))
    run(db, "replica_advance_head", dseq=len(again), chain=chain)
    return True


def must_issue_all(db: Connection) -> bool:
    """Say whether the server was put back since it acknowledged what is put aside here."""
    return bool(fetch_row(db, "past_is_of_another_epoch")["is_so"])


def _held(db: Connection, query: str, incarnation: Incarnation) -> list[Operation]:
    """Read operations of the present incarnation, each with its origin."""
    return [_with_origin(row["raw"], incarnation) for row in fetch_all(db, query)]


def _past(db: Connection) -> list[Operation]:
    return [
        _with_origin(row["raw"], Incarnation(UUID(row["incarnation"])))
        for row in fetch_all(db, "past_operations")
    ]


def _with_origin(raw: bytes, incarnation: Incarnation) -> Operation:
    operation = wire.decode(raw, Operation)
    origin = operation.origin or Origin(incarnation=incarnation, dseq=operation.dseq)
    return msgspec.structs.replace(operation, origin=origin)
