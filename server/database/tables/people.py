"""Who acts: console users, technicians, devices, and the audit of what they did."""

import sqlalchemy as sa

from server.database.tables.schema import external_id_column, id_column, metadata, reference
from server.database.types import JsonDocument, UtcDateTime

technicians = sa.Table(
    "technicians",
    metadata,
    id_column(),
    external_id_column(),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("email", sa.String(200)),
)

users = sa.Table(
    "users",
    metadata,
    id_column(),
    sa.Column("email", sa.String(200), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
)

# Only the hash of a session's or token's secret is kept: a copy of the database opens nothing.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("secret_hash", sa.String(64), primary_key=True),
    reference("user_id", "users"),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    id_column(),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", JsonDocument, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

devices = sa.Table(
    "devices",
    metadata,
    id_column(),
    reference("technician_id", "technicians"),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("public_key", sa.String(44), nullable=False),
    sa.Column("enrolled_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)

# The lives of a device's replica, each with its own numbers. One of them is enough until a replica
# is restored or copied. ``after`` is what the tablet said that it spoke in before.
incarnations = sa.Table(
    "incarnations",
    metadata,
    sa.Column("incarnation", sa.Uuid, primary_key=True),
    reference("device_id", "devices"),
    sa.Column("after", sa.Uuid),
    sa.Column("head_dseq", sa.BigInteger, nullable=False),
    sa.Column("chain", sa.String(64), nullable=False),
    sa.Column("begun_at", UtcDateTime, nullable=False),
    # Up to here its operations are in a backup; without a value no backup is known of at all.
    sa.Column("durable_dseq", sa.BigInteger),
)

enrolment_codes = sa.Table(
    "enrolment_codes",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    reference("technician_id", "technicians"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
)

device_tokens = sa.Table(
    "device_tokens",
    metadata,
    sa.Column("secret_hash", sa.String(64), primary_key=True),
    reference("device_id", "devices"),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

# Append-only. It is the timeline of a job and the record of who did what.
audit = sa.Table(
    "audit",
    metadata,
    id_column(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor_kind", sa.String(20), nullable=False),
    sa.Column("actor_id", sa.Uuid),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("job_id", sa.Uuid, index=True),
    sa.Column("order_id", sa.Uuid, index=True),
    sa.Column("process_id", sa.Uuid, index=True),
    sa.Column("detail", JsonDocument, nullable=False),
)
