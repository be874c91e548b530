"""Let several technicians work on one job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default no table has to be copied, which SQLite cannot do while others refer to it.
    op.add_column("jobs", sa.Column("crew", JSON, nullable=False, server_default="[]"))
