"""Keep who set a shared field and when, and in conflict records who entered which value and when.

What was there before stays without: who it was is not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a foreign key: with one, SQLite would have to copy the table.
    op.add_column("job_fields", sa.Column("set_by", sa.Uuid()))
    op.add_column("job_fields", sa.Column("set_at", sa.DateTime(timezone=True)))
    op.add_column("job_fields", sa.Column("set_incarnation", sa.Uuid()))
    op.add_column("job_fields", sa.Column("set_dseq", sa.BigInteger()))
    op.add_column("issues", sa.Column("field_by", sa.String(length=200)))
    op.add_column("issues", sa.Column("field_at", sa.DateTime(timezone=True)))
    op.add_column("issues", sa.Column("office_by", sa.String(length=200)))
    op.add_column("issues", sa.Column("office_at", sa.DateTime(timezone=True)))
