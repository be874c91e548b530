"""Let the index of a scope's feed say what has left, so that a first pull reads no such row."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NAME = "ix_feed_scope_order"


def upgrade() -> None:
    op.drop_index(_NAME, "feed")
    op.create_index(_NAME, "feed", ["scope", "seq", "entity", "entity_id", "kind"])
