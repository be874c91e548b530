"""Pictures as a tablet's camera would make them: the label of an ONT, and a photo of the work."""

import io
from collections.abc import Callable
from typing import cast

import zxingcpp
from PIL import Image, ImageDraw

_LABEL_SIZE = (900, 460)
_PHOTO_SIZE = (640, 480)


def draw_label(serial: str, *, mac: str) -> bytes:
    """Draw a label with two Code 128 codes, MAC and PON serial, a little crooked; a PNG file.

    The MAC is there because real labels carry several numbers and only one is the PON serial.
    """
    label = Image.new("L", _LABEL_SIZE, 255)
    pen = ImageDraw.Draw(label)
    for row, (name, text) in enumerate((("MAC", mac), ("PON S/N", serial))):
        top = 30 + 210 * row
        pen.text((60, top), f"{name} {text}", fill=0)
        label.paste(_code(text), (60, top + 24))
    turned = label.rotate(2.5, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return _file(turned, "PNG")


def draw_photo(caption: str) -> bytes:
    """Draw something to stand for a photo; a JPEG file."""
    photo = Image.new("RGB", _PHOTO_SIZE, (196, 188, 170))
    pen = ImageDraw.Draw(photo)
    pen.rectangle((200, 140, 440, 340), fill=(245, 245, 245), outline=(90, 90, 90), width=4)
    pen.text((24, 24), caption, fill=(40, 40, 40))
    return _file(photo, "JPEG")


def _code(text: str) -> Image.Image:
    create = cast(
        "Callable[[str, zxingcpp.BarcodeFormat], zxingcpp.Barcode]",
        zxingcpp.create_barcode,  # pyright: ignore[reportUnknownMemberType]  its stub is partial
    )
    # Its image is a buffer of height times width bytes, which its stub does not say.
    drawn = create(text, zxingcpp.BarcodeFormat.Code128).to_image(scale=3)
    pixels = memoryview(cast("bytes", drawn))
    height, width = pixels.shape or (0, 0)
    return Image.frombytes("L", (width, height), pixels.tobytes())


def _file(picture: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind)
    return stream.getvalue()
