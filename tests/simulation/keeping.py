"""Retention, damage and versions in a world: what is compacted, lost or changed behind its back."""

from typing import Final

import sqlalchemy as sa

from field_client.storage import Connection as ReplicaConnection
from server.database import Connection, Written
from server.database.tables.sync import feed, sync_head
from server.sync import retention
from sync_protocol.versions import Spoken, VersionRange
from tests.simulation.chance import Chance
from tests.simulation.clocks import MINUTE
from tests.simulation.office import Office
from tests.simulation.tablet import Tablet

SETTLED_MS: Final = 240 * MINUTE
"""Long enough for every tablet to look, whatever its clocks did: it looks once an hour."""
_DAMAGES: Final = (
    "UPDATE job SET document = CAST(replace(CAST(document AS TEXT), 'O-', 'X-') AS BLOB)",
    "DELETE FROM job WHERE id = (SELECT min(id) FROM job)",
    "DELETE FROM issue",
    "UPDATE job SET left_reason = 'reassigned'",
)


class Keeping:
    """What this world does to feeds and replicas; nothing in most worlds."""

    def __init__(self, seed: int) -> None:
        self.chance = Chance(seed, "keeping")
        self.compactions = self.chance.pick((0, 0, 2, 6))
        self.damages = self.chance.pick((0, 0, 0, 2))
        self.has_versions = self.chance.happens(0.3)
        self.is_damaged = False

    def compact(self, office: Office) -> str:
        """Let what ended leave, and remove departures, as after many days.

        Raises:
            OfficeCrashed: before or after it was stored.
        """
        office.write(retention.leave_finished, office.act().now, None)
        head = office.read(_head)
        removed = office.write(office.code.compact, head, limit=self.chance.pick((1, 2, 200)))
        return f"compacts {removed} departures"

    def damage(self, office: Office, tablet: Tablet) -> str:
        """Change something that no part of the program would.

        Raises:
            OfficeCrashed: before or after it was stored.
            TabletDied: likewise.
        """
        self.is_damaged = True
        if self.chance.happens(0.5):
            return f"damages the feed: {office.write(_lose_row, self.chance)}"
        statement = self.chance.pick(_DAMAGES)
        tablet.write(_execute, statement)
        return f"damages {tablet.name}: {statement}"

    def change_versions(self, office: Office) -> str:
        """Let the office speak versions that its tablets are too old to pull, or all of them."""
        versions = VersionRange(lowest=1, highest=2)
        newer = VersionRange(lowest=2, highest=2)
        office.spoken = self.chance.pick(
            (Spoken(), Spoken(push=versions, pull=newer), Spoken(push=versions, pull=versions))
        )
        return f"office speaks {office.spoken}"

    def mend(self, office: Office) -> None:
        """Do what the daily run does about a feed that has lost rows."""
        office.spoken = Spoken()
        if self.is_damaged:
            office.write(retention.return_missing)


def _head(db: Connection) -> int:
    return db.execute(sa.select(sync_head.c.seq)).scalar_one()


def _lose_row(db: Connection, chance: Chance) -> Written[str]:
    # Issues are told once and by the feed alone; a job can be found missing.
    rows = db.execute(
        sa.select(feed.c.scope, feed.c.entity_id)
        .where(feed.c.entity == "job")
        .order_by(feed.c.scope, feed.c.entity_id)
    ).all()
    if not rows:
        return Written("nothing to lose")
    row = chance.pick(rows)
    db.execute(sa.delete(feed).where(feed.c.scope == row.scope, feed.c.entity_id == row.entity_id))
    return Written(f"{row.entity_id} of {row.scope}")


def _execute(db: ReplicaConnection, statement: str) -> None:
    db.execute(statement)
