"""The photos that scanning is measured on: each distortion mild, medium and severe, on every label.

Severe is where each reader by itself fails on most bars. Harsher ones were tried on the photos for
tuning and left out: at 1.1 pixels a module, or out of focus by a whole module, hardly anything was
read, and a rate over them would say how many of them there are.

Where seeds come from is part of the measurement: no step, size or limit was chosen after a look at
photos from ``FROZEN``; all that was done on ``TUNING``. Whoever changes the scanner after a look at
what was missed there takes another range.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from tests.benchmarks.labels import VARIANTS, draw_label, draw_numbers
from tests.benchmarks.photos import SIZE_12MP, Shot, take

FROZEN: Final = 9_000_000
TUNING: Final = 1_000_000
"""First seeds of two ranges that do not meet."""
LEVELS: Final = 3
LARGE_ONES: Final = "12mp"
_MORE_OF_LARGE: Final = 2
"""Times that the large ones are made again: the slowest twentieth of eighteen would be just one."""
_MODULE_PX_12MP: Final = (4.0, 3.0, 2.2)
"""A label of about 24, 18 and 13 percent of the photo's width."""


class Sample(msgspec.Struct, frozen=True):
    """A photo and what must be read from it."""

    distortion: str
    variant: str
    level: int
    serial: str
    photo: bytes


def _small(level: int, _chance: random.Random) -> Shot:
    return Shot(module_px=(2.2, 1.7, 1.35)[level])


def _turned(level: int, chance: random.Random) -> Shot:
    return Shot(turn_degrees=chance.uniform(30 * level, 30 * level + 30))


def _in_perspective(level: int, chance: random.Random) -> Shot:
    return Shot(skew=(0.08, 0.16, 0.24)[level], turn_degrees=chance.uniform(-8, 8))


def _out_of_focus(level: int, _chance: random.Random) -> Shot:
    return Shot(blur_modules=(0.35, 0.5, 0.7)[level])


def _shaken(level: int, chance: random.Random) -> Shot:
    return Shot(motion_modules=(0.8, 1.3, 2.0)[level], motion_degrees=chance.uniform(0, 180))


def _noisy(level: int, _chance: random.Random) -> Shot:
    return Shot(noise=(15, 35, 60)[level])


def _in_half_shadow(level: int, _chance: random.Random) -> Shot:
    return Shot(shadow=(0.5, 0.3, 0.18)[level])


def _shining(level: int, _chance: random.Random) -> Shot:
    return Shot(glare=(0.03, 0.07, 0.12)[level])


def _faint(level: int, _chance: random.Random) -> Shot:
    return Shot(contrast=(0.35, 0.15, 0.07)[level])


def _dark(level: int, _chance: random.Random) -> Shot:
    return Shot(light=(0.35, 0.15, 0.07)[level])


def _compressed(level: int, _chance: random.Random) -> Shot:
    return Shot(jpeg_quality=(45, 20, 8)[level])


def _by_phone(level: int, chance: random.Random) -> Shot:
    """Combine a little of everything, as in a hurry behind a cupboard."""
    return Shot(
        module_px=(2.6, 2.3, 2.0)[level],
        turn_degrees=chance.uniform(-10, 10) * (level + 1),
        skew=0.04 * (level + 1),
        blur_modules=(0.2, 0.28, 0.35)[level],
        motion_modules=0.3 * level,
        motion_degrees=chance.uniform(0, 180),
        noise=5 * (level + 1),
        shadow=(1, 0.6, 0.45)[level],
        jpeg_quality=(80, 60, 40)[level],
    )


def _of_12mp(level: int, chance: random.Random) -> Shot:
    return Shot(
        size=SIZE_12MP,
        module_px=_MODULE_PX_12MP[level],
        turn_degrees=chance.uniform(-25, 25),
        blur_modules=0.25,
        noise=5,
        jpeg_quality=85,
    )


DISTORTIONS: Final[Mapping[str, Callable[[int, random.Random], Shot]]] = {
    "none": lambda _level, _chance: Shot(),
    "small": _small,
    "rotation": _turned,
    "perspective": _in_perspective,
    "blur": _out_of_focus,
    "motion": _shaken,
    "noise": _noisy,
    "shadow": _in_half_shadow,
    "glare": _shining,
    "low_contrast": _faint,
    "dark": _dark,
    "jpeg": _compressed,
    "phone": _by_phone,
    LARGE_ONES: _of_12mp,
}


def samples(first_seed: int, per_level: int, only: str | None = None) -> Iterator[Sample]:
    """Make the photos of one range of seeds, as many of each label, distortion and level."""
    for number in range(per_level):
        for place, (variant, distortion, level) in enumerate(_plan()):
            if only in {None, distortion}:
                yield _sample(first_seed + number * 1000 + place, variant, distortion, level)


def _sample(seed: int, variant: str, distortion: str, level: int) -> Sample:
    chance = random.Random(seed)  # noqa: S311  pictures need no secrecy
    numbers = draw_numbers(chance)
    shot = DISTORTIONS[distortion](level, chance)
    photo = take(draw_label(variant, numbers), shot, chance)
    return Sample(distortion, variant, level, numbers.serial, photo)


def _plan() -> Iterator[tuple[str, str, int]]:
    for distortion in (*DISTORTIONS, *[LARGE_ONES] * _MORE_OF_LARGE):
        for level in range(LEVELS):
            for variant in VARIANTS:
                yield variant, distortion, level
