"""First schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915  one statement per table
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("billing_day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("external_id", name=op.f("uq_accounts_external_id")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_api_tokens_name")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_tokens_secret_hash")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("process_id", sa.Uuid(), nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_job_id"), "audit", ["job_id"], unique=False)
    op.create_index(op.f("ix_audit_order_id"), "audit", ["order_id"], unique=False)
    op.create_index(op.f("ix_audit_process_id"), "audit", ["process_id"], unique=False)

    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("present_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )
    op.create_table(
        "completion_feed_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_completion_feed_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completion_feed_head")),
    )
    op.create_table(
        "feed",
        sa.Column("scope", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=20), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("entered_seq", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("scope", "entity", "entity_id", name=op.f("pk_feed")),
    )
    op.create_index(
        "ix_feed_scope_order", "feed", ["scope", "seq", "entity", "entity_id"], unique=False
    )

    op.create_table(
        "olts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("driver", sa.String(length=40), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("snmp_port", sa.Integer(), nullable=False),
        sa.Column("credentials", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_olts")),
        sa.UniqueConstraint("external_id", name=op.f("uq_olts_external_id")),
    )
    op.create_table(
        "premises",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("postcode", sa.String(length=20), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_premises")),
        sa.UniqueConstraint("external_id", name=op.f("uq_premises_external_id")),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("down_mbps", sa.Integer(), nullable=False),
        sa.Column("up_mbps", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("line_profile", sa.String(length=32), nullable=False),
        sa.Column("service_profile", sa.String(length=32), nullable=False),
        sa.Column("vlan", sa.Integer(), nullable=False),
        sa.Column("user_vlan", sa.Integer(), nullable=False),
        sa.Column("gem_port", sa.Integer(), nullable=False),
        sa.Column("traffic_in", sa.String(length=32), nullable=False),
        sa.Column("traffic_out", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_products_code_version")),
    )
    op.create_table(
        "sync_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_sync_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_head")),
    )
    op.create_table(
        "technicians",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technicians")),
        sa.UniqueConstraint("external_id", name=op.f("uq_technicians_external_id")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("secret_name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        sa.UniqueConstraint("url", name=op.f("uq_webhook_endpoints_url")),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("public_key", sa.String(length=44), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("head_dseq", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technicians.id"], name=op.f("fk_devices_technician_id_technicians")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("incarnation", name=op.f("uq_devices_incarnation")),
    )
    op.create_index(op.f("ix_devices_technician_id"), "devices", ["technician_id"], unique=False)

    op.create_table(
        "enrolment_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_enrolment_codes_technician_id_technicians"),
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_codes")),
    )
    op.create_index(
        op.f("ix_enrolment_codes_technician_id"), "enrolment_codes", ["technician_id"], unique=False
    )

    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_invoices_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint(
            "account_id",
            "currency",
            "period_start",
            name=op.f("uq_invoices_account_id_currency_period_start"),
        ),
    )
    op.create_index(op.f("ix_invoices_account_id"), "invoices", ["account_id"], unique=False)

    op.create_table(
        "issues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("dseq", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=True),
        sa.Column("base_value", sa.Text(), nullable=True),
        sa.Column("field_value", sa.Text(), nullable=True),
        sa.Column("office_value", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technicians.id"], name=op.f("fk_issues_technician_id_technicians")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
    )
    op.create_index(op.f("ix_issues_job_id"), "issues", ["job_id"], unique=False)
    op.create_index(op.f("ix_issues_technician_id"), "issues", ["technician_id"], unique=False)

    op.create_table(
        "onts",
        sa.Column("serial", sa.String(length=12), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technicians.id"], name=op.f("fk_onts_technician_id_technicians")
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_onts")),
    )
    op.create_index(op.f("ix_onts_technician_id"), "onts", ["technician_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_orders_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index(op.f("ix_orders_account_id"), "orders", ["account_id"], unique=False)

    op.create_table(
        "pon_ports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("olt_id", sa.Uuid(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("optic_class", sa.String(length=20), nullable=False),
        sa.Column("launch_cdbm", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["olt_id"], ["olts.id"], name=op.f("fk_pon_ports_olt_id_olts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pon_ports")),
        sa.UniqueConstraint("external_id", name=op.f("uq_pon_ports_external_id")),
        sa.UniqueConstraint(
            "olt_id", "frame", "slot", "port", name=op.f("uq_pon_ports_olt_id_frame_slot_port")
        ),
    )
    op.create_index(op.f("ix_pon_ports_olt_id"), "pon_ports", ["olt_id"], unique=False)

    op.create_table(
        "services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("premise_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("ont_serial", sa.String(length=12), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("billing_start", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_services_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name=op.f("fk_services_premise_id_premises")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_services_product_id_products")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
    )
    op.create_index(op.f("ix_services_account_id"), "services", ["account_id"], unique=False)
    op.create_index(op.f("ix_services_premise_id"), "services", ["premise_id"], unique=False)
    op.create_index(op.f("ix_services_product_id"), "services", ["product_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)

    op.create_table(
        "completion_events",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=80), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("event", JSON, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_completion_events_service_id_services")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_completion_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_completion_events_event_id")),
    )
    op.create_index(
        op.f("ix_completion_events_service_id"), "completion_events", ["service_id"], unique=False
    )

    op.create_table(
        "device_tokens",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_tokens_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_device_tokens")),
    )
    op.create_index(
        op.f("ix_device_tokens_device_id"), "device_tokens", ["device_id"], unique=False
    )

    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_key", sa.String(length=120), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_notifications_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_notifications_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("notification_key", name=op.f("uq_notifications_notification_key")),
    )
    op.create_index(
        op.f("ix_notifications_account_id"), "notifications", ["account_id"], unique=False
    )
    op.create_index("ix_notifications_due", "notifications", ["state", "next_at"], unique=False)
    op.create_index(
        op.f("ix_notifications_service_id"), "notifications", ["service_id"], unique=False
    )

    op.create_table(
        "ont_allocations",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("olt_id", sa.Uuid(), nullable=False),
        sa.Column("pon_port_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.String(length=12), nullable=False),
        sa.Column("ont_id", sa.Integer(), nullable=False),
        sa.Column("service_port", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["olt_id"], ["olts.id"], name=op.f("fk_ont_allocations_olt_id_olts")
        ),
        sa.ForeignKeyConstraint(
            ["pon_port_id"], ["pon_ports.id"], name=op.f("fk_ont_allocations_pon_port_id_pon_ports")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_ont_allocations_service_id_services")
        ),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_ont_allocations")),
        sa.UniqueConstraint(
            "olt_id", "service_port", name=op.f("uq_ont_allocations_olt_id_service_port")
        ),
        sa.UniqueConstraint(
            "pon_port_id", "ont_id", name=op.f("uq_ont_allocations_pon_port_id_ont_id")
        ),
    )
    op.create_index(op.f("ix_ont_allocations_olt_id"), "ont_allocations", ["olt_id"], unique=False)
    op.create_index(
        op.f("ix_ont_allocations_pon_port_id"), "ont_allocations", ["pon_port_id"], unique=False
    )

    op.create_table(
        "operations",
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("dseq", sa.BigInteger(), nullable=False),
        sa.Column("origin_incarnation", sa.Uuid(), nullable=False),
        sa.Column("origin_dseq", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.LargeBinary(), nullable=False),
        sa.Column("verdict_kind", sa.String(length=20), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_operations_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("incarnation", "dseq", name=op.f("pk_operations")),
    )
    op.create_index(op.f("ix_operations_device_id"), "operations", ["device_id"], unique=False)
    op.create_index(op.f("ix_operations_job_id"), "operations", ["job_id"], unique=False)
    op.create_index(
        "ix_operations_origin", "operations", ["origin_incarnation", "origin_dseq"], unique=False
    )

    op.create_table(
        "order_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("premise_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_items_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name=op.f("fk_order_items_premise_id_premises")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_order_items_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_order_items_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_items")),
    )
    op.create_index(op.f("ix_order_items_order_id"), "order_items", ["order_id"], unique=False)
    op.create_index(op.f("ix_order_items_premise_id"), "order_items", ["premise_id"], unique=False)
    op.create_index(op.f("ix_order_items_product_id"), "order_items", ["product_id"], unique=False)
    op.create_index(op.f("ix_order_items_service_id"), "order_items", ["service_id"], unique=False)

    op.create_table(
        "splitters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("pon_port_id", sa.Uuid(), nullable=False),
        sa.Column("ratios", JSON, nullable=False),
        sa.Column("feeder_length_m", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pon_port_id"], ["pon_ports.id"], name=op.f("fk_splitters_pon_port_id_pon_ports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_splitters")),
        sa.UniqueConstraint("external_id", name=op.f("uq_splitters_external_id")),
    )
    op.create_index(op.f("ix_splitters_pon_port_id"), "splitters", ["pon_port_id"], unique=False)

    op.create_table(
        "invoice_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("order_item_id", sa.Uuid(), nullable=False),
        sa.Column("charge_kind", sa.String(length=20), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_version", sa.String(length=80), nullable=False),
        sa.Column("billed_days", sa.Integer(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=False),
        sa.Column("billing_start", sa.Date(), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_lines_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["order_item_id"],
            ["order_items.id"],
            name=op.f("fk_invoice_lines_order_item_id_order_items"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_invoice_lines_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_lines")),
        sa.UniqueConstraint(
            "service_id",
            "charge_kind",
            "period_start",
            "period_end",
            "revision",
            name=op.f("uq_invoice_lines_service_id_charge_kind_period_start_period_end_revision"),
        ),
    )
    op.create_index(
        op.f("ix_invoice_lines_invoice_id"), "invoice_lines", ["invoice_id"], unique=False
    )
    op.create_index(
        op.f("ix_invoice_lines_order_item_id"), "invoice_lines", ["order_item_id"], unique=False
    )
    op.create_index(
        op.f("ix_invoice_lines_service_id"), "invoice_lines", ["service_id"], unique=False
    )
    op.create_index(
        "uq_invoice_lines_first_charge",
        "invoice_lines",
        ["order_item_id"],
        unique=True,
        sqlite_where=sa.text("charge_kind = 'first_period'"),
        postgresql_where=sa.text("charge_kind = 'first_period'"),
    )

    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("order_item_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("premise_id", sa.Uuid(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_version", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("required_photos", JSON, nullable=False),
        sa.Column("reserved_serial", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["technicians.id"], name=op.f("fk_jobs_assignee_id_technicians")
        ),
        sa.ForeignKeyConstraint(
            ["order_item_id"], ["order_items.id"], name=op.f("fk_jobs_order_item_id_order_items")
        ),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name=op.f("fk_jobs_premise_id_premises")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_jobs_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("number", name=op.f("uq_jobs_number")),
    )
    op.create_index(op.f("ix_jobs_assignee_id"), "jobs", ["assignee_id"], unique=False)
    op.create_index(op.f("ix_jobs_order_item_id"), "jobs", ["order_item_id"], unique=False)
    op.create_index(op.f("ix_jobs_premise_id"), "jobs", ["premise_id"], unique=False)
    op.create_index(op.f("ix_jobs_service_id"), "jobs", ["service_id"], unique=False)

    op.create_table(
        "terminals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("splitter_id", sa.Uuid(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("distribution_length_m", sa.Integer(), nullable=False),
        sa.Column("ports", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["splitter_id"], ["splitters.id"], name=op.f("fk_terminals_splitter_id_splitters")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminals")),
        sa.UniqueConstraint("external_id", name=op.f("uq_terminals_external_id")),
    )
    op.create_index(op.f("ix_terminals_splitter_id"), "terminals", ["splitter_id"], unique=False)

    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_status", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_endpoint_id_webhook_endpoints"),
        ),
        sa.ForeignKeyConstraint(
            ["position"],
            ["completion_events.position"],
            name=op.f("fk_webhook_deliveries_position_completion_events"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint(
            "endpoint_id", "position", name=op.f("uq_webhook_deliveries_endpoint_id_position")
        ),
    )
    op.create_index(
        "ix_webhook_deliveries_due", "webhook_deliveries", ["state", "next_at"], unique=False
    )
    op.create_index(
        op.f("ix_webhook_deliveries_endpoint_id"),
        "webhook_deliveries",
        ["endpoint_id"],
        unique=False,
    )

    op.create_table(
        "captures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("capture", JSON, nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_captures_job_id_jobs")),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_captures_technician_id_technicians"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
    )
    op.create_index(op.f("ix_captures_job_id"), "captures", ["job_id"], unique=False)
    op.create_index(op.f("ix_captures_technician_id"), "captures", ["technician_id"], unique=False)

    op.create_table(
        "completions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("order_item_id", sa.Uuid(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("manifest", JSON, nullable=False),
        sa.Column("signature", sa.String(length=120), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_completions_device_id_devices")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_completions_job_id_jobs")),
        sa.ForeignKeyConstraint(
            ["order_item_id"],
            ["order_items.id"],
            name=op.f("fk_completions_order_item_id_order_items"),
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_completions_technician_id_technicians"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completions")),
    )
    op.create_index(op.f("ix_completions_device_id"), "completions", ["device_id"], unique=False)
    op.create_index(op.f("ix_completions_job_id"), "completions", ["job_id"], unique=False)
    op.create_index(
        op.f("ix_completions_order_item_id"), "completions", ["order_item_id"], unique=False
    )
    op.create_index(
        op.f("ix_completions_technician_id"), "completions", ["technician_id"], unique=False
    )

    op.create_table(
        "drops",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("premise_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_port", sa.Integer(), nullable=False),
        sa.Column("length_m", sa.Integer(), nullable=False),
        sa.Column("connectors", sa.Integer(), nullable=False),
        sa.Column("splices", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name=op.f("fk_drops_premise_id_premises")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminals.id"], name=op.f("fk_drops_terminal_id_terminals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drops")),
        sa.UniqueConstraint("external_id", name=op.f("uq_drops_external_id")),
        sa.UniqueConstraint(
            "terminal_id", "terminal_port", name=op.f("uq_drops_terminal_id_terminal_port")
        ),
    )
    op.create_index(op.f("ix_drops_premise_id"), "drops", ["premise_id"], unique=False)
    op.create_index(op.f("ix_drops_terminal_id"), "drops", ["terminal_id"], unique=False)

    op.create_table(
        "job_fields",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_fields_job_id_jobs")),
        sa.PrimaryKeyConstraint("job_id", "field", name=op.f("pk_job_fields")),
    )
    op.create_table(
        "processes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("effect_key", sa.String(length=120), nullable=False),
        sa.Column("intent", sa.String(length=20), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("order_item_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=80), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fencing_token", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_processes_job_id_jobs")),
        sa.ForeignKeyConstraint(
            ["order_item_id"],
            ["order_items.id"],
            name=op.f("fk_processes_order_item_id_order_items"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_processes_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processes")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_processes_effect_key")),
    )
    op.create_index("ix_processes_due", "processes", ["state", "next_at"], unique=False)
    op.create_index(op.f("ix_processes_job_id"), "processes", ["job_id"], unique=False)
    op.create_index(
        op.f("ix_processes_order_item_id"), "processes", ["order_item_id"], unique=False
    )
    op.create_index(op.f("ix_processes_service_id"), "processes", ["service_id"], unique=False)
    op.create_index(
        "uq_processes_leased_lane",
        "processes",
        ["lane"],
        unique=True,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )

    op.create_table(
        "inbox_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("completion_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["completion_id"],
            ["completions.id"],
            name=op.f("fk_inbox_items_completion_id_completions"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_inbox_items_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_items")),
        sa.UniqueConstraint(
            "kind", "completion_id", name=op.f("uq_inbox_items_kind_completion_id")
        ),
    )
    op.create_index(
        op.f("ix_inbox_items_completion_id"), "inbox_items", ["completion_id"], unique=False
    )
    op.create_index(op.f("ix_inbox_items_job_id"), "inbox_items", ["job_id"], unique=False)

    op.create_table(
        "process_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["process_id"], ["processes.id"], name=op.f("fk_process_attempts_process_id_processes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_attempts")),
    )
    op.create_index(
        op.f("ix_process_attempts_process_id"), "process_attempts", ["process_id"], unique=False
    )
    op.execute(
        sa.table("sync_head", sa.column("id"), sa.column("seq"), sa.column("epoch", sa.Uuid()))
        .insert()
        .values(id=1, seq=0, epoch=uuid7())
    )
    op.execute(
        sa.table("completion_feed_head", sa.column("id"), sa.column("position"))
        .insert()
        .values(id=1, position=0)
    )
