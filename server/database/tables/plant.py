"""Where and through what: premises and the plant from OLT to drop, and the ONTs in stock."""

import sqlalchemy as sa

from server.database.tables.schema import external_id_column, id_column, metadata, reference
from server.database.types import JsonDocument, UtcDateTime

premises = sa.Table(
    "premises",
    metadata,
    id_column(),
    external_id_column(),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("city", sa.String(80), nullable=False),
    sa.Column("postcode", sa.String(20), nullable=False),
    sa.Column("latitude", sa.Float, nullable=False),
    sa.Column("longitude", sa.Float, nullable=False),
    sa.Column("zone", sa.String(60), nullable=False),
    sa.Column("access_notes", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("hazards", JsonDocument, nullable=False, server_default="[]"),
)

olts = sa.Table(
    "olts",
    metadata,
    id_column(),
    external_id_column(),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("driver", sa.String(40), nullable=False),
    sa.Column("host", sa.String(200), nullable=False),
    sa.Column("snmp_port", sa.Integer, nullable=False),
    # The name under which the settings hold the community or keys: no secret is in this table.
    sa.Column("credentials", sa.String(80), nullable=False),
)

pon_ports = sa.Table(
    "pon_ports",
    metadata,
    id_column(),
    external_id_column(),
    reference("olt_id", "olts"),
    sa.Column("frame", sa.Integer, nullable=False),
    sa.Column("slot", sa.Integer, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("optic_class", sa.String(20), nullable=False),
    sa.Column("launch_cdbm", sa.Integer),
    sa.UniqueConstraint("olt_id", "frame", "slot", "port"),
)

splitters = sa.Table(
    "splitters",
    metadata,
    id_column(),
    external_id_column(),
    reference("pon_port_id", "pon_ports"),
    # One ratio per stage, from the OLT outwards: [4, 8] is a 1:4 that feeds a 1:8.
    sa.Column("ratios", JsonDocument, nullable=False),
    sa.Column("feeder_length_m", sa.Integer, nullable=False),
)

terminals = sa.Table(
    "terminals",
    metadata,
    id_column(),
    external_id_column(),
    reference("splitter_id", "splitters"),
    sa.Column("latitude", sa.Float, nullable=False),
    sa.Column("longitude", sa.Float, nullable=False),
    sa.Column("distribution_length_m", sa.Integer, nullable=False),
    sa.Column("ports", sa.Integer, nullable=False),
)

drops = sa.Table(
    "drops",
    metadata,
    id_column(),
    external_id_column(),
    reference("terminal_id", "terminals"),
    reference("premise_id", "premises"),
    sa.Column("terminal_port", sa.Integer, nullable=False),
    sa.Column("length_m", sa.Integer, nullable=False),
    sa.Column("connectors", sa.Integer, nullable=False),
    sa.Column("splices", sa.Integer, nullable=False),
    sa.UniqueConstraint("terminal_id", "terminal_port"),
)

onts = sa.Table(
    "onts",
    metadata,
    sa.Column("serial", sa.String(12), primary_key=True),
    sa.Column("model", sa.String(40), nullable=False),
    # Whose van it is in, and since when.
    reference("technician_id", "technicians", nullable=True),
    # A technician said so; an import says nothing of it.
    sa.Column("is_defective", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("held_since", UtcDateTime),
)

# The models that the network is known to support, or not; no row at all: nobody has said.
ont_models = sa.Table(
    "ont_models",
    metadata,
    sa.Column("model", sa.String(40), primary_key=True),
    sa.Column("vendor", sa.String(80), nullable=False),
    sa.Column("serial_prefixes", JsonDocument, nullable=False),
    sa.Column("optic_classes", JsonDocument, nullable=False),
    sa.Column("supported", sa.Boolean, nullable=False),
    sa.Column("note", sa.String(200), nullable=False),
)
