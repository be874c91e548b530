"""Keep when each OLT is read, and what it was found to hold that it should not."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "olt_readings",
        sa.Column("olt_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True)),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("ports_read", sa.Integer(), nullable=False),
        sa.Column("ports_unread", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["olt_id"], ["olts.id"], name="fk_olt_readings_olt_id_olts"),
        sa.PrimaryKeyConstraint("olt_id", name="pk_olt_readings"),
    )
    op.create_index("ix_olt_readings_next_at", "olt_readings", ["next_at"])
    op.create_table(
        "drifts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("olt_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("service_id", sa.Uuid()),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("frame", "slot", "port", "ont_id")
        ),
        sa.Column("serial", sa.String(length=12), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["olt_id"], ["olts.id"], name="fk_drifts_olt_id_olts"),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_drifts_service_id_services"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_drifts"),
        sa.UniqueConstraint(
            "olt_id", "verdict", "subject", name="uq_drifts_olt_id_verdict_subject"
        ),
    )
    op.create_index("ix_drifts_olt_id", "drifts", ["olt_id"])
    op.create_index("ix_drifts_service_id", "drifts", ["service_id"])
