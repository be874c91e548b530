from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database import engines
from server.database.rows import to_record, to_row


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    sizes: tuple[int, ...]
    notes: Mapping[str, str]


SHELF = Shelf(id=UUID(int=7), name="left", sizes=(4, 8), notes={"colour": "grey"})
shelves = sa.Table(
    "shelves",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(20)),
    sa.Column("sizes", sa.JSON),
    sa.Column("notes", sa.JSON),
)


def test_a_record_comes_back_from_its_table_as_it_went_in(tmp_path: Path) -> None:
    writing, reading = engines.create(engines.parse_url(f"sqlite:///{tmp_path / 'shelves.db'}"))
    with writing.connect() as db, db.begin():
        shelves.create(db)
        db.execute(sa.insert(shelves).values(**to_row(SHELF)))
        assert to_record(db.execute(sa.select(shelves)).one(), Shelf) == SHELF
    writing.dispose()
    reading.dispose()
