"""What is sold and to whom: products, accounts, orders, and the services that run."""

import sqlalchemy as sa

from server.database.tables.schema import external_id_column, id_column, metadata, reference
from server.database.types import UtcDateTime

# A product version is never changed: a new price is a new row with the next version.
products = sa.Table(
    "products",
    metadata,
    id_column(),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("down_mbps", sa.Integer, nullable=False),
    sa.Column("up_mbps", sa.Integer, nullable=False),
    sa.Column("price_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("line_profile", sa.String(32), nullable=False),
    sa.Column("service_profile", sa.String(32), nullable=False),
    sa.Column("vlan", sa.Integer, nullable=False),
    sa.Column("user_vlan", sa.Integer, nullable=False),
    sa.Column("gem_port", sa.Integer, nullable=False),
    sa.Column("traffic_in", sa.String(32), nullable=False),
    sa.Column("traffic_out", sa.String(32), nullable=False),
    # The model that a technician takes along where no ONT is reserved; not part of what is sold.
    sa.Column("ont_model", sa.String(40)),
    sa.UniqueConstraint("code", "version"),
)

# What one OLT is asked for a product instead of the product's own values; empty leaves those. It is
# of the product's code, so that a version with a new price loses nothing.
product_overrides = sa.Table(
    "product_overrides",
    metadata,
    sa.Column("product", sa.String(40), primary_key=True),
    sa.Column("olt", sa.String(80), sa.ForeignKey("olts.external_id"), primary_key=True),
    sa.Column("line_profile", sa.String(32)),
    sa.Column("service_profile", sa.String(32)),
    sa.Column("vlan", sa.Integer),
    sa.Column("user_vlan", sa.Integer),
    sa.Column("gem_port", sa.Integer),
    sa.Column("traffic_in", sa.String(32)),
    sa.Column("traffic_out", sa.String(32)),
)

accounts = sa.Table(
    "accounts",
    metadata,
    id_column(),
    external_id_column(),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("email", sa.String(200)),
    sa.Column("phone", sa.String(40)),
    sa.Column("zone", sa.String(60), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("billing_day", sa.Integer, nullable=False),
)

orders = sa.Table(
    "orders",
    metadata,
    id_column(),
    sa.Column("number", sa.String(40), nullable=False, unique=True),
    reference("account_id", "accounts"),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

services = sa.Table(
    "services",
    metadata,
    id_column(),
    reference("account_id", "accounts"),
    reference("premise_id", "premises"),
    reference("product_id", "products"),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("ont_serial", sa.String(12)),
    sa.Column("completed_at", UtcDateTime),
    sa.Column("received_at", UtcDateTime),
    sa.Column("live_at", UtcDateTime),
    sa.Column("billing_start", sa.Date),
    # What the technician measured when it went live: later visits compare with it.
    sa.Column("baseline_cdbm", sa.Integer),
)

order_items = sa.Table(
    "order_items",
    metadata,
    id_column(),
    reference("order_id", "orders"),
    sa.Column("action", sa.String(20), nullable=False),
    reference("product_id", "products"),
    reference("premise_id", "premises"),
    reference("service_id", "services"),
    sa.Column("state", sa.String(20), nullable=False),
    # What an order without a visit asks for; empty where a visit says it.
    sa.Column("intent", sa.String(20)),
    sa.Column("reason", sa.String(20)),
)

# A service is suspended for as long as one of its reasons is open.
suspensions = sa.Table(
    "suspensions",
    metadata,
    id_column(),
    reference("service_id", "services"),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("begun_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index(
        "uq_suspensions_open",
        "service_id",
        "reason",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)
