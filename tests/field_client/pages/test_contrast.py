"""The colours of both themes, as pairs of ink and ground: text at 7:1, what is drawn at 3:1."""

import re
from pathlib import Path

import pytest

from tests.server.console.test_contrast import contrast

CSS = (Path(__file__).parents[3] / "field_client" / "static" / "tablet.css").read_text("utf-8")
_COLOUR = re.compile(r"--([a-z-]+): #([0-9a-f]{6});")
_TONES = ("waiting", "moving", "good", "attention", "quiet")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-second") for ground in ("ground", "surface", "sunken")),
    *(("accent", ground) for ground in ("ground", "surface")),
    ("on-accent", "accent"),
    *((f"{tone}-ink", f"{tone}-ground") for tone in _TONES),
]
DRAWN = [(what, ground) for what in ("line-strong", "focus") for ground in ("ground", "surface")]


def themes() -> dict[str, dict[str, str]]:
    """Read light, dark as the device has it, and dark as the person chose it."""
    light, rest = CSS.split("@media (prefers-color-scheme: dark)")
    device, chosen = rest.split(':root[data-theme="dark"]')
    first = dict(_COLOUR.findall(light))
    return {
        "light": first,
        "dark": first | dict(_COLOUR.findall(device)),
        "chosen": first | dict(_COLOUR.findall(chosen)),
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


def test_dark_is_the_same_whoever_chose_it() -> None:
    assert themes()["dark"] == themes()["chosen"]
