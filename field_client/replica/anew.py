"""Going on in a new incarnation: what was not acknowledged is issued again, and nothing is lost.

A replica that was restored from a copy, or copied, meets a server that has heard another history
under its incarnation. It begins a new one by itself: operations without a verdict are numbered from
1, each with the number under which it was first issued, so that the server recognises what it has.
Acknowledged operations are put aside as they are. Files, documents, issues and the place in the
feed stay; so does what a page shows.
"""

from datetime import datetime

from field_client.replica.outbox import keep
from field_client.replica.state import Why, get_state
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, run
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
    pending = [wire.decode(row["raw"], Operation) for row in fetch_all(db, "operations_unjudged")]
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
    )
    for dseq, operation in enumerate(pending, start=1):
        origin = operation.origin or Origin(incarnation=before, dseq=operation.dseq)
        again = Operation(
            dseq=dseq, tx=operation.tx, at=operation.at, body=operation.body, origin=origin
        )
        chain = keep(db, chain, again)
    run(db, "replica_advance_head", dseq=len(pending), chain=chain)
    return True
