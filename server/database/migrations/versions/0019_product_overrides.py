"""Keep what single OLTs are asked for a product instead of the product's own values."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
