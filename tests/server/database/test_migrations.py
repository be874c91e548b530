"""Migrations are tried with data in every table, from every earlier revision, on both databases."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from server.database import engines, schema_versions
from server.database.engines import DatabaseUnusable
from server.database.schema_versions import SchemaOutdated
from server.database.tables import metadata
from tests.postgres import PostgresServer

T = TypeVar("T")


MOVED = {
    # 0003: a device may speak in several incarnations, each with a head of its own.
    ("devices", "incarnation"): ("incarnations", "incarnation"),
    ("devices", "head_dseq"): ("incarnations", "head_dseq"),
    ("devices", "chain"): ("incarnations", "chain"),
}
"""Columns that went to another table, and where they are now; each for a reason."""


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(schema_versions.MIGRATIONS))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return request.getfixturevalue("postgres_url")


def inside(url: str, work: Callable[[sa.Connection], T]) -> T:
    writing, reading = engines.create(engines.parse_url(url))
    try:
        with writing.connect() as db, db.begin():
            return work(db)
    finally:
        writing.dispose()
        reading.dispose()


def test_the_migrated_schema_is_the_one_that_the_tables_describe(empty_url: str) -> None:
    schema_versions.upgrade(empty_url)

    def differences(db: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(
            db, opts={"compare_type": True, "compare_server_default": True}
        )
        return compare_metadata(context, metadata)

    assert inside(empty_url, differences) == []


@pytest.mark.parametrize("revision", revisions())
def test_every_row_survives_the_way_up(empty_url: str, revision: str) -> None:
    schema_versions.upgrade(empty_url, revision)
    before = inside(empty_url, fill)

    schema_versions.upgrade(empty_url)

    after = inside(empty_url, read_all)
    assert set(before) <= set(after)
    for table, row in before.items():
        places = {name: MOVED.get((table, name), (table, name)) for name in row}
        kept = {
            name: after[table][name] if name in after[table] else after[moved][column]
            for name, (moved, column) in places.items()
        }
        assert kept == row, table


def test_a_second_run_changes_nothing(empty_url: str) -> None:
    schema_versions.upgrade(empty_url)
    before = inside(empty_url, fill)
    schema_versions.upgrade(empty_url)
    assert inside(empty_url, read_all) == before


def test_an_older_database_is_refused_with_the_command_that_helps(empty_url: str) -> None:
    with pytest.raises(SchemaOutdated, match=r"revision none, .* run: firstlight migrate"):
        inside(empty_url, schema_versions.require_newest)


def test_a_database_of_a_newer_program_is_refused(empty_url: str) -> None:
    schema_versions.upgrade(empty_url)

    def pretend(db: sa.Connection) -> None:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    inside(empty_url, pretend)
    with pytest.raises(SchemaOutdated, match="revision 9999"):
        inside(empty_url, schema_versions.require_newest)


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_url: str) -> None:
    def occupy(db: sa.Connection) -> None:
        db.exec_driver_sql("CREATE TABLE webhook_endpoints (something INTEGER)")

    inside(empty_url, occupy)
    with pytest.raises(DBAPIError, match="already exists"):
        schema_versions.upgrade(empty_url)

    assert inside(empty_url, reflected).tables.keys() == {"webhook_endpoints"}


def test_an_impossible_url_is_refused() -> None:
    with pytest.raises(DatabaseUnusable):
        schema_versions.upgrade("firstlight.db")


def test_templates_of_migrated_databases_are_usable(postgres_server: PostgresServer) -> None:
    with postgres_server.database(schema_versions.upgrade) as url:
        assert inside(url, schema_versions.current) == schema_versions.newest()


def reflected(db: sa.Connection) -> sa.MetaData:
    found = sa.MetaData()
    found.reflect(db)
    return found


def fill(db: sa.Connection) -> Mapping[str, Mapping[str, Any]]:
    """Put one row into every empty table, parents first, and give all rows."""
    for table in reflected(db).sorted_tables:
        if db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0:
            db.execute(sa.insert(table).values(row_for(db, table)))
    return read_all(db)


def row_for(db: sa.Connection, table: sa.Table) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for column in table.c:
        parents = list(column.foreign_keys)
        if parents:
            values[column.name] = db.execute(sa.select(parents[0].column)).scalars().first()
        else:
            values[column.name] = sample(column.type)
    return values


def sample(kind: sa.types.TypeEngine[Any]) -> Any:  # noqa: ANN401  a value for any type
    if isinstance(kind, sa.String):
        return ("0f" * 20)[: kind.length]
    samples: tuple[tuple[type[Any], Any], ...] = (
        (sa.Uuid, UUID(int=0x1234)),
        (sa.DateTime, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (sa.Date, date(2026, 1, 2)),
        (sa.JSON, {"a": [1, 2]}),
        (sa.Boolean, True),
        (sa.Integer, 1),
        (sa.Float, 1.5),
        (sa.LargeBinary, b"abc"),
    )
    return next(value for family, value in samples if isinstance(kind, family))


def read_all(db: sa.Connection) -> Mapping[str, Mapping[str, Any]]:
    """Read the one row of every table but Alembic's and those that a migration has just made."""
    return {
        table.name: dict(row)
        for table in reflected(db).sorted_tables
        if table.name != "alembic_version"
        and (row := db.execute(sa.select(table)).mappings().one_or_none()) is not None
    }
