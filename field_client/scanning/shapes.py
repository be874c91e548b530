"""Pictures in other sizes and turns."""

from typing import Final

from PIL import Image

_BETWEEN: Final = 160
"""Grey of what a turn uncovers: neither paper nor bar."""


def capped(picture: Image.Image, side_max: int) -> Image.Image:
    """Make a picture no larger than this; itself where it is not."""
    if max(picture.size) <= side_max:
        return picture
    smaller = picture.copy()
    smaller.thumbnail((side_max, side_max))
    return smaller


def resized(
    picture: Image.Image,
    size: tuple[int, int],
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> Image.Image:
    """Stretch or squeeze a picture."""
    return picture.resize(size, resampling)  # pyright: ignore[reportUnknownMemberType]  names numpy


def turned(picture: Image.Image, degrees: float) -> Image.Image:
    """Turn a picture counter-clockwise and keep its corners."""
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=_BETWEEN)
