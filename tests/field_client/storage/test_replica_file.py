import os
from pathlib import Path

import pytest

from field_client.storage import (
    ReplicaTooNew,
    ReplicaUnreadable,
    Unencrypted,
    open_replica,
)
from field_client.storage.driver import DatabaseError, driver
from field_client.storage.migrations import STEPS
from field_client.storage.replica_file import open_for_reading
from sync_protocol.sqlite_builds import UnsafeSqlite

KEY = bytes(range(32))


def test_a_replica_is_unreadable_without_its_key(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    open_replica(path, KEY).close()

    for key in (bytes(32), Unencrypted()):
        with pytest.raises(ReplicaUnreadable, match="cannot be read with this key"):
            open_replica(path, key)

    open_replica(path, KEY).close()


def test_what_is_stored_cannot_be_read_off_the_disk(tmp_path: Path) -> None:
    db = open_replica(tmp_path / "replica.db", KEY)
    db.execute("INSERT INTO issue VALUES ('a', NULL, ?)", (b'"a plain secret"',))

    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    db.close()

    assert b"a plain secret" not in written
    assert b"SQLite format 3" not in written


def test_a_plain_replica_is_made_only_when_it_is_asked_for(tmp_path: Path) -> None:
    open_replica(tmp_path / "replica.db", Unencrypted()).close()

    assert (tmp_path / "replica.db").read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
def test_a_key_of_another_length_is_refused_before_anything_is_made(
    tmp_path: Path, key: bytes
) -> None:
    with pytest.raises(ReplicaUnreadable, match=f"32 bytes, not {len(key)}"):
        open_replica(tmp_path / "replica.db", key)


def test_a_sqlite_build_that_can_corrupt_it_opens_no_replica(tmp_path: Path) -> None:
    with pytest.raises(UnsafeSqlite, match=r"3\.40\.1"):
        open_replica(tmp_path / "replica.db", KEY, version=(3, 40, 1))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", [KEY, Unencrypted()])
def test_every_connection_has_the_settings_that_durability_rests_on(
    tmp_path: Path, key: bytes | Unencrypted
) -> None:
    path = tmp_path / "replica.db"
    writer = open_replica(path, key)
    reader = open_for_reading(path, key)

    for db in (writer, reader):
        found = {
            name: db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "trusted_schema": 0,
        }
    with pytest.raises(DatabaseError, match="readonly"):
        reader.execute("DELETE FROM job")
    reader.close()
    writer.close()


def test_a_replica_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    db = open_replica(path, KEY)
    db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(ReplicaTooNew, match=f"schema 99, this program knows up to {len(STEPS)}"):
        open_replica(path, KEY)


def test_a_file_of_another_application_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    other = driver.connect(str(path))
    other.execute("PRAGMA application_id = 12")
    other.close()
    before = path.read_bytes()

    with pytest.raises(ReplicaUnreadable, match="another application"):
        open_replica(path, Unencrypted())

    assert path.read_bytes() == before


def test_damage_is_noticed_when_a_replica_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    open_replica(path, KEY).close()
    with path.open("r+b") as file:
        file.seek(2 * 4096 + 100)
        file.write(os.urandom(64))

    with pytest.raises(ReplicaUnreadable):
        open_replica(path, KEY)
