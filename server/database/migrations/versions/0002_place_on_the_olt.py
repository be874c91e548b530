"""Keep the place of an ONT as it was written on its OLT."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PLACE = ("frame", "slot", "port")


def upgrade() -> None:
    op.add_column("ont_allocations", sa.Column("frame", sa.Integer()))
    op.add_column("ont_allocations", sa.Column("slot", sa.Integer()))
    op.add_column("ont_allocations", sa.Column("port", sa.Integer()))
    op.add_column("ont_allocations", sa.Column("adopted", sa.Boolean()))
    _fill()
    with op.batch_alter_table("ont_allocations") as table:
        for name in _PLACE:
            table.alter_column(name, existing_type=sa.Integer(), nullable=False)
        table.alter_column("adopted", existing_type=sa.Boolean(), nullable=False)
        table.drop_constraint(op.f("uq_ont_allocations_pon_port_id_ont_id"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_ont_allocations_place"), ["olt_id", *_PLACE, "ont_id"]
        )
    op.create_index(op.f("ix_ont_allocations_serial"), "ont_allocations", ["serial"])


def _fill() -> None:
    """Take the numbers of the plant, which until now were the ones that were written."""
    allocations = sa.table(
        "ont_allocations",
        sa.column("pon_port_id", sa.Uuid()),
        sa.column("adopted", sa.Boolean()),
        *(sa.column(name, sa.Integer()) for name in _PLACE),
    )
    ports = sa.table(
        "pon_ports",
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Integer()) for name in _PLACE),
    )

    def of_port(name: str) -> sa.ScalarSelect[int]:
        return (
            sa.select(ports.c[name])
            .where(ports.c.id == allocations.c.pon_port_id)
            .scalar_subquery()
        )

    places = {name: of_port(name) for name in _PLACE}
    op.execute(sa.update(allocations).values(**places, adopted=sa.false()))
