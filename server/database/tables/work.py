"""Field work: jobs, their shared fields, what was captured, how visits ended, and tickets."""

import sqlalchemy as sa

from server.database.tables.schema import (
    external_id_column,
    id_column,
    metadata,
    reference,
)
from server.database.types import JsonDocument, UtcDateTime

jobs = sa.Table(
    "jobs",
    metadata,
    id_column(),
    sa.Column("number", sa.String(40), nullable=False, unique=True),
    sa.Column("kind", sa.String(20), nullable=False),
    reference("order_item_id", "order_items"),
    reference("service_id", "services"),
    reference("premise_id", "premises"),
    reference("assignee_id", "technicians", nullable=True),
    # Who works on it beside the assignee. Whose job it is, the feed says; nobody searches here.
    sa.Column("crew", JsonDocument, nullable=False, server_default="[]"),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("state_version", sa.BigInteger, nullable=False),
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("required_photos", JsonDocument, nullable=False),
    sa.Column("reserved_serial", sa.String(12), index=True),
)

job_fields = sa.Table(
    "job_fields",
    metadata,
    sa.Column("job_id", sa.Uuid, sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("field", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    # Who entered this value, when, and under which number; unknown for what was there before.
    sa.Column("set_by", sa.Uuid),
    sa.Column("set_at", UtcDateTime),
    sa.Column("set_incarnation", sa.Uuid),
    sa.Column("set_dseq", sa.BigInteger),
)

# Append-only: a capture is never changed and never removed.
captures = sa.Table(
    "captures",
    metadata,
    id_column(),
    reference("job_id", "jobs"),
    reference("technician_id", "technicians"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("capture", JsonDocument, nullable=False),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
)

completions = sa.Table(
    "completions",
    metadata,
    id_column(),
    reference("job_id", "jobs"),
    reference("order_item_id", "order_items"),
    reference("technician_id", "technicians"),
    reference("device_id", "devices"),
    sa.Column("code", sa.String(200), nullable=False),
    sa.Column("manifest", JsonDocument, nullable=False),
    sa.Column("signature", sa.String(120)),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("completed_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
)

# What technicians propose to correct: one row per capture of that kind, until a person decides.
proposals = sa.Table(
    "proposals",
    metadata,
    sa.Column("id", sa.Uuid, sa.ForeignKey("captures.id"), primary_key=True),
    reference("job_id", "jobs"),
    reference("premise_id", "premises"),
    reference("technician_id", "technicians"),
    sa.Column("subject", sa.String(20), nullable=False),
    sa.Column("field", sa.String(200), nullable=False),
    sa.Column("seen_value", sa.Text, nullable=False),
    sa.Column("proposed_value", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("is_applied", sa.Boolean, nullable=False),
    sa.Column("decided_by", sa.Uuid),
    sa.Column("decided_at", UtcDateTime),
    sa.Index("ix_proposals_state_raised_at", "state", "raised_at"),
)

# How each visit ended. A job has several where somebody had to come again.
visits = sa.Table(
    "visits",
    metadata,
    id_column(),
    reference("job_id", "jobs"),
    sa.Column("premise_id", sa.Uuid, sa.ForeignKey("premises.id"), nullable=False),
    reference("technician_id", "technicians"),
    # The name as it was then: what a tablet holds must not change with a technician's name.
    sa.Column("technician", sa.String(200), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("code", sa.String(200)),
    sa.Column("remark", sa.Text, nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Index("ix_visits_premise_order", "premise_id", "ended_at", "id"),
)

# What subscribers complain of, as the operator's ticket system tells it.
tickets = sa.Table(
    "tickets",
    metadata,
    id_column(),
    external_id_column(),
    sa.Column("number", sa.String(80), nullable=False),
    reference("account_id", "accounts"),
    reference("premise_id", "premises", nullable=True),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("priority", sa.String(40), nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
)
