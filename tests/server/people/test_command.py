import argparse
import io
import sys
from pathlib import Path

import pytest

from server.database import Store
from server.people import command, queries
from server.people.passwords import is_right
from server.people.records import Role, Scope
from server.people.secrets import hash_secret
from server.problems import Conflicting, WrongInput
from tests.server.console.town import PASSWORD


@pytest.fixture
def settings_file(sqlite_url: str, tmp_path: Path) -> Path:
    file = tmp_path / "firstlight.toml"
    file.write_text(f'database_url = "{sqlite_url}"\n', encoding="utf-8")
    return file


def run(settings: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", type=Path)
    command.add_to(parser.add_subparsers(required=True))
    args = parser.parse_args(["--settings", str(settings), *words])
    return args.run(args)


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_user_who_was_added_can_sign_in(
    settings_file: Path, house: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, f"{PASSWORD}\nanother line\n")

    status = run(settings_file, "user", "add", "Ada@Op.example", "--name", "Ada", "--role", "noc")

    assert status == 0
    found = house.read_now(queries.find_credentials, "ada@op.example")
    assert found is not None
    assert (found.user.name, found.user.role) == ("Ada", Role.NOC)
    assert is_right(PASSWORD, found.password_hash)


def test_the_password_is_no_argument(settings_file: Path) -> None:
    with pytest.raises(SystemExit):
        run(settings_file, "user", "add", "a@b", "--name", "A", "--role", "noc", "--password", "x")


@pytest.mark.parametrize(
    ("email", "name", "password", "said"),
    [
        ("ada", "Ada", PASSWORD, "cannot add 'ada'"),
        ("ada@op.example", " ", PASSWORD, "and a name"),
        ("ada@op.example", "Ada", "short", "12 to 200 characters"),
        ("ada@op.example", "Ada", "", "12 to 200 characters"),
    ],
)
def test_a_user_that_cannot_be_is_refused_in_words(
    settings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    email: str,
    name: str,
    password: str,
    said: str,
) -> None:
    type_in(monkeypatch, f"{password}\n")

    with pytest.raises(WrongInput, match=said):
        run(settings_file, "user", "add", email, "--name", name, "--role", "noc")


def test_an_address_is_given_once(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("user", "add", "ada@op.example", "--name", "Ada", "--role", "noc")
    type_in(monkeypatch, f"{PASSWORD}\n{PASSWORD}\n")
    run(settings_file, *words)

    with pytest.raises(Conflicting, match="ada@op"):
        run(settings_file, *words)


def test_a_token_is_told_once_and_kept_as_a_hash(
    settings_file: Path, house: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    scopes = ("--scope", "feed:read", "--scope", "jobs:read")
    assert run(settings_file, "token", "add", "billing", *scopes) == 0

    secret = capsys.readouterr().out.strip()
    found = house.read_now(queries.find_api_token, hash_secret(secret))
    assert found is not None
    assert found.scopes == {Scope.FEED_READ, Scope.JOBS_READ}
    with pytest.raises(Conflicting, match="billing"):
        run(settings_file, "token", "add", "billing", *scopes)


def test_an_unknown_scope_or_role_is_named(
    settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ("token", "add", "x", "--scope", "everything"),
        ("user", "add", "a@b", "--name", "A", "--role", "everything"),
    ):
        with pytest.raises(SystemExit) as ended:
            run(settings_file, *words)
        assert ended.value.code == 2
        assert "'everything'" in capsys.readouterr().err
