"""Counting what tablets sent."""

from collections.abc import Mapping

import sqlalchemy as sa

from server.database.tables.sync import operations
from sync_protocol.messages import VerdictKind


def count_verdicts(db: sa.Connection) -> Mapping[VerdictKind, int]:
    """Count received operations by their verdict, each origin once.

    The *duplicate* of a re-issue is left out: its first arrival is counted.
    """
    rows = db.execute(
        sa.select(operations.c.verdict_kind, sa.func.count().label("received"))
        .where(operations.c.verdict_kind != VerdictKind.DUPLICATE)
        .group_by(operations.c.verdict_kind)
    )
    return {VerdictKind(row.verdict_kind): row.received for row in rows}
