"""Labels as ONTs carry them, drawn from a seed: their codes, and what is printed beside."""

import random
from collections.abc import Callable
from typing import Final

import msgspec
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from field_client.scanning.shapes import resized
from tests.field_client.labels import CODE_128, DATA_MATRIX, QR_CODE, draw_code

CODE_39: Final = zxingcpp.BarcodeFormat.Code39
MODULE_PX: Final = 4
"""Of a bar code on a label as drawn; a photo shows it smaller."""
_SQUARE_MODULE_PX: Final = 6
"""Of a 2-D code: printers need larger dots where there are no bars to lean on."""
_VENDORS: Final = ("HWTC", "ZTEG", "ALCL", "DLNK", "FHTT", "HBMT", "CXNK", "UBNT", "SMBS", "ZYWN")
_MARGIN: Final = 48
_BAR_HEIGHT: Final = 24 * MODULE_PX

Code = tuple[str, str, zxingcpp.BarcodeFormat]
"""What is printed above a code, its text, and how it is drawn."""


class Numbers(msgspec.Struct, frozen=True):
    """What one ONT is known by."""

    serial: str
    mac: str
    part: str
    product_serial: str

    @property
    def hex_serial(self) -> str:
        """The serial as some vendors print it: sixteen hex digits."""
        return self.serial[:4].encode("ascii").hex().upper() + self.serial[4:]


class Label(msgspec.Struct, frozen=True):
    """A drawn label and the serial that must be read from it."""

    variant: str
    serial: str
    picture: Image.Image


def draw_numbers(chance: random.Random) -> Numbers:
    """Draw an ONT."""
    vendor = chance.choice(_VENDORS)
    return Numbers(
        serial=f"{vendor}{chance.randrange(1, 0xFFFFFFFF):08X}",
        mac=f"10394E{chance.randrange(0x1000000):06X}",
        part=f"3FE{chance.randrange(10**5):05d}{''.join(chance.choices('ABCDEF', k=4))}",
        product_serial=f"C{chance.randrange(10**10):010d}",
    )


def _plain(of: Numbers) -> tuple[Code, ...]:
    return ("GPON S/N", of.serial, CODE_128), ("MAC", of.mac, CODE_128)


def _with_qr(of: Numbers) -> tuple[Code, ...]:
    return (*_plain(of), ("", f"SN:{of.serial};MAC:{of.mac};PN:{of.part}", QR_CODE))


def _with_iso_15434(of: Numbers) -> tuple[Code, ...]:
    message = f"[)>\x1e06\x1dP{of.part}\x1dH{of.mac}\x1dS{of.serial}\x1e\x04"
    return ("P/N", of.part, CODE_128), ("MAC", of.mac, CODE_128), ("", message, DATA_MATRIX)


def _in_hex(of: Numbers) -> tuple[Code, ...]:
    return ("GPON S/N", of.hex_serial, CODE_128), ("MAC", of.mac, CODE_128)


def _beside_a_part_number(of: Numbers) -> tuple[Code, ...]:
    return ("P/N", of.part, CODE_128), ("S/N", of.serial, CODE_128)


def _in_code_39(of: Numbers) -> tuple[Code, ...]:
    return ("S/N", of.product_serial, CODE_39), ("PON", of.serial, CODE_39)


VARIANTS: Final[dict[str, Callable[[Numbers], tuple[Code, ...]]]] = {
    "code128": _plain,
    "with_qr": _with_qr,
    "iso_15434": _with_iso_15434,
    "hex": _in_hex,
    "part_number": _beside_a_part_number,
    "code39": _in_code_39,
}


def draw_label(variant: str, numbers: Numbers) -> Label:
    """Draw a label: bars below one another, a 2-D code to their right."""
    codes = VARIANTS[variant](numbers)
    bars = [code for code in codes if code[0]]
    drawn = [(title, text, _bars(text, symbology)) for title, text, symbology in bars]
    squares = [code for code in codes if not code[0]]
    square = [draw_code(text, symbology, _SQUARE_MODULE_PX) for _, text, symbology in squares]
    width = max(picture.width for _, _, picture in drawn) + 2 * _MARGIN
    row = _BAR_HEIGHT + 64
    height = _MARGIN + 60 + row * len(drawn) + _MARGIN // 2
    beside = square[0].width + _MARGIN if square else 0
    face = Image.new("L", (width + beside, max(height, 280)), 250)
    pen = ImageDraw.Draw(face)
    pen.rectangle((6, 6, face.width - 7, face.height - 7), outline=60, width=3)
    pen.text((_MARGIN, 24), f"GPON ONT  GX-{numbers.part[3:6]}  12V 1A", fill=40, font=_font(34))
    for number, (title, text, picture) in enumerate(drawn):
        top = _MARGIN + 50 + row * number
        face.paste(picture, (_MARGIN, top))
        printed = f"{title}: {text}"
        pen.text((_MARGIN + 20, top + _BAR_HEIGHT + 6), printed, fill=30, font=_font(30))
    for picture in square:
        face.paste(picture, (width - _MARGIN // 2, 90))
    return Label(variant, numbers.serial, face)


def _bars(text: str, symbology: zxingcpp.BarcodeFormat) -> Image.Image:
    drawn = draw_code(text, symbology, MODULE_PX)
    return resized(drawn, (drawn.width, _BAR_HEIGHT), Image.Resampling.NEAREST)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
