"""The colours of both themes, as pairs of ink and ground: text at 7:1, what is drawn at 3:1."""

import re
from pathlib import Path

import pytest

from tests.server.console.test_contrast import contrast

CSS = (Path(__file__).parents[3] / "field_client" / "static" / "tablet.css").read_text("utf-8")
_COLOUR = re.compile(r"--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);")
_TONES = ("waiting", "moving", "good", "attention", "quiet")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-second") for ground in ("ground", "surface", "sunken")),
    *(("accent", ground) for ground in ("ground", "surface")),
    ("on-accent", "accent"),
    *((f"{tone}-ink", f"{tone}-ground") for tone in _TONES),
]
DRAWN = [(what, ground) for what in ("line-strong", "focus") for ground in ("ground", "surface")]


def themes() -> dict[str, dict[str, str]]:
    """Read both themes."""
    colours = _COLOUR.findall(CSS)
    return {
        "light": {name: light for name, light, _ in colours},
        "dark": {name: dark for name, _, dark in colours},
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read_in_the_sun(theme: str) -> None:
    colours = themes()[theme]
    needed = [*((pair, 7.0) for pair in TEXT), *((pair, 3.0) for pair in DRAWN)]

    weak = {
        f"{ink} on {ground}": round(ratio, 2)
        for (ink, ground), least in needed
        if (ratio := contrast(colours[ink], colours[ground])) < least
    }

    assert weak == {}


def test_every_colour_is_named_once_and_the_person_chooses_by_the_scheme_alone() -> None:
    names = [name for name, _, _ in _COLOUR.findall(CSS)]

    assert sorted(names) == sorted(set(re.findall(r"--([a-z-]+): (?:#|light-dark)", CSS)))
    for theme in ("light", "dark"):
        assert f':root[data-theme="{theme}"] {{\n  color-scheme: {theme};\n}}' in CSS
