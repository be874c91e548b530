"""A photo and the pictures made of it for the readers. Pillow alone: a tablet carries no OpenCV."""

import io
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageOps

from field_client.scanning.bars import Bars, find_bars
from field_client.scanning.reading import NotAnImage
from field_client.scanning.shapes import capped, resized, turned

PIXELS_MAX: Final = 50_000_000
LARGE: Final = 2000
FRAME: Final = 1280
"""Longest sides in pixels: of a photo at first, and of a frame of a live camera."""
_PLACES_MAX: Final = 3
_CUT_SIDE_MAX: Final = 1600
_ENLARGED_SIDE_MAX: Final = 1800
_TILE: Final = 0.6
"""Of each side: four tiles overlap by a fifth, more than a small label needs."""

Make = Callable[["Photo"], Iterator[Image.Image]]


class Photo:
    """An upright grey photo, and what is found out about it once and used by several steps."""

    def __init__(self, full: Image.Image, side_max: int) -> None:
        self.full = full
        self.large = capped(full, side_max)

    @cached_property
    def cuts(self) -> tuple[Image.Image, ...]:
        """Places with bars, cut out in full resolution and set upright."""
        scale = self.full.width / self.large.width
        return tuple(self._cut(bars, scale) for bars in find_bars(self.large, _PLACES_MAX))

    def _cut(self, bars: Bars, scale: float) -> Image.Image:
        # Beside the bars are their quiet zones, and often a square with the same serial.
        pad = max(24, (bars.right - bars.left) // 5, (bars.bottom - bars.top) // 5)
        box = (
            max(0, round((bars.left - pad) * scale)),
            max(0, round((bars.top - pad) * scale)),
            min(self.full.width, round((bars.right + pad) * scale)),
            min(self.full.height, round((bars.bottom + pad) * scale)),
        )
        return turned(capped(self.full.crop(box), _CUT_SIDE_MAX), bars.turn_degrees)


def open_photo(image: bytes, side_max: int = LARGE) -> Photo:
    """Decode a photo.

    Raises:
        NotAnImage: no JPEG, PNG or WebP image, or one with more than ``PIXELS_MAX`` pixels.
    """
    try:
        picture = Image.open(io.BytesIO(image), formats=("JPEG", "PNG", "WEBP"))
        _check_size(picture)
        picture.draft("L", picture.size)
        return Photo(_grey(ImageOps.exif_transpose(picture)), side_max)
    except NotAnImage:
        raise
    # Pillow says ValueError of a cut header, and of a comment that grows when it is unpacked.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise NotAnImage(
            f"{len(image)} bytes that begin with {image[:8].hex()} are no JPEG, PNG or WebP image"
        ) from error


def _check_size(picture: Image.Image) -> None:
    """Look at the header only: what is too large is never decoded."""
    if picture.width * picture.height > PIXELS_MAX:
        raise NotAnImage(
            f"{picture.width} x {picture.height} pixels; up to {PIXELS_MAX // 10**6} million"
        )


def whole(photo: Photo) -> Iterator[Image.Image]:
    """Give the photo as it is."""
    yield photo.large


def cuts(photo: Photo) -> Iterator[Image.Image]:
    """Give the places with bars."""
    yield from photo.cuts


def evened(photo: Photo) -> Iterator[Image.Image]:
    """Average bars along themselves, so that grain goes and they stay, and even the light out."""
    for cut in photo.cuts:
        yield _flat(_averaged(cut, 4))


def widened(photo: Photo) -> Iterator[Image.Image]:
    """Average bars and widen them: a reader wants more than a pixel and a half for a module."""
    for cut in photo.cuts:
        yield _wide(cut, 4)


def enlarged(photo: Photo) -> Iterator[Image.Image]:
    """Double the places with bars, as far as they are small, then even them."""
    for cut in photo.cuts:
        scale = min(2.0, _ENLARGED_SIDE_MAX / max(cut.size))
        if scale > 1:
            size = (round(cut.width * scale), round(cut.height * scale))
            yield _flat(_averaged(resized(cut, size), 8))


def sharpened(photo: Photo) -> Iterator[Image.Image]:
    """Average, widen and sharpen bars: for what was out of focus or shaken."""
    for cut in photo.cuts:
        yield _wide(cut, 8).filter(ImageFilter.UnsharpMask(3, 400, 0))


def overdrawn(photo: Photo) -> Iterator[Image.Image]:
    """Sharpen bars until nothing is grey, as ZBar likes it."""
    for cut in photo.cuts:
        yield _wide(cut, 8).filter(ImageFilter.UnsharpMask(4, 800, 0))


def flattened(photo: Photo) -> Iterator[Image.Image]:
    """Take the light of the surroundings away: shadows."""
    yield _flat(photo.large)


def amplified(photo: Photo) -> Iterator[Image.Image]:
    """Make five times as much of what differs from its surroundings: faint print."""
    soft = photo.large.filter(ImageFilter.GaussianBlur(0.7))
    yield ImageChops.subtract(soft, _around(soft), scale=0.2, offset=128)


def equalized(photo: Photo) -> Iterator[Image.Image]:
    """Spread the greys evenly: for the dark."""
    yield ImageOps.equalize(photo.large)


def tiles(photo: Photo) -> Iterator[Image.Image]:
    """Give four overlapping parts in full resolution, where that is more than was looked at."""
    if photo.full.size != photo.large.size:
        width, height = (round(side * _TILE) for side in photo.full.size)
        for left in (0, photo.full.width - width):
            for top in (0, photo.full.height - height):
                yield photo.full.crop((left, top, left + width, top + height))


def _averaged(cut: Image.Image, reach_px: int) -> Image.Image:
    return cut.filter(ImageFilter.BoxBlur((0, reach_px)))


def _wide(cut: Image.Image, reach_px: int) -> Image.Image:
    scale = max(1.0, min(2.0, _ENLARGED_SIDE_MAX / cut.width))
    return resized(_averaged(cut, reach_px), (round(cut.width * scale), cut.height))


def _flat(picture: Image.Image) -> Image.Image:
    return ImageOps.autocontrast(ImageChops.subtract(picture, _around(picture), offset=128))


def _around(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(25))


def _grey(picture: Image.Image) -> Image.Image:
    """See a transparent picture on white, as people do."""
    if picture.mode in {"RGBA", "LA", "P"}:
        layered = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("L")
    return picture.convert("L")
