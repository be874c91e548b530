"""Comparing OLTs with the records, each once in a while; differences are kept, never repaired."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from server.acts import SYSTEM, Act, Clock, act_of
from server.adoption import storage
from server.adoption.matching import match
from server.adoption.reading import OltReader
from server.adoption.records import Finding, OltReading
from server.database import Connection, Store, Written
from server.database.rows import to_records
from server.database.tables.adoption import olt_readings
from server.database.tables.alarms import olt_polls
from server.database.tables.plant import olts
from server.due_loop import DueWork
from server.fulfilment.device_steps import NOT_CONFIGURED
from server.fulfilment.network import Network
from server.plant.routes import OltAddress

TAKEN_FOR: Final = timedelta(hours=2)
"""Longer than the reading of a full OLT takes; then somebody else may begin it anew."""
AT_ONCE: Final = 2
AGAIN: Final = timedelta(hours=1)
"""An OLT of which no port could be read is tried again so soon."""
FIRST: Final = timedelta(hours=1)
"""After the first service of an OLT: not amid the day's work that begins there."""
TOPIC: Final = "readings"


class Rounds:
    """Reads one OLT after the other and keeps what differs."""

    def __init__(
        self,
        store: Store,
        network: Network,
        *,
        every: timedelta,
        left_alone: Collection[str] = (),
        clock: Clock,
    ) -> None:
        self._store = store
        self._network = network
        self._every = every
        self._left_alone = tuple(left_alone)
        self._clock = clock
        self._reader = OltReader(store, clock=clock)

    def work(self) -> DueWork[OltAddress]:
        """Describe these rounds for the loop."""
        return DueWork(
            name="readings",
            topic=TOPIC,
            take=self.take,
            handle=self.handle,
            next_due_at=partial(_next_due_at, left_alone=self._left_alone),
        )

    async def take(self, limit: int) -> Sequence[OltAddress]:
        """Take OLTs that are due; what is not concluded is taken again when its time is over."""
        return await self._store.write(
            _take, min(limit, AT_ONCE), left_alone=self._left_alone, act=self._act()
        )

    async def handle(self, olt: OltAddress) -> None:
        """Read an OLT and keep what differs."""
        ports = await self._store.read(storage.list_ports, olt.id)
        try:
            driver = self._network.driver(olt)
        except NOT_CONFIGURED as error:
            structlog.get_logger().warning("reading.not_configured", olt=olt.name, why=str(error))
            await self._store.write(_put_off, olt.id, self._clock() + self._every)
            return
        reading = await self._reader.read(olt, driver, tuple(ports))
        pause = self._every if reading.read else min(self._every, AGAIN)
        await self._store.write(conclude, reading, self._clock() + pause, act=self._act())

    def _act(self) -> Act:
        return act_of(SYSTEM, clock=self._clock)


def conclude(
    db: Connection, reading: OltReading, next_at: datetime, *, act: Act
) -> Written[tuple[Finding, ...]]:
    """Compare a reading with the records as they are now, and keep what differs."""
    owned = storage.list_owned(db, reading.olt.id, since=reading.begun_at)
    findings = match(reading, owned, storage.list_elsewhere(db, reading))
    storage.keep_drifts(db, reading, findings, act=act)
    _note_read(db, reading, next_at, act.now)
    return Written(findings, topics=frozenset({"drifts"}))


def _note_read(db: Connection, reading: OltReading, next_at: datetime, now: datetime) -> None:
    told: dict[str, Any] = {
        "next_at": next_at,
        "taken_until": None,
        "read_at": now,
        "ports_read": len(reading.read),
        "ports_unread": len(reading.unread),
    }
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    new = insert(olt_readings).values(olt_id=reading.olt.id, **told)
    db.execute(new.on_conflict_do_update(index_elements=["olt_id"], set_=told))


def _put_off(db: Connection, olt_id: UUID, next_at: datetime) -> Written[None]:
    db.execute(
        sa.update(olt_readings)
        .where(olt_readings.c.olt_id == olt_id)
        .values(next_at=next_at, taken_until=None)
    )
    return Written(None)


def _take(
    db: Connection, limit: int, *, left_alone: Collection[str], act: Act
) -> Written[Sequence[OltAddress]]:
    _enlist(db, act.now + FIRST)
    columns = [olts.c[name] for name in OltAddress.__struct_fields__]
    rows = db.execute(
        sa.select(*columns)
        .join(olt_readings, olt_readings.c.olt_id == olts.c.id)
        .where(
            olt_readings.c.next_at <= act.now,
            sa.or_(olt_readings.c.taken_until.is_(None), olt_readings.c.taken_until <= act.now),
            olts.c.external_id.not_in(left_alone),
        )
        .order_by(olt_readings.c.next_at, olt_readings.c.olt_id)
        .limit(limit)
        .with_for_update(of=olt_readings, skip_locked=True)
    )
    taken = to_records(rows, OltAddress)
    db.execute(
        sa.update(olt_readings)
        .where(olt_readings.c.olt_id.in_([each.id for each in taken]))
        .values(taken_until=act.now + TAKEN_FOR)
    )
    return Written(taken)


def _enlist(db: Connection, first_at: datetime) -> None:
    """Read every OLT on which something is watched, for the first time at an instant."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    new = sa.select(
        olt_polls.c.olt_id,
        sa.literal(first_at, olt_readings.c.next_at.type),
        sa.literal_column("0", sa.Integer),
        sa.literal_column("0", sa.Integer),
    ).where(~sa.exists().where(olt_readings.c.olt_id == olt_polls.c.olt_id))
    names = ["olt_id", "next_at", "ports_read", "ports_unread"]
    filled = insert(olt_readings).from_select(names, new)
    db.execute(filled.on_conflict_do_nothing(index_elements=["olt_id"]))


def _next_due_at(db: sa.Connection, *, left_alone: Collection[str]) -> datetime | None:
    due_at = sa.func.coalesce(
        olt_readings.c.taken_until, olt_readings.c.next_at, olt_polls.c.free_at
    )
    return db.execute(
        sa.select(sa.func.min(due_at, type_=olt_readings.c.next_at.type))
        .select_from(olt_polls)
        .join(olts, olts.c.id == olt_polls.c.olt_id)
        .outerjoin(olt_readings, olt_readings.c.olt_id == olt_polls.c.olt_id)
        .where(olts.c.external_id.not_in(left_alone))
    ).scalar_one()
