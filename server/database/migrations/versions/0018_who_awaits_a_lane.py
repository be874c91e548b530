"""Find who waits longest for a lane without looking at all that wait for others."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    awaited = sa.text("awaits_lane IS NOT NULL")
    op.create_index(
        "ix_processes_awaits_lane",
        "processes",
        ["awaits_lane", "next_at"],
        sqlite_where=awaited,
        postgresql_where=awaited,
    )
