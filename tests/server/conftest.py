"""A migrated database and a store over it, once on SQLite and once on PostgreSQL."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from server.database import Store, schema_versions
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest revision; copy it, never open it."""
    file = tmp_path_factory.mktemp("migrated") / "firstlight.db"
    schema_versions.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A fresh SQLite database at the newest revision."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'firstlight.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Generator[str]:
    """A fresh database at the newest revision, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(schema_versions.upgrade) as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Generator[Store]:
    """A store over a fresh database, on SQLite and on PostgreSQL in turn."""
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def postgres_store(postgres_server: PostgresServer) -> Generator[Store]:
    """A store over a fresh PostgreSQL database."""
    with postgres_server.database(schema_versions.upgrade) as url:
        opened = Store(url)
        yield opened
        opened.close()
