"""Keep how ONTs stand by the last poll of their port, and the plant faults that they show."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "ont_states",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=120)),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_ont_states_service_id_services")
        ),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_ont_states")),
    )
    op.create_table(
        "plant_faults",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("olt_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("branches", JSON, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("affected", sa.Integer(), nullable=False),
        sa.Column("dark", sa.Integer(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["olt_id"], ["olts.id"], name=op.f("fk_plant_faults_olt_id_olts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plant_faults")),
    )
    op.create_index(op.f("ix_plant_faults_olt_id"), "plant_faults", ["olt_id"])
    op.create_index(
        "ix_plant_faults_open",
        "plant_faults",
        ["raised_at", "id"],
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "fault_services",
        sa.Column("fault_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("back_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["fault_id"], ["plant_faults.id"], name=op.f("fk_fault_services_fault_id_plant_faults")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_fault_services_service_id_services")
        ),
        sa.PrimaryKeyConstraint("fault_id", "service_id", name=op.f("pk_fault_services")),
    )
    op.create_index(op.f("ix_fault_services_service_id"), "fault_services", ["service_id"])
    op.create_table(
        "pon_polls",
        sa.Column("pon_port_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40)),
        sa.ForeignKeyConstraint(
            ["pon_port_id"], ["pon_ports.id"], name=op.f("fk_pon_polls_pon_port_id_pon_ports")
        ),
        sa.PrimaryKeyConstraint("pon_port_id", name=op.f("pk_pon_polls")),
    )
    op.create_index(op.f("ix_pon_polls_next_at"), "pon_polls", ["next_at"])
    # Ports on which something runs already are polled from now on.
    op.execute(
        "INSERT INTO pon_polls (pon_port_id, next_at, failures) "
        "SELECT DISTINCT a.pon_port_id, CURRENT_TIMESTAMP, 0 FROM ont_allocations a "
        "JOIN services s ON s.id = a.service_id WHERE s.state = 'active'"
    )
