"""What OLTs were found to hold that is not what they should hold, and when each was read."""

import sqlalchemy as sa

from server.database.tables.schema import id_column, metadata, reference
from server.database.types import UtcDateTime

# When an OLT is read again; ``taken_until`` is the lease of whoever reads it.
olt_readings = sa.Table(
    "olt_readings",
    metadata,
    sa.Column("olt_id", sa.Uuid, sa.ForeignKey("olts.id"), primary_key=True),
    sa.Column("next_at", UtcDateTime, nullable=False, index=True),
    sa.Column("taken_until", UtcDateTime),
    sa.Column("read_at", UtcDateTime),
    # Of what the last reading: ports to their end, and ports of which nothing is called absent.
    sa.Column("ports_read", sa.Integer, nullable=False),
    sa.Column("ports_unread", sa.Integer, nullable=False),
)

# One row for as long as the same differs; it goes when the OLT was read and agrees.
drifts = sa.Table(
    "drifts",
    metadata,
    id_column(),
    reference("olt_id", "olts"),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    reference("service_id", "services", nullable=True),
    sa.Column("frame", sa.Integer, nullable=False),
    sa.Column("slot", sa.Integer, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("ont_id", sa.Integer, nullable=False),
    sa.Column("serial", sa.String(12), nullable=False),
    sa.Column("detail", sa.String(300), nullable=False),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("olt_id", "verdict", "subject"),
)
