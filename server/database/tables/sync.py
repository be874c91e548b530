"""What synchronisation keeps: the feed, every operation with its verdict, issues and blobs."""

import sqlalchemy as sa

from server.database.tables.schema import id_column, metadata, reference
from server.database.types import JsonDocument, UtcDateTime

sync_head = sa.Table(
    "sync_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.Uuid, nullable=False),
    # When this epoch began; without a value the first one goes on: nothing was ever put back.
    sa.Column("restored_at", UtcDateTime),
    sa.CheckConstraint("id = 1", name="one_row"),
)

feed = sa.Table(
    "feed",
    metadata,
    sa.Column("scope", sa.Uuid, primary_key=True),
    sa.Column("entity", sa.String(20), primary_key=True),
    sa.Column("entity_id", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("entered_seq", sa.BigInteger),
    sa.Column("reason", sa.String(40)),
    # With the kind, so that a first pull need not look at the rows of what has left.
    sa.Index("ix_feed_scope_order", "scope", "seq", "entity", "entity_id", "kind"),
    # Who holds a document, when something that it embeds has changed.
    sa.Index("ix_feed_entity", "entity", "entity_id"),
)

# How far a scope's feed is compacted: departures up to this place are no longer in it. ``raised``
# counts, so that a snapshot that is being paged notices.
feed_floors = sa.Table(
    "feed_floors",
    metadata,
    sa.Column("scope", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("entity", sa.String(20), nullable=False),
    sa.Column("entity_id", sa.Uuid, nullable=False),
    sa.Column("raised", sa.BigInteger, nullable=False),
)

# Where the feed stood on which day: by it the age of a row is known without a column for it.
feed_marks = sa.Table(
    "feed_marks",
    metadata,
    sa.Column("marked_at", UtcDateTime, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

# How often each tablet has found its scope to differ from ours and begun anew.
scope_heals = sa.Table(
    "scope_heals",
    metadata,
    sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("heals", sa.BigInteger, nullable=False),
    sa.Column("reported_at", UtcDateTime, nullable=False),
)

# The key is the number under which the operation came; origin is its lasting identity.
operations = sa.Table(
    "operations",
    metadata,
    sa.Column("incarnation", sa.Uuid, primary_key=True),
    sa.Column("dseq", sa.BigInteger, primary_key=True),
    sa.Column("origin_incarnation", sa.Uuid, nullable=False),
    sa.Column("origin_dseq", sa.BigInteger, nullable=False),
    reference("device_id", "devices"),
    sa.Column("job_id", sa.Uuid, index=True),
    sa.Column("chain", sa.String(64), nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("verdict", sa.LargeBinary, nullable=False),
    sa.Column("verdict_kind", sa.String(20), nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Index("ix_operations_origin", "origin_incarnation", "origin_dseq"),
)

issues = sa.Table(
    "issues",
    metadata,
    id_column(),
    reference("technician_id", "technicians"),
    sa.Column("job_id", sa.Uuid, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("incarnation", sa.Uuid, nullable=False),
    sa.Column("dseq", sa.BigInteger, nullable=False),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("field", sa.String(40)),
    sa.Column("base_value", sa.Text),
    sa.Column("field_value", sa.Text),
    sa.Column("office_value", sa.Text),
    # Names as they were then: what a tablet holds must not change with a technician's name.
    sa.Column("field_by", sa.String(200)),
    sa.Column("field_at", UtcDateTime),
    sa.Column("office_by", sa.String(200)),
    sa.Column("office_at", UtcDateTime),
    # What the technician answered, and when; the last answer stands until the issue is closed.
    sa.Column("answer", sa.String(20)),
    sa.Column("answered_at", UtcDateTime),
    # How it ended: by an answer that chose a value (``closed_by`` is none), or by the office.
    sa.Column("closed_at", UtcDateTime),
    sa.Column("closed_by", sa.Uuid),
    sa.Column("closing", sa.String(20)),
    sa.Column("remark", sa.Text),
    sa.Index(
        "ix_issues_open",
        "raised_at",
        "id",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("present_at", UtcDateTime),
)

# What withdrawn tablets had not sent, as they signed it; apart from all work until it is released.
quarantined = sa.Table(
    "quarantined",
    metadata,
    id_column(),
    reference("device_id", "devices"),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("signature", sa.String(120), nullable=False),
    sa.Column("operations", sa.Integer, nullable=False),
    sa.Column("blobs", JsonDocument, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("released_at", UtcDateTime),
)

# Each backup that was made of this database, and how far the feed was in it.
backups = sa.Table(
    "backups",
    metadata,
    id_column(),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("epoch", sa.Uuid, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
