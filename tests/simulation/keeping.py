"""Retention, damage and versions in a world: what is compacted, lost or changed behind its back."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import sqlalchemy as sa

from field_client.storage import Connection as ReplicaConnection
from server.database import Connection, Written
from server.database.tables.sync import feed, sync_head
from server.sync import retention
from sync_protocol.versions import PULL_PROTOCOLS, Spoken, VersionRange
from tests.simulation.chance import Chance
from tests.simulation.checks import Seat
from tests.simulation.clocks import MINUTE
from tests.simulation.office import Office, OfficeCrashed
from tests.simulation.restores import Hands
from tests.simulation.violations import require

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

    def __init__(self, seed: int, office: Office, hands: Hands) -> None:
        self._chance = Chance(seed, "keeping")
        self._office = office
        self._hands = hands
        self._compactions = self._chance.pick((0, 0, 2, 6))
        self._damages = self._chance.pick((0, 0, 0, 2))
        self._has_versions = self._chance.happens(0.3)
        self.is_damaged = False

    def plan(self, seats: Sequence[Seat], chaos_ms: int) -> None:
        """Plan what befalls feeds and replicas."""
        for _ in range(self._compactions):
            self._at_some_time(chaos_ms, self._compact)
        for _ in range(self._damages):
            seat = self._chance.pick(seats)
            self._at_some_time(chaos_ms, lambda seat=seat: self._damage(seat))
        for _ in range(3 * self._has_versions):
            self._at_some_time(chaos_ms, self._change_versions)

    def _at_some_time(self, chaos_ms: int, deed: Callable[[], None]) -> None:
        def do() -> None:
            if not self._office.is_up:
                return
            try:
                deed()
            except OfficeCrashed:
                self._hands.office_fell()

        self._hands.at(self._chance.between(0, chaos_ms), do)

    def _compact(self) -> None:
        """Let what ended leave, and remove departures, as after many days."""
        office = self._office
        office.write(retention.leave_finished, office.act().now, None)
        head = office.read(_head)
        removed = office.write(office.code.compact, head, limit=self._chance.pick((1, 2, 200)))
        self._hands.note("feed is compacted", f"{removed} departures")

    def _damage(self, seat: Seat) -> None:
        """Change something that no part of the program would."""
        tablet = seat.tablet
        if not tablet.is_up:
            return
        self.is_damaged = True
        if self._chance.happens(0.5):
            self._hands.note("feed is damaged", self._office.write(_lose_row, self._chance))
            return
        statement = self._chance.pick(_DAMAGES)
        with tablet.at_no_risk():
            tablet.write(_execute, statement)
        # What is gone was not purged by the program.
        seat.jobs.clear()
        self._hands.note("replica is damaged", f"{tablet.name} {statement}")

    def _change_versions(self) -> None:
        """Let the office speak versions that its tablets are too old to pull, or all of them."""
        next_one = PULL_PROTOCOLS.highest + 1
        versions = VersionRange(lowest=1, highest=next_one)
        newer = VersionRange(lowest=next_one, highest=next_one)
        self._office.spoken = self._chance.pick(
            (Spoken(), Spoken(push=versions, pull=newer), Spoken(push=versions, pull=versions))
        )
        self._hands.note("hears other versions", str(self._office.spoken))

    def check_healed(self, seats: Sequence[Seat]) -> Counter[str]:
        """Check that a scope is only ever healed where something was damaged.

        Raises:
            Violation: the program itself left a tablet with another scope than the server's.
        """
        heals = sum(seat.heals for seat in seats)
        require(self.is_damaged or heals == 0, f"scopes had to heal {heals} times, undamaged")
        return Counter({"healed scopes": heals})

    def mend(self) -> None:
        """Do what the daily run does about a feed that has lost rows."""
        self._office.spoken = Spoken()
        if self.is_damaged:
            self._office.write(retention.return_missing)


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
