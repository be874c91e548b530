"""The pattern of a grown database: one install, carried out by the server's own functions.

Its ids are marked by what they belong to, so that whoever copies the rows can give each copy ids of
its own.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.acts import SYSTEM, Act, Actor, ActorKind
from server.database import Connection, Store, Written, schema_versions
from server.database.tables import fulfilment, metadata, offers, people, sync, work
from server.fulfilment.records import ProcessState
from server.jobs import commands as jobs
from server.orders import commands as orders
from server.orders.records import WantedOrder
from server.services.records import ServiceState
from server.sync import commands
from sync_protocol.messages import LeaveReason
from tests.benchmarks import corpus
from tests.benchmarks.corpus import BenchTablet, Ids
from tests.server.factories import Town, found_town

OPERATIONS_EACH: Final = 10
HISTORY_EACH: Final = 40
_NOON: Final = datetime(2026, 7, 2, 12, tzinfo=UTC)
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""The rows of each table, as SQLite has them."""


class Level(msgspec.Struct, frozen=True):
    """Something there is one of for so many subscribers; its ids begin with the mark."""

    name: str
    number: str
    """Which one a subscriber has, as SQL."""
    mark: str
    """Twelve digits, where other ids hold their time."""


SUBSCRIBER: Final = Level("subscriber", "n", "0000fade0001")
TECHNICIAN: Final = Level("technician", "n % technicians", "0000fade0002")
TERMINAL: Final = Level("terminal", "n / 8", "0000fade0003")
SPLITTER: Final = Level("splitter", "n / 32", "0000fade0004")
PON_PORT: Final = Level("pon_port", "n / 64", "0000fade0005")
OLT: Final = Level("olt", "n / 1024", "0000fade0006")
LEVELS: Final = (SUBSCRIBER, TECHNICIAN, TERMINAL, SPLITTER, PON_PORT, OLT)


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one subscriber, with the job open and done, and where the tablet then stands."""

    opened: Rows
    done: Rows
    technician_id: UUID
    device_id: UUID
    incarnation: UUID
    job_id: UUID
    note: str
    chain: str


def dashed(digits: str) -> str:
    """Write the first twelve digits of an id as they stand in texts.

    >>> dashed("0000fade0001")
    '0000fade-0001'
    """
    return f"{digits[:8]}-{digits[8:]}"


def new_tablet(ids: Ids) -> BenchTablet:
    """Make a tablet; all of them have one key."""
    return BenchTablet(random.Random(3), ids, ids())  # noqa: S311  a corpus, no secret


def make(file: Path) -> Pattern:
    """Let an empty database take one order and its install, and keep what was written."""
    url = f"sqlite:///{file}"
    schema_versions.upgrade(url)
    store = Store(url)
    ids = _KnownIds()
    town = found_town(store, houses=1)
    tablet = new_tablet(ids)
    of_technician = tablet.technician_id, tablet.device_id, UUID(str(tablet.incarnation))
    note = corpus.text(random.Random(2), corpus.NOTE_CHARACTERS)  # noqa: S311  no secret
    job_id = store.write_now(_give_job, tablet, note, ids)
    opened = store.read_now(_read_all)
    act = Act(actor=Actor(ActorKind.DEVICE, tablet.device_id), now=_NOON, new_id=ids)
    request = tablet.push(0, OPERATIONS_EACH)
    store.write_now(commands.receive, tablet.device_id, request, act=act)
    done = store.read_now(_read_all)
    store.close()
    levels = {**dict.fromkeys(ids.given, SUBSCRIBER), **_levels_of(town)}
    levels |= dict.fromkeys(of_technician, TECHNICIAN)
    marks = _marks(levels)
    ours = [UUID(marks[each.hex]) for each in (*of_technician, job_id)]
    return Pattern(
        opened=_marked(opened, marks),
        done=_ended(_marked(done, marks)),
        technician_id=ours[0],
        device_id=ours[1],
        incarnation=ours[2],
        job_id=ours[3],
        note=note,
        chain=tablet.chain,
    )


class _KnownIds(Ids):
    """Ids from a seed, all of which are known afterwards."""

    def __init__(self) -> None:
        super().__init__(random.Random(1))  # noqa: S311  a corpus, no secret
        self.given: list[UUID] = []

    def __call__(self) -> UUID:
        self.given.append(super().__call__())
        return self.given[-1]


def _give_job(db: Connection, tablet: BenchTablet, note: str, ids: Ids) -> Written[UUID]:
    # The only technician, for every row of these tables is copied.
    db.execute(sa.delete(people.technicians))
    row = {"id": tablet.technician_id, "external_id": "T", "name": "T", "email": None}
    db.execute(sa.insert(people.technicians), row)
    db.execute(sa.insert(people.devices), tablet.device_row())
    db.execute(sa.insert(people.incarnations), tablet.incarnation_row())
    act = Act(actor=SYSTEM, now=_NOON, new_id=ids)
    order = WantedOrder(
        number="O",
        account="A-1",
        premise="P-1",
        product="FIBER-300",
        appointment_starts_at=_NOON,
        appointment_ends_at=_NOON + timedelta(hours=2),
    )
    placed = orders.place(db, order, act=act).value
    given = jobs.assign(db, placed.job_id, tablet.technician_id, act=act)
    db.execute(
        sa.insert(work.job_fields),
        {"job_id": placed.job_id, "field": "access_notes", "value": note, "version": 1},
    )
    for _ in range(corpus.JOBS):
        tablet.take_job(placed.job_id, note)
    return Written(placed.job_id, feed=given.feed)


def _levels_of(town: Town) -> Mapping[UUID, Level]:
    return {
        town.account: SUBSCRIBER,
        town.premises[0]: SUBSCRIBER,
        town.drops[0]: SUBSCRIBER,
        town.terminal: TERMINAL,
        town.splitter: SPLITTER,
        town.pon_port: PON_PORT,
        town.olt: OLT,
    }


def _read_all(db: Connection) -> Rows:
    found: dict[str, list[dict[str, Any]]] = {}
    for table in metadata.sorted_tables:
        # As the driver gives them: text stays the text that SQLite keeps.
        rows = db.exec_driver_sql(f"SELECT * FROM {table.name}")  # noqa: S608  our own name
        found[table.name] = [{**row} for row in rows.mappings()]
    return found


def _marks(levels: Mapping[UUID, Level]) -> Mapping[str, str]:
    """Say what stands instead of an id, in both ways in which ids are written."""
    plain = {each.hex: level.mark + each.hex[12:] for each, level in levels.items()}
    texts = {str(each): dashed(level.mark) + str(each)[13:] for each, level in levels.items()}
    return plain | texts


def _marked(rows: Rows, marks: Mapping[str, str]) -> Rows:
    return {
        name: [{column: _replaced(value, marks) for column, value in row.items()} for row in of]
        for name, of in rows.items()
    }


def _replaced(value: Any, marks: Mapping[str, str]) -> Any:  # noqa: ANN401  a driver's
    if not isinstance(value, str | bytes):
        return value
    found = value if isinstance(value, str) else value.decode()
    for known, instead in marks.items():
        found = found.replace(known, instead)
    return found if isinstance(value, str) else found.encode()


def _ended(rows: Rows) -> Rows:
    """Let what the install caused be over, and its history be as long as it is in life."""
    states = {
        fulfilment.processes: {"state": str(ProcessState.DONE)},
        offers.services: {"state": str(ServiceState.ACTIVE)},
        sync.feed: {"kind": "leave", "reason": str(LeaveReason.REASSIGNED), "entered_seq": None},
    }
    over = {
        table.name: [{**row, **state} for row in rows[table.name]]
        for table, state in states.items()
    }
    lines = rows[people.audit.name]
    history = [
        {**lines[at % len(lines)], "id": f"{SUBSCRIBER.mark}7{at:03x}8{at:015x}"}
        for at in range(HISTORY_EACH)
    ]
    return {**rows, **over, people.audit.name: history}
