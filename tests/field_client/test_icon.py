"""The icon: it starts what was asked for, and tells of faults without a terminal."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from field_client.command import main
from field_client.icon import desktop_entry, draw_mark

ARGUMENTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))


def started_by(entry: str) -> list[str]:
    """Read the arguments as a desktop does: as a string, without field codes, as in quotes."""
    exec_line = re.search(r"^Exec=(.*)$", entry, re.MULTILINE)
    assert exec_line is not None
    in_quotes = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], exec_line[1])
    assert not re.search(r"(?<!%)(%%)*%(?!%)", in_quotes), "a field code"
    # In double quotes, POSIX shells take the same escapes as desktop entries.
    printed = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\0' {in_quotes.replace('%%', '%')}"],
        capture_output=True,
        check=True,
    )
    return printed.stdout.decode().split("\0")[:-1]


@given(ARGUMENTS)
def test_a_desktop_reads_the_arguments_that_were_meant(arguments: list[str]) -> None:
    command = ["/usr/bin/python3", *arguments]

    assert started_by(desktop_entry(command, Path("/mark.svg"))) == command


def test_the_icon_starts_this_tablet_and_can_be_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "menu"))
    home = tmp_path / "50 % $HOME"

    assert main(["icon", "--home", str(home), "--server", "http://127.0.0.1:9"]) == 0
    icon = Path(capsys.readouterr().out.strip())

    wanted = ["-m", "field_client", "start", "--home", str(home), "--server", "http://127.0.0.1:9"]
    assert started_by(icon.read_text("utf-8")) == [sys.executable, *wanted]
    for said in ("the icon is gone", "there was no icon"):
        assert main(["icon", "--remove"]) == 0
        assert capsys.readouterr().out.strip() == said
    assert not icon.exists()


def test_a_start_without_streams_that_fails_shows_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind an icon of Windows, where a program has no streams at all."""
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n', "utf-8")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    home = tmp_path / "home"
    home.mkdir()
    (home / "field.toml").write_text('server_url = "<none>"', "utf-8")

    start = [sys.executable, "-m", "field_client", "start", "--home", str(home)]
    ended = subprocess.run(["/bin/sh", "-c", 'exec "$@" >&- 2>&-', "sh", *start], check=False)

    assert ended.returncode == 2
    shown = Path(unquote(urlsplit(opened.read_text("utf-8")).path)).read_text("utf-8")
    assert "server_url = &#x27;&lt;none&gt;&#x27;" in shown
    assert str(home / "logs" / "agent.log") in shown


def test_the_mark_is_a_picture_that_windows_shows(tmp_path: Path) -> None:
    draw_mark().save(tmp_path / "mark.ico")

    with Image.open(tmp_path / "mark.ico") as icon:
        assert {(16, 16), (32, 32), (256, 256)} <= icon.info["sizes"]
