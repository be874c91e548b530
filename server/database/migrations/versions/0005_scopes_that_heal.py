"""Keep reports of scopes that healed, and how far feeds are compacted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scope_heals",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("heals", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_scope_heals_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_scope_heals")),
    )
    op.create_table(
        "feed_floors",
        sa.Column("scope", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.String(length=20), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_feed_floors")),
    )
    op.create_table(
        "feed_marks",
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("marked_at", name=op.f("pk_feed_marks")),
    )
