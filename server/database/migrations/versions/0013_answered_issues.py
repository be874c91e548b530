"""Keep what was answered to an issue, and how and by whom it was closed; all so far are open."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("issues", sa.Column("answer", sa.String(length=20)))
    op.add_column("issues", sa.Column("answered_at", sa.DateTime(timezone=True)))
    op.add_column("issues", sa.Column("closed_at", sa.DateTime(timezone=True)))
    # Without a foreign key: with one, SQLite would have to copy the table.
    op.add_column("issues", sa.Column("closed_by", sa.Uuid()))
    op.add_column("issues", sa.Column("closing", sa.String(length=20)))
    op.add_column("issues", sa.Column("remark", sa.Text()))
    op.create_index(
        "ix_issues_open",
        "issues",
        ["raised_at", "id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
