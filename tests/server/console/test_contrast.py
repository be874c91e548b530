"""The colours of both themes, as pairs of ink and ground: text at 7:1, what is drawn at 3:1."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "server" / "static" / "console.css"
_COLOUR = re.compile(r"--([a-z-]+): #([0-9a-f]{6});")

TEXT = [
    *((ink, ground) for ink in ("ink", "ink-second") for ground in ("ground", "surface", "sunken")),
    ("ink", "fresh-ground"),
    ("ink-second", "fresh-ground"),
    ("accent", "ground"),
    ("accent", "surface"),
    ("accent", "sunken"),
    ("accent", "fresh-ground"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    *((f"{tone}-ink", f"{tone}-ground") for tone in ("waiting", "moving", "good", "attention")),
    ("quiet-ink", "quiet-ground"),
]
DRAWN = [("line-strong", "surface"), ("focus", "surface"), ("focus", "ground")]


def themes() -> dict[str, dict[str, str]]:
    light, dark = CSS.read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    first = dict(_COLOUR.findall(light))
    return {"light": first, "dark": {**first, **dict(_COLOUR.findall(dark))}}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: str) -> None:
    colours = themes()[theme]
    needed = [*((pair, 7.0) for pair in TEXT), *((pair, 3.0) for pair in DRAWN)]

    weak = {
        f"{ink} on {ground}": round(ratio, 2)
        for (ink, ground), least in needed
        if (ratio := contrast(colours[ink], colours[ground])) < least
    }

    assert weak == {}


def test_colours_are_named_once_and_used_by_name() -> None:
    rules = CSS.read_text(encoding="utf-8").split("*,\n*::before", 1)[1]

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == []
