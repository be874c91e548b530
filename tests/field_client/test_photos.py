import io
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from field_client import photos
from field_client.media import NotAPhoto
from field_client.photos import PhotoFacts
from field_client.position import Position

BERLIN = {
    ExifTags.GPS.GPSLatitudeRef: "N",
    ExifTags.GPS.GPSLatitude: (52.0, 31.0, 12.03),
    ExifTags.GPS.GPSLongitudeRef: "E",
    ExifTags.GPS.GPSLongitude: (13.0, 24.0, 17.83),
    ExifTags.GPS.GPSHPositioningError: 4.7,
}


def noise(width: int, height: int) -> Image.Image:
    """Give a picture that packs like a photo: a small one, blown up."""
    seeded = random.Random(1)  # noqa: S311  a picture needs no secrecy
    small = Image.frombytes("RGB", (64, 48), seeded.randbytes(64 * 48 * 3))
    return small.resize((width, height), Image.Resampling.BICUBIC)  # pyright: ignore[reportUnknownMemberType]  Pillow types it so


def exif(
    *,
    orientation: int = 1,
    gps: dict[Any, Any] | None = None,
    taken: str = "2026:07:02 14:02:11",
    offset: str | None = "+02:00",
) -> Image.Exif:
    made = Image.Exif()
    made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.Base.Make] = "Camera of a person"
    camera = made.get_ifd(ExifTags.IFD.Exif)
    camera[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        camera[ExifTags.Base.OffsetTimeOriginal] = offset
    made.get_ifd(ExifTags.IFD.GPSInfo).update(gps or {})
    return made


def written(image: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:  # noqa: ANN401  whatever Pillow takes
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_photo_is_scaled_to_its_long_side_and_is_much_smaller() -> None:
    taken = written(noise(4032, 3024), quality=95, exif=exif(gps=BERLIN))

    small = photos.prepare(taken)

    image = opened(small.data)
    assert (image.format, image.size, small.media_type) == ("JPEG", (2048, 1536), "image/jpeg")
    assert (small.facts.width, small.facts.height) == image.size
    assert len(small.data) < len(taken) / 3


def test_position_and_time_are_read_and_no_metadata_travel_in_the_file() -> None:
    taken = written(noise(800, 600), exif=exif(gps=BERLIN), comment=b"a remark of the camera")

    small = photos.prepare(taken)

    assert small.facts.taken_at == "2026-07-02T14:02:11+02:00"
    assert small.facts.position == Position(latitude=52.520008, longitude=13.404953, accuracy_m=5)
    image = opened(small.data)
    assert (dict(image.getexif()), image.info.get("comment")) == ({}, None)
    assert b"Camera of a person" not in small.data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(orientation: int) -> None:
    """The upper left quarter of what a person sees is red, however the camera was held."""
    upright = Image.new("RGB", (400, 200), "blue")
    upright.paste("red", (0, 0, 200, 100))
    backwards = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(backwards[orientation]) if orientation > 1 else upright

    small = photos.prepare(written(stored, exif=exif(orientation=orientation)))

    image = opened(small.data)
    assert image.size == (400, 200) == (small.facts.width, small.facts.height)
    red, blue = image.getpixel((50, 50)), image.getpixel((350, 150))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] - red[2] > 150
    assert blue[2] - blue[0] > 150


def test_a_screenshot_stays_what_it_is_where_that_is_smaller() -> None:
    screenshot = Image.new("RGB", (1080, 1920), "white")
    screenshot.paste("black", (100, 100, 900, 140))
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "somebody")

    small = photos.prepare(written(screenshot, "PNG", pnginfo=text, exif=exif(gps=BERLIN)))

    image = opened(small.data)
    assert (small.media_type, image.format, image.size) == ("image/png", "PNG", (1080, 1920))
    assert (dict(image.getexif()), b"somebody" in small.data) == ({}, False)


def test_a_photo_that_came_as_png_becomes_a_jpeg() -> None:
    small = photos.prepare(written(noise(1200, 900), "PNG"))

    assert (small.media_type, opened(small.data).format) == ("image/jpeg", "JPEG")


def test_what_is_transparent_becomes_white() -> None:
    see_through = noise(400, 300).convert("RGBA")
    see_through.paste((0, 0, 0, 0), (0, 0, 200, 300))

    small = photos.prepare(written(see_through, "WEBP", lossless=True))

    assert small.media_type == "image/jpeg"
    corner = opened(small.data).getpixel((20, 20))
    assert isinstance(corner, tuple)
    assert min(corner) > 240


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_photos_of_other_colours_are_read_too(mode: str) -> None:
    small = photos.prepare(written(noise(300, 200).convert(mode)))

    assert (small.facts.width, small.facts.height) == (300, 200)
    assert opened(small.data).mode == ("L" if mode == "L" else "RGB")


def test_a_cut_photo_is_kept_as_it_is_with_what_can_be_read() -> None:
    cut = written(noise(1600, 1200), exif=exif(gps=BERLIN))[:-9_000]

    kept = photos.prepare(cut)

    assert (kept.data, kept.media_type) == (cut, "image/jpeg")
    assert kept.facts.taken_at == "2026-07-02T14:02:11+02:00"
    assert kept.facts.position is not None
    assert (kept.facts.width, kept.facts.height) == (None, None)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\xff\xd8\xff\xe0 but nothing of a photo", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n but nothing of a picture", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_what_cannot_be_decoded_is_kept_as_it_is(data: bytes, media_type: str) -> None:
    kept = photos.prepare(data)

    assert (kept.data, kept.media_type, kept.facts) == (data, media_type, PhotoFacts())


def test_a_picture_too_large_to_decode_is_kept_as_it_is() -> None:
    huge = written(Image.new("1", (8000, 8000)), "PNG")

    kept = photos.prepare(huge)

    assert (kept.data, kept.facts.width) == (huge, None)


def test_what_does_not_begin_like_a_photo_is_refused() -> None:
    with pytest.raises(NotAPhoto, match=r"^6 bytes"):
        photos.prepare(b"<html>")


def test_south_and_west_are_negative() -> None:
    gps = BERLIN | {ExifTags.GPS.GPSLatitudeRef: "S", ExifTags.GPS.GPSLongitudeRef: "W"}

    position = photos.prepare(written(noise(80, 60), exif=exif(gps=gps))).facts.position

    assert position is not None
    assert (position.latitude, position.longitude) == (-52.520008, -13.404953)


@pytest.mark.parametrize(
    "wrong",
    [
        {ExifTags.GPS.GPSLatitude: (91.0, 0.0, 0.0)},
        {ExifTags.GPS.GPSLatitude: (52.0, 31.0)},
        {ExifTags.GPS.GPSLatitudeRef: "X"},
        {ExifTags.GPS.GPSLatitude: (0.0, 0.0, 0.0), ExifTags.GPS.GPSLongitude: (0.0, 0.0, 0.0)},
    ],
)
def test_a_position_that_cannot_be_is_none(wrong: dict[Any, Any]) -> None:
    small = photos.prepare(written(noise(80, 60), exif=exif(gps=BERLIN | wrong)))

    assert small.facts.position is None
    assert small.facts.taken_at is not None


@pytest.mark.parametrize(
    ("taken", "offset", "read"),
    [
        ("2026:07:02 14:02:11", None, "2026-07-02T14:02:11"),
        ("2026:07:02 14:02:11", "here", "2026-07-02T14:02:11"),
        ("0000:00:00 00:00:00", None, None),
        ("yesterday", "+02:00", None),
        ("", None, None),
    ],
)
def test_a_time_is_taken_as_the_camera_wrote_it_or_not_at_all(
    taken: str, offset: str | None, read: str | None
) -> None:
    small = photos.prepare(written(noise(80, 60), exif=exif(taken=taken, offset=offset)))

    assert small.facts.taken_at == read


def test_the_same_photo_gives_the_same_bytes() -> None:
    taken = written(noise(2500, 900), exif=exif(gps=BERLIN))

    assert photos.prepare(taken) == photos.prepare(taken)


WHOLE = {
    kind: written(noise(60, 40), kind, exif=exif(gps=BERLIN)) for kind in ("JPEG", "PNG", "WEBP")
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow warns of garbage that it passes over
@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(WHOLE)))
def test_no_damage_to_a_file_keeps_a_photo_from_being_recorded(
    data: st.DataObject, kind: str
) -> None:
    whole = WHOLE[kind]
    damaged = bytearray(whole[: data.draw(st.integers(16, len(whole)))])
    for _ in range(data.draw(st.integers(0, 6))):
        damaged[data.draw(st.integers(12, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    small = photos.prepare(bytes(damaged))

    assert small.data
