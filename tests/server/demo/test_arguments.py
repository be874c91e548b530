import argparse
import os
from pathlib import Path

import pytest

from server.demo.arguments import readable_file, writable_file


def test_a_file_that_can_be_written_is_not_left_behind(tmp_path: Path) -> None:
    assert writable_file(str(tmp_path / "out.json")) == tmp_path / "out.json"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_keeps_what_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    file.write_text("before", encoding="utf-8")

    assert writable_file(str(file)) == file
    assert file.read_text(encoding="utf-8") == "before"


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert writable_file(str(tmp_path / "pipe")) == tmp_path / "pipe"


@pytest.mark.parametrize("name", [".", "absent/out.json", "x" * 300, "a\0b"])
def test_a_file_that_cannot_be_written_is_named_with_the_reason(tmp_path: Path, name: str) -> None:
    text = str(tmp_path) if name == "." else f"{tmp_path}/{name}"
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        writable_file(text)

    assert str(refused.value).startswith(f"{text!r} cannot be written: ")
    assert str(refused.value).endswith("; give a file in a folder that exists")


@pytest.mark.parametrize("name", [".", "absent.csv", "a\0b"])
def test_what_is_no_file_is_not_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no file; give a CSV file"):
        readable_file(f"{tmp_path}/{name}")


def test_a_file_that_cannot_be_read_is_named_with_the_reason() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"x' cannot be read: .*give a CSV file"):
        readable_file("x" * 300)


def test_a_file_that_can_be_read_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    assert readable_file(f"{tmp_path}/a.csv") == tmp_path / "a.csv"
