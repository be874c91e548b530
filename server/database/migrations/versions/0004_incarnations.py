"""Let a device speak in several incarnations: a restored or copied replica goes on in a new one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOVED = ("incarnation", "head_dseq", "chain")


def upgrade() -> None:
    op.create_table(
        "incarnations",
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("head_dseq", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_incarnations_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("incarnation", name=op.f("pk_incarnations")),
    )
    op.create_index(op.f("ix_incarnations_device_id"), "incarnations", ["device_id"])
    op.execute(
        "INSERT INTO incarnations (incarnation, device_id, head_dseq, chain, begun_at) "
        "SELECT incarnation, id, head_dseq, chain, enrolled_at FROM devices"
    )
    if op.get_bind().dialect.name == "sqlite":
        _drop_columns_of_sqlite()
    else:
        for name in _MOVED:
            op.drop_column("devices", name)


def _drop_columns_of_sqlite() -> None:
    """Build ``devices`` anew: SQLite drops no column that is unique.

    Other tables refer to it. Its rows are put back into the new table, not renamed with it, for
    only that counts the references as kept when the transaction ends.
    """
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute(
        "CREATE TABLE devices_kept AS "
        "SELECT id, technician_id, name, public_key, enrolled_at, revoked_at FROM devices"
    )
    op.drop_table("devices")
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("public_key", sa.String(length=44), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technicians.id"], name=op.f("fk_devices_technician_id_technicians")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_technician_id"), "devices", ["technician_id"], unique=False)
    op.execute(
        "INSERT INTO devices (id, technician_id, name, public_key, enrolled_at, revoked_at) "
        "SELECT id, technician_id, name, public_key, enrolled_at, revoked_at FROM devices_kept"
    )
    op.drop_table("devices_kept")
