"""The ground that every world stands on: a migrated database with the sample town in it."""

from pathlib import Path
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.acts import SYSTEM, Act
from server.database import Connection, Written, engines, schema_versions
from server.database.tables.sync import sync_head
from server.database.writer import CommitCounter, run_group
from server.imports import commands, files, profiles, runs
from server.imports.files import Numbered
from server.imports.kinds import KINDS
from server.people import technicians
from tests.simulation.chance import Chance
from tests.simulation.clocks import DAWN

_FILES = Path(__file__).parents[2] / "server" / "demo" / "town"


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """A database file to copy, never to open, and what orders and dispatchers refer to."""

    database: Path
    technician_ids: tuple[UUID, ...]
    accounts: tuple[str, ...]
    premises: tuple[str, ...]
    product: str


def found_town(folder: Path) -> Town:
    """Migrate a database and import the sample town, with the same ids in every process."""
    database = folder / "town.db"
    return found_in(f"sqlite:///{database}", database)


def found_in(url: str, database: Path) -> Town:
    """Do the same to a database at a URL; ``database`` is the file to copy, if it is one."""
    schema_versions.upgrade(url)
    chance = Chance(0, "town")
    writing, reading = engines.create(engines.parse_url(url))

    act = Act(actor=SYSTEM, now=DAWN, new_id=chance.new_id)

    def load(db: Connection) -> Written[None]:
        db.execute(sa.update(sync_head).values(epoch=chance.new_id()))
        for one in runs.find_files(_FILES, profiles.own):
            rows = [row for row in files.read(one.path, one.profile) if isinstance(row, Numbered)]
            commands.import_batch(db, KINDS[one.profile.kind], rows, act=act)
        return Written(None)

    with writing.connect() as db:
        (outcome,) = run_group(db, (load,), CommitCounter())
        if outcome.error is not None:
            raise outcome.error
        with db.begin():
            known = technicians.list_all(db)
    # The last connection to close leaves everything in the one file: a copy of it is whole.
    writing.dispose()
    reading.dispose()
    return Town(
        database=database,
        technician_ids=tuple(technician.id for technician in known),
        accounts=_external_ids("accounts"),
        premises=_external_ids("premises"),
        product="fiber-300",
    )


def _external_ids(kind: str) -> tuple[str, ...]:
    lines = (_FILES / f"{kind}.csv").read_text("utf-8").splitlines()[1:]
    return tuple(line.partition(",")[0] for line in lines)
