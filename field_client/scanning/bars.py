"""Where on a photo bars are, and how they are turned: so that they can be cut out and set upright.

A reader of 1-D codes needs a straight line through all bars, and finds none past about 7 degrees;
on a photo of 12 megapixels it looks everywhere for what is in one small place. Bars are what has
strong edges in one direction only, and that direction is measured, not guessed.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final, cast

import msgspec
from PIL import Image, ImageFilter, ImageMath, ImageOps

from field_client.scanning.shapes import capped

_SIDE: Final = 1000
_CELL: Final = 16
"""Pixels of the reduced photo that are judged together: about six modules of a small label."""
_NEAR: Final = 2
"""Cells between the bars of one label."""
_PART_OF_STRONGEST: Final = 0.3
_CELLS_MIN: Final = 4
_ALIKE: Final = 0.5
"""Cosine of twice the angle by which bars of one label may seem turned against each other."""

# Sobel's two filters. Pillow applies a kernel from the bottom row up, so the second points upwards.
_ACROSS: Final = ImageFilter.Kernel((3, 3), (-1, 0, 1, -2, 0, 2, -1, 0, 1), scale=4, offset=128)
_UP: Final = ImageFilter.Kernel((3, 3), (-1, -2, -1, 0, 0, 0, 1, 2, 1), scale=4, offset=128)


class Bars(msgspec.Struct, frozen=True):
    """A place with bars: a box in pixels of the photo, and the turn that sets the bars upright."""

    left: int
    top: int
    right: int
    bottom: int
    turn_degrees: float


class _Grid(msgspec.Struct, frozen=True):
    """The doubled direction of the edges in each cell, as a vector as long as they are strong."""

    width: int
    along: Sequence[float]
    across: Sequence[float]
    strength: Sequence[float]

    def is_alike(self, one: int, other: int) -> bool:
        """Tell whether the edges of two cells run the same way."""
        product = self.along[one] * self.along[other] + self.across[one] * self.across[other]
        return product > _ALIKE * self.strength[one] * self.strength[other]

    def around(self, cell: int) -> Iterator[int]:
        """Give the cells near one."""
        x, y, height = cell % self.width, cell // self.width, len(self.strength) // self.width
        for near_y in range(max(0, y - _NEAR), min(height, y + _NEAR + 1)):
            for near_x in range(max(0, x - _NEAR), min(self.width, x + _NEAR + 1)):
                yield near_y * self.width + near_x


def find_bars(picture: Image.Image, most: int) -> tuple[Bars, ...]:
    """Find places with bars on a grey picture, the most striking first."""
    small = capped(picture, _SIDE)
    if min(small.size) < _CELL:
        return ()
    scale = picture.width / small.width
    grid = _measure(ImageOps.autocontrast(small))
    groups = sorted(_groups(grid), key=lambda group: _sum(grid, group)[0], reverse=True)
    return tuple(_as_bars(grid, group, scale * _CELL) for group in groups[:most])


def _measure(picture: Image.Image) -> _Grid:
    # A filter leaves the outermost pixels as they were.
    inside = (1, 1, picture.width - 1, picture.height - 1)
    gradient = {
        name: picture.filter(kernel).crop(inside).convert("F")
        for name, kernel in (("x", _ACROSS), ("y", _UP))
    }
    along = ImageMath.lambda_eval(
        lambda of: (of["x"] - 128) * (of["x"] - 128) - (of["y"] - 128) * (of["y"] - 128), **gradient
    )
    across = ImageMath.lambda_eval(lambda of: (of["x"] - 128) * (of["y"] - 128) * 2, **gradient)
    (width, one), (_, two) = _cells(along), _cells(across)
    return _Grid(width, one, two, [math.hypot(a, b) for a, b in zip(one, two, strict=True)])


def _cells(values: object) -> tuple[int, Sequence[float]]:
    reduced = cast("Image.Image", values).reduce(_CELL)
    return reduced.width, cast("Sequence[float]", reduced.get_flattened_data())


def _groups(grid: _Grid) -> Iterator[list[int]]:
    """Gather neighbours whose edges are strong and run the same way, from the strongest on."""
    order = sorted(range(len(grid.strength)), key=lambda cell: grid.strength[cell], reverse=True)
    # Not the very strongest: a single reflection must not hide everything else.
    limit = _PART_OF_STRONGEST * grid.strength[order[len(order) // 200]]
    left = {cell for cell in order if grid.strength[cell] > max(limit, 1)}
    for seed in order:
        if seed in left:
            group = _grown(grid, seed, left)
            if len(group) >= _CELLS_MIN:
                yield group


def _grown(grid: _Grid, seed: int, left: set[int]) -> list[int]:
    """Take a cell and all that hang together with it out of those that are left."""
    left.remove(seed)
    group, edge = [seed], [seed]
    while edge:
        near = [cell for cell in grid.around(edge.pop()) if cell in left]
        joined = [cell for cell in near if grid.is_alike(seed, cell)]
        left.difference_update(joined)
        group += joined
        edge += joined
    return group


def _sum(grid: _Grid, group: Sequence[int]) -> tuple[float, float]:
    """Add the vectors of a group up: how strong its edges are, and in which direction they run."""
    along = sum(grid.along[cell] for cell in group)
    across = sum(grid.across[cell] for cell in group)
    return math.hypot(along, across), math.atan2(across, along)


def _as_bars(grid: _Grid, group: Sequence[int], cell_px: float) -> Bars:
    columns = [cell % grid.width for cell in group]
    rows = [cell // grid.width for cell in group]
    return Bars(
        left=round(min(columns) * cell_px),
        top=round(min(rows) * cell_px),
        right=round((max(columns) + 1) * cell_px),
        bottom=round((max(rows) + 1) * cell_px),
        turn_degrees=-math.degrees(_sum(grid, group)[1]) / 2,
    )
