"""Each driver has a quality file that claims nothing beyond what was done."""

import tomllib
from pathlib import Path

import pytest

import activation.drivers
from activation.registry import BUILT_IN

FOLDER = Path(activation.drivers.__file__).parent


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_driver_says_what_it_was_tested_on_and_what_is_missing(name: str) -> None:
    quality = tomllib.loads((FOLDER / name / "quality.toml").read_text(encoding="utf-8"))

    assert quality["driver"] == name
    assert quality["tested_on"] == "simulator"
    assert quality["firmware"] == []
    assert all(gap["what"] and gap["why"] for gap in quality["known_gaps"])
