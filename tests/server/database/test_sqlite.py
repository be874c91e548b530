from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from server.database import Store, engines, sqlite
from server.database.sqlite import SettingRefused
from sync_protocol import sqlite_builds
from sync_protocol.sqlite_builds import UnsafeSqlite

# Written out, so that a setting taken from the program is missed here. 2 is FULL.
NEEDED = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "wal_autocheckpoint": 1000,
    "journal_size_limit": 67_108_864,
    "mmap_size": 0,
}


@pytest.fixture
def url(tmp_path: Path) -> sa.URL:
    return engines.parse_url(f"sqlite:///{tmp_path / 'plain.db'}")


@pytest.mark.parametrize("side", [0, 1], ids=["writing", "reading"])
@pytest.mark.parametrize(("name", "value"), NEEDED.items())
def test_every_connection_has_the_settings_that_durability_rests_on(
    url: sa.URL, side: int, name: str, value: str | int
) -> None:
    pair = engines.create(url)
    with pair[side].connect() as first, pair[1].connect() as second:
        for db in (first, second):
            assert db.exec_driver_sql(f"PRAGMA {name}").scalar_one() == value
    for engine in pair:
        engine.dispose()


def test_no_setting_is_left_to_the_build_of_the_library() -> None:
    """Some are the default of the build that we tried, and another build has another default."""
    assert sqlite.SETTINGS == NEEDED


def test_a_setting_that_sqlite_does_not_take_is_refused() -> None:
    """A database in memory has no write-ahead log, whatever one asks for."""
    writing, reading = sqlite.create_engines(sa.make_url("sqlite+firstlight://"))
    with pytest.raises(SettingRefused, match="journal_mode is 'memory'"):
        writing.connect()
    for engine in (writing, reading):
        engine.dispose()


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 50, 4), (3, 51, 2)])
def test_a_library_with_the_wal_reset_bug_is_refused_before_anything_is_opened(
    url: sa.URL, version: sqlite_builds.Version
) -> None:
    with pytest.raises(UnsafeSqlite, match=r"has the WAL-reset bug; use 3\.51\.3"):
        sqlite.create_engines(url, version=version)

    assert not Path(str(url.database)).exists()


def test_the_library_in_use_is_a_repaired_one() -> None:
    assert sqlite_builds.is_safe(sqlite.library_version())


def test_a_write_takes_the_lock_at_its_beginning(url: sa.URL) -> None:
    writing, reading = engines.create(url)
    rival = sa.create_engine(url, connect_args={"timeout": 0})
    with (
        writing.connect() as db,
        db.begin(),
        rival.connect() as other,
        pytest.raises(OperationalError, match="locked"),
    ):
        other.exec_driver_sql("BEGIN IMMEDIATE")
    for engine in (writing, reading, rival):
        engine.dispose()


def test_a_reading_connection_cannot_write(url: sa.URL) -> None:
    writing, reading = engines.create(url)
    with reading.connect() as db, db.begin(), pytest.raises(OperationalError, match="readonly"):
        db.exec_driver_sql("CREATE TABLE things (id INTEGER)")
    for engine in (writing, reading):
        engine.dispose()


def test_the_file_says_whose_it_is(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    assert store.read_now(lambda db: db.exec_driver_sql("PRAGMA application_id").scalar_one()) == (
        int.from_bytes(b"FLS1")
    )
    store.close()
