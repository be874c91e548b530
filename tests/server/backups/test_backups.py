"""Backups taken while in use, restores, and what both refuse."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from server import cli, process_lock
from server.acts import SYSTEM, act_of
from server.backups import beside, lives
from server.database import Store, schema_versions
from server.database.engines import parse_url
from server.database.tables.billing import notifications
from server.database.tables.people import audit, incarnations, technicians
from server.database.tables.sync import operations
from server.notifications import outbox
from sync_protocol.jobs import JobEvent
from tests.server.factories import assigned_job, count, found_town, rows
from tests.server.tablets import enrolled, move, push


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own, named by the environment as an operator names it."""
    file = tmp_path / "live" / "firstlight.db"
    file.parent.mkdir()
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", f"sqlite:///{file}")
    schema_versions.upgrade(f"sqlite:///{file}")
    return file


def opened(database: Path) -> Store:
    return Store(f"sqlite:///{database}")


def test_a_backup_of_a_database_in_use_can_be_restored_and_the_former_one_is_kept(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = opened(database)
    town = found_town(store)
    job_id = assigned_job(store, town.ada).job_id
    tablet = enrolled(store, town.ada)
    tablet.say(move(job_id, JobEvent.ACCEPT))
    push(store, tablet)
    backup = tmp_path / "one.backup"
    assert cli.main(["backup", str(backup)]) == 0, capsys.readouterr().err
    before = store.read_now(lives.get_place)
    tablet.say(move(job_id, JobEvent.DEPART, base=3))
    later = push(store, tablet)
    assert (later.acked_dseq, later.durable_dseq) == (2, 1)
    store.close()

    assert cli.main(["restore", str(backup)]) == 0, capsys.readouterr().err

    restored = opened(database)
    assert count(restored, operations) == 1
    after = restored.read_now(lives.get_place)
    assert after.epoch != before.epoch
    assert beside.read(beside.file_of(database)) == after
    assert [row["action"] for row in rows(restored, audit)].count("server.restored") == 1
    again = push(restored, tablet)
    assert again.acked_dseq == 2
    restored.close()
    (kept,) = database.parent.glob("firstlight.db.before-*Z")
    former = opened(kept)
    assert count(former, operations) == 2
    former.close()


def test_a_backup_moves_the_horizon_and_the_next_one_never_back(database: Path) -> None:
    store = opened(database)
    tablet = enrolled(store, found_town(store).ada)
    horizon = store.read_now(lives.read_horizon)
    ahead = lives.Horizon(place=horizon.place, heads=((horizon.heads[0][0], 7),))
    store.write_now(lives.mark_durable, ahead, act=act_of(SYSTEM))
    store.write_now(lives.mark_durable, horizon, act=act_of(SYSTEM))
    elsewhere = lives.Horizon(
        place=lives.Place(epoch=UUID(int=1), seq=1), heads=((horizon.heads[0][0], 9),)
    )
    store.write_now(lives.mark_durable, elsewhere, act=act_of(SYSTEM))

    (row,) = rows(store, incarnations)
    assert (row["incarnation"], row["durable_dseq"]) == (tablet.incarnation, 7)
    store.close()


def test_a_mail_that_waits_in_a_backup_is_held_after_a_restore(database: Path) -> None:
    store = opened(database)
    town = found_town(store)
    placed = assigned_job(store, town.ada)

    def record(db: sa.Connection) -> lives.Written[None]:
        ids = db.execute(sa.text("SELECT id, account_id FROM services")).one()
        outbox.record(
            db,
            "service_live",
            account_id=UUID(ids.account_id),
            service_id=UUID(ids.id),
            order_item_id=placed.job_id,
            act=act_of(SYSTEM),
        )
        return lives.Written(None)

    store.write_now(record)
    store.write_now(lives.begin, "a test", act=act_of(SYSTEM))

    (mail,) = rows(store, notifications)
    assert (mail["state"], mail["last_status"]) == ("failed", lives.HELD)
    store.close()


def older_by_hand(database: Path, copy: Path) -> None:
    database.write_bytes(copy.read_bytes())


def another_epoch(database: Path, _copy: Path) -> None:
    store = opened(database)
    store.write_now(lives.begin, "a test", act=act_of(SYSTEM))
    store.close()


@pytest.mark.parametrize("put_back", [older_by_hand, another_epoch])
def test_a_database_put_back_by_hand_gets_a_new_epoch_at_the_next_start(
    database: Path, tmp_path: Path, put_back: Callable[[Path, Path], None]
) -> None:
    copy = tmp_path / "copied.db"
    store = opened(database)
    town = found_town(store)
    assigned_job(store, town.ada)
    beside.reconcile(store)
    first = store.read_now(lives.get_place)
    store.close()
    copy.write_bytes(database.read_bytes())
    store = opened(database)
    assigned_job(store, town.ada, number="O-2", house=2)
    beside.note(store)
    store.close()
    put_back(database, copy)

    store = opened(database)
    beside.reconcile(store)

    assert store.read_now(lives.get_place).epoch != first.epoch
    epoch = store.read_now(lives.get_place).epoch
    beside.reconcile(store)
    assert store.read_now(lives.get_place).epoch == epoch
    store.close()


def test_a_restart_without_a_restore_keeps_the_epoch(database: Path) -> None:
    store = opened(database)
    epoch = store.read_now(lives.get_place).epoch
    beside.reconcile(store)
    assigned_job(store, found_town(store).ada)
    beside.reconcile(store)
    assert store.read_now(lives.get_place).epoch == epoch
    store.close()


def no_such_file(_folder: Path, _database: Path) -> tuple[str, str]:
    return "absent", "there is no backup"


def not_a_backup(folder: Path, _database: Path) -> tuple[str, str]:
    (folder / "photo.jpg").write_bytes(b"no database" * 999)
    return "photo.jpg", "is not a backup"


def of_another_program(folder: Path, _database: Path) -> tuple[str, str]:
    run_sqlite(folder / "other.db", "CREATE TABLE something (id INTEGER)")
    return "other.db", "is not a database of firstlight"


def of_a_newer_program(folder: Path, _database: Path) -> tuple[str, str]:
    assert cli.main(["backup", str(folder / "newer")]) == 0
    run_sqlite(folder / "newer", "UPDATE alembic_version SET version_num = '9999'")
    return "newer", "revision 9999, which this program does not know"


def run_sqlite(file: Path, statement: str) -> None:
    engine = sa.create_engine(f"sqlite+firstlight:///{file}")
    with engine.begin() as db:
        db.exec_driver_sql(statement)
    engine.dispose()


@pytest.mark.parametrize(
    "prepare", [no_such_file, not_a_backup, of_another_program, of_a_newer_program]
)
def test_what_is_no_backup_is_refused_and_the_database_stays(
    database: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    prepare: Callable[[Path, Path], tuple[str, str]],
) -> None:
    name, told = prepare(tmp_path, database)
    content = database.read_bytes()

    assert cli.main(["restore", str(tmp_path / name)]) == cli.WRONG_INPUT

    assert told in capsys.readouterr().err
    assert database.read_bytes() == content
    assert not list(database.parent.glob("*before*"))


def test_a_restore_beside_a_running_server_is_refused(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = tmp_path / "one.backup"
    assert cli.main(["backup", str(backup)]) == 0
    with process_lock.held(parse_url(f"sqlite:///{database}")):
        assert cli.main(["restore", str(backup)]) == cli.WRONG_INPUT
    assert "another server has" in capsys.readouterr().err


def test_a_restore_takes_the_log_of_a_database_that_was_put_aside_after_a_crash(
    database: Path, tmp_path: Path
) -> None:
    """What a killed server committed last is in the log beside its file, and nowhere else."""
    crashed = tmp_path / "crashed.db"
    store = opened(database)
    town = found_town(store)
    crashed.write_bytes(database.read_bytes())
    crashed.with_name("crashed.db-wal").write_bytes(
        database.with_name("firstlight.db-wal").read_bytes()
    )
    store.close()

    assert cli.main(["restore", str(crashed)]) == 0

    store = opened(database)
    assert town.ada in {row["id"] for row in rows(store, technicians)}
    store.close()


def test_a_restore_names_what_it_lacks(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = database.read_bytes()
    assert cli.main(["restore"]) == cli.WRONG_INPUT
    assert "name the backup" in capsys.readouterr().err
    assert database.read_bytes() == content


def test_postgresql_that_was_put_back_by_its_own_tools_begins_a_new_epoch(
    postgres_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = postgres_store.url.render_as_string(hide_password=False)
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", url)
    before = postgres_store.read_now(lives.get_place)

    assert cli.main(["restore", str(tmp_path / "dump")]) == cli.WRONG_INPUT
    assert "pg_restore, then firstlight restore without a file" in capsys.readouterr().err
    assert postgres_store.read_now(lives.get_place) == before
    assert cli.main(["restore"]) == 0

    after = postgres_store.read_now(lives.get_place)
    assert after.epoch != before.epoch
    assert str(after.epoch) in capsys.readouterr().out
    assert [row["action"] for row in rows(postgres_store, audit)] == ["server.restored"]


def test_a_backup_writes_over_nothing(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "there"
    target.write_text("dear to somebody")
    assert database.exists()
    assert cli.main(["backup", str(target)]) == cli.WRONG_INPUT
    assert "exists; name a new file" in capsys.readouterr().err
    assert target.read_text() == "dear to somebody"


def test_a_backup_ended_by_kill_9_leaves_nothing_under_its_name(
    database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "one.backup"
    killed = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from server.backups import copying\n"
        "copying.verify = lambda _file: os.kill(os.getpid(), signal.SIGKILL)\n"
        "copying.back_up(Path(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", killed, str(database), str(target)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not target.exists()

    assert cli.main(["backup", str(target)]) == 0
    assert [file.name for file in tmp_path.glob("*backup*")] == ["one.backup"]
