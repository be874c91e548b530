"""What completions cause: processes, their attempts, ids given out on OLTs, conflict items."""

import sqlalchemy as sa

from server.database.tables.schema import id_column, metadata, reference
from server.database.types import JsonDocument, UtcDateTime

processes = sa.Table(
    "processes",
    metadata,
    id_column(),
    # (service, order item, intent): whatever arrives, and however often, one effect.
    sa.Column("effect_key", sa.String(120), nullable=False, unique=True),
    sa.Column("intent", sa.String(20), nullable=False),
    reference("service_id", "services"),
    reference("order_item_id", "order_items"),
    # An order without a visit has none.
    reference("job_id", "jobs", nullable=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("step", sa.String(40), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("lane", sa.String(80)),
    # The lane that the next step needs, as far as is known; the plant may have been corrected.
    sa.Column("awaits_lane", sa.String(80)),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("lease_owner", sa.String(80)),
    sa.Column("lease_until", UtcDateTime),
    # Grows with every lease: a write that carries an older token is refused.
    sa.Column("fencing_token", sa.BigInteger, nullable=False),
    sa.Column("code", sa.String(40)),
    sa.Column("progress", JsonDocument, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index("ix_processes_due", "state", "next_at"),
    sa.Index(
        "ix_processes_awaits_lane",
        "awaits_lane",
        "next_at",
        sqlite_where=sa.text("awaits_lane IS NOT NULL"),
        postgresql_where=sa.text("awaits_lane IS NOT NULL"),
    ),
    # The database refuses a second lease on a lane.
    sa.Index(
        "uq_processes_leased_lane",
        "lane",
        unique=True,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    ),
)

process_attempts = sa.Table(
    "process_attempts",
    metadata,
    id_column(),
    reference("process_id", "processes"),
    sa.Column("step", sa.String(40), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("code", sa.String(40)),
    sa.Column("detail", JsonDocument, nullable=False),
)

# Chosen and stored before the write to the OLT, so that a retry repeats the same ids. Frame, slot
# and port are those that were written: the plant's own numbers may be corrected later.
ont_allocations = sa.Table(
    "ont_allocations",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    reference("olt_id", "olts"),
    reference("pon_port_id", "pon_ports"),
    sa.Column("serial", sa.String(12), nullable=False, index=True),
    sa.Column("ont_id", sa.Integer, nullable=False),
    sa.Column("service_port", sa.Integer, nullable=False),
    sa.Column("frame", sa.Integer, nullable=False),
    sa.Column("slot", sa.Integer, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    # Found on the OLT, not made by us: it is never removed to undo what we did.
    sa.Column("adopted", sa.Boolean, nullable=False),
    # What the OLT was last given for the service: what it is asked by now may have been imported
    # since, and what a change is taken back to is this. Empty where it was given before 0019.
    sa.Column("given", JsonDocument),
    sa.UniqueConstraint(
        "olt_id", "frame", "slot", "port", "ont_id", name="uq_ont_allocations_place"
    ),
    sa.UniqueConstraint("olt_id", "service_port"),
)

# When the last save of an OLT that it took to its end began: it covers what was written before.
olt_saves = sa.Table(
    "olt_saves",
    metadata,
    sa.Column("olt_id", sa.Uuid, sa.ForeignKey("olts.id"), primary_key=True),
    sa.Column("begun_at", UtcDateTime, nullable=False),
)

# What a person must decide about evidence: two serials for one job, work for a cancelled job.
inbox_items = sa.Table(
    "inbox_items",
    metadata,
    id_column(),
    sa.Column("kind", sa.String(40), nullable=False),
    reference("job_id", "jobs"),
    reference("completion_id", "completions", nullable=True),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("detail", JsonDocument, nullable=False),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("decided_at", UtcDateTime),
    sa.UniqueConstraint("kind", "completion_id"),
)
