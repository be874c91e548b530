"""What is billed and told: invoice lines, the completion feed, deliveries, notifications."""

import sqlalchemy as sa

from server.database.tables.schema import id_column, metadata, reference
from server.database.types import JsonDocument, UtcDateTime

invoices = sa.Table(
    "invoices",
    metadata,
    id_column(),
    reference("account_id", "accounts"),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("period_end", sa.Date, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.UniqueConstraint("account_id", "currency", "period_start"),
)

invoice_lines = sa.Table(
    "invoice_lines",
    metadata,
    id_column(),
    reference("invoice_id", "invoices"),
    reference("service_id", "services"),
    reference("order_item_id", "order_items"),
    sa.Column("charge_kind", sa.String(20), nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("period_end", sa.Date, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("price_minor", sa.BigInteger, nullable=False),
    sa.Column("price_version", sa.String(80), nullable=False),
    sa.Column("billed_days", sa.Integer, nullable=False),
    sa.Column("period_days", sa.Integer, nullable=False),
    sa.Column("billing_start", sa.Date, nullable=False),
    sa.Column("policy", sa.String(60), nullable=False),
    sa.Column("zone", sa.String(60), nullable=False),
    sa.Column("posted_at", UtcDateTime, nullable=False),
    # What a line charges for exists once: a second run of the same step adds nothing.
    sa.UniqueConstraint("service_id", "charge_kind", "period_start", "period_end", "revision"),
    # An order item has one first charge, on whatever day a repeat would fall.
    sa.Index(
        "uq_invoice_lines_first_charge",
        "order_item_id",
        unique=True,
        sqlite_where=sa.text("charge_kind = 'first_period'"),
        postgresql_where=sa.text("charge_kind = 'first_period'"),
    ),
)

# Positions have no gaps: they come from one counter row, in the transaction of the event.
completion_feed_head = sa.Table(
    "completion_feed_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)

completion_events = sa.Table(
    "completion_events",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.String(80), nullable=False, unique=True),
    reference("service_id", "services"),
    sa.Column("event", JsonDocument, nullable=False),
    sa.Column("recorded_at", UtcDateTime, nullable=False),
)

webhook_endpoints = sa.Table(
    "webhook_endpoints",
    metadata,
    id_column(),
    sa.Column("url", sa.String(500), nullable=False, unique=True),
    sa.Column("secret_name", sa.String(80), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    id_column(),
    reference("endpoint_id", "webhook_endpoints"),
    sa.Column(
        "position", sa.BigInteger, sa.ForeignKey("completion_events.position"), nullable=False
    ),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("last_status", sa.String(80)),
    sa.UniqueConstraint("endpoint_id", "position"),
    sa.Index("ix_webhook_deliveries_due", "state", "next_at"),
)

notifications = sa.Table(
    "notifications",
    metadata,
    id_column(),
    # (service, order item, what is told): the subscriber hears it once.
    sa.Column("notification_key", sa.String(120), nullable=False, unique=True),
    reference("account_id", "accounts"),
    reference("service_id", "services"),
    sa.Column("template", sa.String(40), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("recorded_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("last_status", sa.String(200)),
    sa.Index("ix_notifications_due", "state", "next_at"),
)
