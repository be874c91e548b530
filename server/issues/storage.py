"""Storing how issues were closed."""

import sqlalchemy as sa

from server.database.tables.sync import issues
from server.sync.records import Issue


def close(db: sa.Connection, issue: Issue) -> None:
    """Store how an issue was closed that is locked in this transaction."""
    db.execute(
        sa.update(issues)
        .where(issues.c.id == issue.id)
        .values(
            closed_at=issue.closed_at,
            closed_by=issue.closed_by,
            closing=issue.closing,
            remark=issue.remark,
        )
    )
