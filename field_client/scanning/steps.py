"""In which order a photo is looked at, as data: what finds most for its time comes first.

Chosen by measurement on the seeds for tuning of ``tests/benchmarks/photo_sets.py``; what came of it
stands in docs/scanning.md.
"""

import enum
from typing import Final

import msgspec

from field_client.scanning import pictures
from field_client.scanning.pictures import Make


class Engine(enum.Enum):
    """Who looks."""

    ZXING = enum.auto()
    ZXING_DARK = enum.auto()
    ZXING_BARS = enum.auto()
    ZBAR = enum.auto()


class Step(msgspec.Struct, frozen=True):
    """One look at a photo: who looks, and at which pictures made of it."""

    engine: Engine
    make: Make


FRAME_STEPS: Final = (
    Step(Engine.ZXING, pictures.whole),
    Step(Engine.ZXING, pictures.cuts),
    Step(Engine.ZBAR, pictures.evened),
    Step(Engine.ZXING_BARS, pictures.evened),
    Step(Engine.ZXING_BARS, pictures.widened),
)
"""For a frame of a live camera."""

STEPS: Final = (
    *FRAME_STEPS,
    Step(Engine.ZBAR, pictures.whole),
    Step(Engine.ZXING_DARK, pictures.amplified),
    Step(Engine.ZXING_DARK, pictures.equalized),
    Step(Engine.ZXING_BARS, pictures.enlarged),
    Step(Engine.ZBAR, pictures.enlarged),
    Step(Engine.ZBAR, pictures.cuts),
    Step(Engine.ZXING_BARS, pictures.sharpened),
    Step(Engine.ZBAR, pictures.overdrawn),
    Step(Engine.ZXING_DARK, pictures.flattened),
    Step(Engine.ZBAR, pictures.flattened),
    Step(Engine.ZXING_DARK, pictures.tiles),
)
"""For a photo."""
