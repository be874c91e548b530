import io
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest
import structlog

from server import cli, logs

COMMANDS = sorted(entry_point.name for entry_point in entry_points(group=cli.GROUP))


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have a database of his own."""
    monkeypatch.delenv("FIRSTLIGHT_DATABASE_URL", raising=False)


def add_healthy(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    subparsers.add_parser("healthy").set_defaults(run=int)


def add_half(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    subparsers.add_parser("half")
    raise RuntimeError("half done")


def entry(name: str, function: str) -> EntryPoint:
    return EntryPoint(name, f"tests.server.test_cli:{function}", cli.GROUP)


def test_the_commands_of_an_operator_are_there() -> None:
    assert {"doctor", "import", "migrate"} <= set(COMMANDS)


@pytest.mark.parametrize("command", ["doctor", "import", "migrate"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert "exit status" in capsys.readouterr().out or command == "migrate"


def test_a_command_that_cannot_be_loaded_is_named_and_harms_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = cli.build_parser(
        [
            entry("absent", "add_nothing"),
            EntryPoint("lost", "no.such.module:add_to", cli.GROUP),
            entry("healthy", "add_healthy"),
        ]
    )
    assert "lost" in parser.format_help()
    assert "not available: ModuleNotFoundError" in parser.format_help()

    healthy = parser.parse_args(["healthy"])
    assert healthy.run() == 0
    lost = parser.parse_args(["lost"])
    assert lost.run(lost) == 1
    assert "lost cannot be loaded: ModuleNotFoundError" in capsys.readouterr().err


def test_a_command_that_was_added_by_half_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    parser = cli.build_parser([entry("half", "add_half")])
    half = parser.parse_args(["half"])
    assert half.run(half) == 1
    assert "half cannot be loaded: RuntimeError('half done')" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"port = 70000", "toml': port is 70000; it must be a whole number of at most 65535"),
        (b"prot = 80", "toml': there is no setting 'prot'; did you mean port?"),
        (b"port = ", "is not TOML"),
        (b"\xff", "is not TOML"),
        (b"database_url = 'mysql://localhost'", "'mysql' is not supported; use sqlite or"),
        (b"database_url = 'sqlite:////no/such/x.db'", "the folder '/no/such' does not exist"),
    ],
)
def test_settings_that_cannot_be_used_are_explained(
    tmp_path: Path, content: bytes, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "firstlight.toml"
    file.write_bytes(content)
    assert cli.main(["--settings", str(file), "migrate"]) == 2
    shown = capsys.readouterr().err
    assert sentence in shown
    assert shown.count("\n") == 1


def test_a_settings_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--settings", "/no/such/file.toml", "migrate"]) == 2
    assert "cannot read '/no/such/file.toml': No such file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["nope"], ["--settings"]])
def test_a_wrong_command_line_ends_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


def test_migrate_makes_a_database_and_may_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    assert [cli.main(["migrate"]), cli.main(["migrate"])] == [0, 0]
    assert "is at revision" in capsys.readouterr().out


def test_a_database_that_does_not_answer_is_a_failure_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"postgresql://clerk:verysecret@/firstlight?host={tmp_path}"
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", url)
    assert cli.main(["migrate"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("firstlight: the database cannot be used: ")
    assert shown.count("\n") == 1
    assert "verysecret" not in shown


def test_a_file_that_is_no_database_is_a_failure_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "photo.db"
    file.write_bytes(b"not a database, but long enough to have a header of a hundred bytes" * 3)
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", f"sqlite:///{file}")

    for command in (["migrate"], ["job", "list"]):
        assert cli.main(command) == cli.FAILED

        shown = capsys.readouterr().err
        assert shown == "firstlight: the database cannot be used: file is not a database\n"


def test_a_log_line_follows_standard_error_when_it_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    logs.configure("info")
    logger = structlog.get_logger()
    monkeypatch.setattr(sys, "stderr", second)
    first.close()
    logger.warning("thing.happened")
    assert "thing.happened" in second.getvalue()


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("usage: firstlight")
