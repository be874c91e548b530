import sys
from pathlib import Path

import pytest

import dev

ROOT = Path(dev.__file__).parent


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "COMMAND"),
        (["fly"], "'fly'"),
        (["demo", "--twice"], "--twice"),
        (["demo", "--seed", "seven"], "'seven'"),
        (["demo", "--seed", "-1"], "'-1' is no whole number from 0 on"),
        (["sim", "--seeds", "many"], "'many' is no whole number from 1 on"),
        (["sim", "--seeds", "0"], "'0' is no whole number from 1 on"),
        (["sim", "--seeds", "-1"], "'-1' is no whole number from 1 on"),
        (["sim", "--start", "9" * 5000], "is no whole number from 0 on"),
        (["bench", "spine", "tail"], "tail"),
    ],
)
def test_a_wrong_command_line_is_named_and_nothing_is_set_up(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        dev.main(words)

    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "test", "check", "bench", "sim", "setup", "lock"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        dev.main([command, "--help"])

    assert ended.value.code == 0
    assert f"dev.py {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "forwarded"),
    [
        (["demo"], ()),
        (["demo", "--once", "--seed", "0"], ("--once", "--seed", "0")),
        (["bench"], ()),
        (["bench", "spine"], ("spine",)),
        (["sim", "--seeds", "5", "--start", "10"], ("--seeds", "5", "--start", "10")),
    ],
)
def test_options_reach_the_module_as_they_were_written(
    words: list[str], forwarded: tuple[str, ...]
) -> None:
    assert dev.forwarded(dev.command_line().parse_args(words)) == forwarded


def test_files_keep_their_meaning_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    args = dev.command_line().parse_args(["demo", "--json", "out.json"])

    assert dev.forwarded(args) == ("--json", str(tmp_path / "out.json"))


def test_an_index_that_pip_asks_is_asked_by_uv_too() -> None:
    listing = """\
:env:.find-links='./wheels'
global.cert='/etc/ssl/mirror.pem'
global.extra-index-url='\\nhttp://one.example/simple\\nhttp://two.example/simple'
global.index-url='http://global.example/simple'
global.timeout='60'
install.index-url='http://install.example/simple'
"""

    assert dev.uv_settings(listing) == {
        "SSL_CERT_FILE": "/etc/ssl/mirror.pem",
        "UV_DEFAULT_INDEX": "http://install.example/simple",
        "UV_FIND_LINKS": "./wheels",
        "UV_INDEX": "http://one.example/simple http://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    assert dev.uv_settings("") == {}


def test_a_python_without_venv_and_pip_names_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    monkeypatch.setitem(sys.modules, "pip", None)

    with pytest.raises(dev.CannotGoOn, match="apt install python3-venv"):
        dev.make_environment()

    assert dev.PYTHON.exists(), "the environment that is there was touched"


def test_without_chromium_the_gate_fails_with_the_line_and_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("FIRSTLIGHT_CHROMIUM", str(tmp_path / "chromium"))
    monkeypatch.delenv("FIRSTLIGHT_REQUIRE_BROWSER", raising=False)
    assert dev.test_environ() == {}

    monkeypatch.setenv("FIRSTLIGHT_REQUIRE_BROWSER", "1")
    with pytest.raises(dev.CannotGoOn, match=r"LEFT OUT.*apt install chromium"):
        dev.test_environ()


def test_a_chromium_on_the_path_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FIRSTLIGHT_CHROMIUM", raising=False)

    assert dev.find_chromium() == str(program)


def test_a_lock_that_changed_is_a_reason_to_set_up_again(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("one", encoding="utf-8")
    before = dev.digest(lock)
    lock.write_text("two", encoding="utf-8")

    assert dev.digest(lock) != before


def test_the_gate_runs_check_and_test_and_insists_on_a_browser() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "FIRSTLIGHT_REQUIRE_BROWSER=1" in gate
    assert gate.index("dev.py check") < gate.index("dev.py test")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
