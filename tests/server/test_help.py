"""What the help of the commands shows is taken by the commands."""

import argparse
import re
import shlex
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

import pytest

from server import cli, times
from server.database import Store
from tests.server.factories import found_town

_EXAMPLE = re.compile(r"^ {2}(firstlight (?:[^\n\\]|\\\n)*)", re.MULTILINE)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\S+")


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:  # noqa: SLF001  argparse lists its commands nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  the same
            commands = cast("Mapping[str, argparse.ArgumentParser]", action.choices)  # pyright: ignore[reportUnknownMemberType]  argparse's
            for command in commands.values():
                yield from parsers(command)


@pytest.fixture
def whole() -> argparse.ArgumentParser:
    return cli.build_parser(entry_points(group=cli.GROUP))


def examples(whole: argparse.ArgumentParser) -> list[list[str]]:
    return [
        shlex.split(found[1].replace("\\\n", " "))[1:]
        for parser in parsers(whole)
        for found in _EXAMPLE.finditer(parser.format_help())
    ]


def test_every_command_line_that_a_help_shows_is_parsed(whole: argparse.ArgumentParser) -> None:
    shown = examples(whole)

    assert shown
    for words in shown:
        assert callable(whole.parse_args(words).run), words


def test_every_time_that_a_help_shows_is_read(whole: argparse.ArgumentParser) -> None:
    shown = {
        found[0].rstrip(".,;")
        for parser in parsers(whole)
        for found in _INSTANT.finditer(parser.format_help())
    }

    assert shown
    for text in shown:
        assert times.read_instant("time", text).tzinfo is not None


def test_the_example_of_an_order_places_one(
    whole: argparse.ArgumentParser, sqlite_url: str, tmp_path: Path
) -> None:
    store = Store(sqlite_url)
    found_town(store)
    store.close()
    file = tmp_path / "settings.toml"
    file.write_text(f'database_url = "{sqlite_url}"\n')
    (example,) = [words for words in examples(whole) if words[:2] == ["order", "place"]]

    assert cli.main(["--settings", str(file), *example]) == 0
