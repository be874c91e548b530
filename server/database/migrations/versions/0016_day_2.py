"""Keep orders without a visit, reasons of suspensions and saves of OLTs; a process may lack a job.

Orders so far need a job and no reason; no service is suspended by an order, and when an OLT was
saved is not known, which means: save it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _let_processes_be_without_a_job()
    op.add_column("order_items", sa.Column("intent", sa.String(length=20)))
    op.add_column("order_items", sa.Column("reason", sa.String(length=20)))
    op.create_table(
        "suspensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_suspensions_service_id_services"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_suspensions"),
    )
    op.create_index("ix_suspensions_service_id", "suspensions", ["service_id"])
    op.create_index(
        "uq_suspensions_open",
        "suspensions",
        ["service_id", "reason"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "olt_saves",
        sa.Column("olt_id", sa.Uuid(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["olt_id"], ["olts.id"], name="fk_olt_saves_olt_id_olts"),
        sa.PrimaryKeyConstraint("olt_id", name="pk_olt_saves"),
    )


def _let_processes_be_without_a_job() -> None:
    """SQLite copies the table for that, and puts aside the attempts that refer to it."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("processes", "job_id", existing_type=sa.Uuid(), nullable=True)
        return
    op.execute("CREATE TEMPORARY TABLE attempts_aside AS SELECT * FROM process_attempts")
    op.execute("DELETE FROM process_attempts")
    with op.batch_alter_table("processes") as table:
        table.alter_column("job_id", existing_type=sa.Uuid(), nullable=True)
    op.execute("INSERT INTO process_attempts SELECT * FROM attempts_aside")
    op.execute("DROP TABLE attempts_aside")
