import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import sqlalchemy as sa

from server import cli, process_lock
from server.database.engines import DatabaseUnusable


def url_of(file: Path) -> sa.URL:
    return sa.make_url(f"sqlite:///{file}")


@contextlib.contextmanager
def another_server(file: Path) -> Generator[None]:
    """Hold a database in another process: within one, a lock would be taken twice."""
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
        yield
        other.communicate()


def by_the_same_name(file: Path) -> Path:
    return file


def by_a_symlink(file: Path) -> Path:
    link = file.with_name("other.db")
    link.symlink_to(file)
    return link


def by_a_symlink_to_a_symlink(file: Path) -> Path:
    link = file.with_name("third.db")
    link.symlink_to(by_a_symlink(file).name)
    return link


def by_a_linked_folder(file: Path) -> Path:
    folder = file.parent.with_name("linked")
    folder.symlink_to(file.parent, target_is_directory=True)
    return folder / file.name


def by_a_relative_path(file: Path) -> Path:
    return Path(os.path.relpath(file))


def by_a_roundabout_path(file: Path) -> Path:
    return file.parent / ".." / file.parent.name / file.name


@pytest.mark.parametrize(
    "reached",
    [
        by_the_same_name,
        by_a_symlink,
        by_a_symlink_to_a_symlink,
        by_a_linked_folder,
        by_a_relative_path,
        by_a_roundabout_path,
    ],
)
def test_a_second_server_on_one_file_is_refused_however_it_names_it(
    tmp_path: Path, reached: Callable[[Path], Path]
) -> None:
    folder = tmp_path / "installation"
    folder.mkdir()
    file = folder / "firstlight.db"
    file.touch()
    name = reached(file)

    with (
        another_server(file),
        pytest.raises(DatabaseUnusable, match=f"another server has .*{name.name}"),
        process_lock.held(url_of(name)),
    ):
        pass


def test_a_file_with_two_names_is_refused_by_every_command(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.link(tmp_path / "firstlight.db", tmp_path / "other.db")

    with (
        pytest.raises(DatabaseUnusable, match=r"firstlight\.db' has 2 names \(hard links\)"),
        process_lock.held(sa.make_url(sqlite_url)),
    ):
        pass
    for name in ("firstlight.db", "other.db"):
        settings = tmp_path / "settings.toml"
        settings.write_text(f'database_url = "sqlite:///{tmp_path / name}"\n')
        for command in (["serve"], ["worker"], ["migrate"], ["job", "list"]):
            assert cli.main(["--settings", str(settings), *command]) == cli.WRONG_INPUT
            assert f"{name}' has 2 names" in capsys.readouterr().err


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
