import json
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
import structlog

from server import logs
from server.settings import SettingsUnusable


@pytest.fixture(autouse=True)
def configured() -> Generator[None]:
    yield
    structlog.reset_defaults()


def test_a_line_is_json_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")

    structlog.get_logger().warning(
        "file.lost", path=PurePosixPath("a/b"), at=datetime(2026, 7, 2, tzinfo=UTC), note="Tür ä\n"
    )
    structlog.get_logger().debug("not.told")

    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"]) == ("file.lost", "warning")
    assert said["path"] == "PurePosixPath('a/b')"
    assert said["at"] == "2026-07-02T00:00:00Z"
    assert said["note"] == "Tür ä\n"


def test_an_unknown_level_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(SettingsUnusable, match="'loud'; known are debug, info, warning"):
        logs.configure("loud")
