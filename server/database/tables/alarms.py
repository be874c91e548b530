"""How the network stands: the state of ONTs by the last poll, faults of the plant, and polls."""

import sqlalchemy as sa

from server.database.tables.schema import id_column, metadata, reference
from server.database.types import JsonDocument, UtcDateTime

ont_states = sa.Table(
    "ont_states",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    sa.Column("phase", sa.String(20), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("cause", sa.String(120)),
)

plant_faults = sa.Table(
    "plant_faults",
    metadata,
    id_column(),
    reference("olt_id", "olts"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("branches", JsonDocument, nullable=False),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("affected", sa.Integer, nullable=False),
    sa.Column("dark", sa.Integer, nullable=False),
    sa.Column("cleared_at", UtcDateTime),
    sa.Index(
        "ix_plant_faults_open",
        "raised_at",
        "id",
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    ),
)

# Whom a fault took off the network, and who is back.
fault_services = sa.Table(
    "fault_services",
    metadata,
    sa.Column("fault_id", sa.Uuid, sa.ForeignKey("plant_faults.id"), primary_key=True),
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True, index=True),
    sa.Column("back_at", UtcDateTime),
)

# When each port is polled next; taken ones are pushed ahead, so that nobody polls them twice.
pon_polls = sa.Table(
    "pon_polls",
    metadata,
    sa.Column("pon_port_id", sa.Uuid, sa.ForeignKey("pon_ports.id"), primary_key=True),
    sa.Column("next_at", UtcDateTime, nullable=False, index=True),
    sa.Column("polled_at", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("code", sa.String(40)),
)
