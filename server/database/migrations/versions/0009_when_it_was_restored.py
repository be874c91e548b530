"""Keep when the database was last put back to a backup."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sync_head", sa.Column("restored_at", sa.DateTime(timezone=True)))
