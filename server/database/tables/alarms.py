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

# One OLT is asked one thing at a time, and not before ``free_at``: its pace, and its rest after
# silence. ``taken_until`` is the lease of whoever asks.
olt_polls = sa.Table(
    "olt_polls",
    metadata,
    sa.Column("olt_id", sa.Uuid, sa.ForeignKey("olts.id"), primary_key=True),
    sa.Column("free_at", UtcDateTime, nullable=False),
    sa.Column("taken_until", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False),
)

# What an ONT said last of its light, beside what the same ONT said when it went live.
ont_lights = sa.Table(
    "ont_lights",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    sa.Column("serial", sa.String(12), nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False, index=True),
    sa.Column("baseline_cdbm", sa.Integer),
    sa.Column("rx_cdbm", sa.Integer),
    sa.Column("measured_at", UtcDateTime),
)

alarms = sa.Table(
    "alarms",
    metadata,
    id_column(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("severity", sa.String(20), nullable=False),
    reference("olt_id", "olts"),
    # None of both for an alarm of a whole OLT.
    reference("pon_port_id", "pon_ports", nullable=True),
    reference("service_id", "services", nullable=True),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("cleared_at", UtcDateTime),
    sa.Column("detail", sa.String(200), nullable=False),
    # The database refuses a second alarm of a kind about one thing.
    sa.Index(
        "uq_alarms_open_service",
        "service_id",
        "kind",
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL AND service_id IS NOT NULL"),
        postgresql_where=sa.text("cleared_at IS NULL AND service_id IS NOT NULL"),
    ),
    sa.Index(
        "uq_alarms_open_olt",
        "olt_id",
        "kind",
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL AND service_id IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL AND service_id IS NULL"),
    ),
)
