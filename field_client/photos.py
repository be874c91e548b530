"""A photo made small enough to travel: bytes in, bytes and what the camera knew out.

The file of the camera itself is not kept: at 2048 pixels a label and the figures of a meter can
still be read, and twelve photos travel where one did. Position and time are read before its
metadata are taken off. What cannot be decoded but begins like a photo is kept as it is, for
evidence is never refused.
"""

import io
import math
import re
import struct
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from PIL import ExifTags, Image, ImageOps

from field_client import media
from field_client.position import Position
from sync_protocol.operations import CameraTime, Pixels

LONG_SIDE_MAX: Final = 2048
PIXELS_MAX: Final = 50_000_000
"""More than this is not decoded; a JPEG counts as its decoder can scale it down."""
_QUALITY: Final = 80
_UNDECODABLE: Final = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError),
    *(struct.error, MemoryError, EOFError),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning),
)
"""What Pillow raises for files that only begin like a photo, or whose metadata are garbage."""


class PhotoFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a photo; all None where it could not be read."""

    width: Pixels | None = None
    height: Pixels | None = None
    taken_at: CameraTime | None = None
    position: Position | None = None


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A photo as it is kept and sent."""

    data: bytes
    media_type: str
    facts: PhotoFacts


def prepare(data: bytes) -> Prepared:
    """Make a photo small, upright and free of metadata; keep what cannot be decoded as it is.

    Raises:
        NotAPhoto: the bytes do not begin like one.
    """
    media_type = media.photo_media_type(data)
    try:
        image = Image.open(io.BytesIO(data))
    except _UNDECODABLE:
        return Prepared(data=data, media_type=media_type, facts=PhotoFacts())
    known = _read_metadata(image)
    try:
        small, upright = _made_small(image)
    except _UNDECODABLE:
        return Prepared(data=data, media_type=media_type, facts=known)
    facts = msgspec.structs.replace(known, width=upright.width, height=upright.height)
    return msgspec.structs.replace(small, facts=facts)


def _made_small(image: Image.Image) -> tuple[Prepared, Image.Image]:
    is_png = image.format == "PNG"
    # The decoder scales a JPEG down by 2, 4 or 8 while it reads; ``thumbnail`` does the rest.
    shrink = max(1.0, max(image.size) / LONG_SIDE_MAX)
    image.draft(None, (math.ceil(image.width / shrink), math.ceil(image.height / shrink)))
    if image.width * image.height > PIXELS_MAX:
        raise ValueError(f"{image.width} x {image.height} pixels are too many to decode")
    image.load()  # else ``thumbnail`` would ask for a draft of the draft
    image.thumbnail((LONG_SIDE_MAX, LONG_SIDE_MAX), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile") if image.mode == "RGB" else None
    upright.info = {}  # Pillow would write comments and the like out again
    best = _as_jpeg(upright, profile)
    if is_png:
        best = min(_as_png(upright), best, key=lambda each: len(each.data))
    return best, upright


def _as_jpeg(image: Image.Image, profile: bytes | None) -> Prepared:
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    written = io.BytesIO()
    mode = "L" if image.mode == "L" else "RGB"
    image.convert(mode).save(written, "JPEG", quality=_QUALITY, optimize=True, icc_profile=profile)
    return Prepared(data=written.getvalue(), media_type="image/jpeg", facts=PhotoFacts())


def _as_png(image: Image.Image) -> Prepared:
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True, exif=b"")
    return Prepared(data=written.getvalue(), media_type="image/png", facts=PhotoFacts())


def _read_metadata(image: Image.Image) -> PhotoFacts:
    """Read what the camera wrote; whatever of it is garbage counts as not there."""
    try:
        exif = image.getexif()
        camera, gps = (exif.get_ifd(each) for each in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo))
    except _UNDECODABLE:
        return PhotoFacts()
    return PhotoFacts(taken_at=_find_time(camera), position=_find_position(gps))


_TIME: Final = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_OFFSET: Final = re.compile(r"[+-]\d\d:\d\d")


def _find_time(camera: Mapping[int, Any]) -> CameraTime | None:
    taken = _TIME.fullmatch(_text(camera, ExifTags.Base.DateTimeOriginal))
    if taken is None or taken[1] == "0000":  # what cameras write whose clock was never set
        return None
    offset = _OFFSET.fullmatch(_text(camera, ExifTags.Base.OffsetTimeOriginal))
    return f"{taken[1]}-{taken[2]}-{taken[3]}T{taken[4]}{offset[0] if offset else ''}"


def _text(tags: Mapping[int, Any], tag: int) -> str:
    value = tags.get(tag)
    return value.strip("\0 ") if isinstance(value, str) else ""


def _find_position(gps: Mapping[int, Any]) -> Position | None:
    latitude = _degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "NS")
    longitude = _degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "EW")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004
        return None
    if latitude == longitude == 0:  # no fix; nobody builds fiber there
        return None
    return Position(
        latitude=round(latitude, 6), longitude=round(longitude, 6), accuracy_m=_accuracy(gps)
    )


def _degrees(gps: Mapping[int, Any], tag: int, ref_tag: int, signs: str) -> float | None:
    """Read degrees, minutes and seconds; ``signs`` are the letters of plus and minus."""
    ref = _text(gps, ref_tag)
    try:
        degrees, minutes, seconds = (float(part) for part in gps[tag])
    except _UNDECODABLE:
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if ref not in set(signs) or not math.isfinite(value):
        return None
    return -value if ref == signs[1] else value


def _accuracy(gps: Mapping[int, Any]) -> int | None:
    try:
        return min(max(0, math.ceil(float(gps[ExifTags.GPS.GPSHPositioningError]))), 1_000_000)
    except _UNDECODABLE:
        return None
