"""Note the lane that a process awaits, so that who waits for a held one is passed over cheaply."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Unknown for what waits already: its lane is looked up when it is next taken.
    op.add_column("processes", sa.Column("awaits_lane", sa.String(length=80)))
