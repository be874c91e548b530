"""Keep what single OLTs are asked for a product instead, and what they were given for a service."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("ont_allocations", sa.Column("given", JSON))
    op.create_table(
        "product_overrides",
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("olt", sa.String(length=80), nullable=False),
        sa.Column("line_profile", sa.String(length=32)),
        sa.Column("service_profile", sa.String(length=32)),
        sa.Column("vlan", sa.Integer()),
        sa.Column("user_vlan", sa.Integer()),
        sa.Column("gem_port", sa.Integer()),
        sa.Column("traffic_in", sa.String(length=32)),
        sa.Column("traffic_out", sa.String(length=32)),
        sa.ForeignKeyConstraint(
            ["olt"], ["olts.external_id"], name="fk_product_overrides_olt_olts"
        ),
        sa.PrimaryKeyConstraint("product", "olt", name="pk_product_overrides"),
    )
