import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from server import cli, process_lock
from server.database.engines import DatabaseUnusable


def url_of(file: Path) -> sa.URL:
    return sa.make_url(f"sqlite:///{file}")


def test_a_second_server_on_one_file_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "firstlight.db"
    holder = (
        "import sys, sqlalchemy as sa; from server import process_lock\n"
        "with process_lock.held(sa.make_url(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(url_of(file))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"

        with (
            pytest.raises(DatabaseUnusable, match=r"firstlight\.db"),
            process_lock.held(url_of(file)),
        ):
            pass

        other.communicate()


def test_the_lock_of_a_dead_server_holds_nobody_up(tmp_path: Path) -> None:
    file = tmp_path / "firstlight.db"
    with process_lock.held(url_of(file)):
        pass
    with process_lock.held(url_of(file)):
        pass


def test_a_postgresql_database_is_shared_by_servers() -> None:
    shared = sa.make_url("postgresql://db.example/firstlight")
    with process_lock.held(shared), process_lock.held(shared):
        pass


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_without_a_database_it_says_what_to_run(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'database_url = "sqlite:///{tmp_path}/absent.db"\n')

    assert cli.main(["--settings", str(settings), command]) == cli.WRONG_INPUT

    assert "firstlight migrate" in capsys.readouterr().err
    assert not (tmp_path / "absent.db").exists()
