"""Keep what a technician needs before arriving: notes, hazards, earlier visits, open tickets.

Visits that ended in a completion are written down from it; how others had ended stays in the
history of their jobs.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With defaults no table has to be copied, which SQLite cannot do while others refer to it.
    op.add_column(
        "premises",
        sa.Column("access_notes", sa.Text(), nullable=False, server_default=sa.text("''")),
    )
    op.add_column("premises", sa.Column("hazards", JSON, nullable=False, server_default="[]"))
    op.add_column("products", sa.Column("ont_model", sa.String(length=40)))
    op.add_column("services", sa.Column("baseline_cdbm", sa.Integer()))
    op.create_index("ix_jobs_reserved_serial", "jobs", ["reserved_serial"])
    op.create_index("ix_feed_entity", "feed", ["entity", "entity_id"])
    _create_visits()
    _create_tickets()
    _brief()


def _create_visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("premise_id", sa.Uuid(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("technician", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=200)),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_visits_job_id_jobs"),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name="fk_visits_premise_id_premises"
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technicians.id"], name="fk_visits_technician_id_technicians"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
    )
    op.create_index("ix_visits_job_id", "visits", ["job_id"])
    op.create_index("ix_visits_technician_id", "visits", ["technician_id"])
    op.create_index("ix_visits_premise_order", "visits", ["premise_id", "ended_at", "id"])
    op.execute(
        "INSERT INTO visits (id, job_id, premise_id, technician_id, technician, state, code, "
        "remark, ended_at, received_at) "
        "SELECT completions.id, jobs.id, jobs.premise_id, technicians.id, technicians.name, "
        "'completed', completions.code, '', completions.completed_at, completions.received_at "
        "FROM completions JOIN jobs ON jobs.id = completions.job_id "
        "JOIN technicians ON technicians.id = completions.technician_id"
    )


def _create_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("premise_id", sa.Uuid()),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_tickets_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name="fk_tickets_premise_id_premises"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("external_id", name="uq_tickets_external_id"),
    )
    op.create_index("ix_tickets_account_id", "tickets", ["account_id"])
    op.create_index("ix_tickets_premise_id", "tickets", ["premise_id"])


def _brief() -> None:
    op.add_column("onts", sa.Column("held_since", sa.DateTime(timezone=True)))
    op.create_table(
        "ont_models",
        sa.Column("model", sa.String(length=40), nullable=False),
        sa.Column("vendor", sa.String(length=80), nullable=False),
        sa.Column("serial_prefixes", JSON, nullable=False),
        sa.Column("optic_classes", JSON, nullable=False),
        sa.Column("supported", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("model", name="pk_ont_models"),
    )
