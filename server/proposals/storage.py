"""Storing proposals."""

from collections.abc import Sequence

import sqlalchemy as sa

from server.database.rows import to_rows
from server.database.tables.work import proposals
from server.proposals.records import Proposal


def insert_all(db: sa.Connection, raised: Sequence[Proposal]) -> None:
    """Store new proposals."""
    if raised:
        db.execute(sa.insert(proposals), list(to_rows(raised)))


def decide(db: sa.Connection, decided: Proposal) -> None:
    """Store what was decided about a proposal that is locked in this transaction."""
    db.execute(
        sa.update(proposals)
        .where(proposals.c.id == decided.id)
        .values(
            state=decided.state,
            is_applied=decided.is_applied,
            decided_by=decided.decided_by,
            decided_at=decided.decided_at,
        )
    )
