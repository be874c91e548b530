"""The two readers of codes, each behind the same function.

They fail differently: zxing-cpp reads noise, QR and Data Matrix better, ZBar hard shadows and faint
print. Only symbologies that ONT labels use are asked for: EAN, UPC, ITF and DataBar give phantoms.
"""

from collections.abc import Callable, Iterator
from typing import Final, Protocol, cast

import zxingcpp
from PIL import Image

from field_client.scanning.reading import Reading

ReadCodes = Callable[[Image.Image], Iterator[Reading]]

_BARS: Final = (zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.Code39)
_SQUARES: Final = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix)
_ONLY_BARS: Final = zxingcpp.BarcodeFormats([*_BARS])
_ALL: Final = zxingcpp.BarcodeFormats([*_BARS, *_SQUARES])


class _ZbarCode(Protocol):
    data: bytes
    type: str


class _Decode(Protocol):
    def __call__(self, image: Image.Image, symbols: list[object]) -> list[_ZbarCode]: ...


def read_zxing(picture: Image.Image) -> Iterator[Reading]:
    """Read all that labels carry, dark on light or light on dark as some cases are printed."""
    return _read(picture, _ALL, is_inverted_too=True)


def read_zxing_dark(picture: Image.Image) -> Iterator[Reading]:
    """Read dark on light only, which takes half as long."""
    return _read(picture, _ALL)


def read_zxing_bars(picture: Image.Image) -> Iterator[Reading]:
    """Read dark bars only; for pictures on which squares are distorted."""
    return _read(picture, _ONLY_BARS)


def _read(
    picture: Image.Image, formats: zxingcpp.BarcodeFormats, *, is_inverted_too: bool = False
) -> Iterator[Reading]:
    # Plain: the default text mode rewrites the control characters of ISO 15434.
    for code in zxingcpp.read_barcodes(
        picture,
        formats=formats,
        text_mode=zxingcpp.TextMode.Plain,
        try_invert=is_inverted_too,
    ):
        yield Reading(code.text, str(code.format), is_corrected=code.format in _SQUARES)


def find_zbar() -> ReadCodes | None:
    """Load ZBar if it can be; its wheel for Linux brings no library.

    It is asked for bars alone: it knows no Data Matrix, garbles QR text that is not UTF-8, and its
    DataBar decoder writes warnings to stderr on ordinary photos.
    """
    try:
        from pyzbar import pyzbar  # noqa: PLC0415  optional at run time
    except ImportError:
        return None
    decode = cast("_Decode", pyzbar.decode)  # pyright: ignore[reportUnknownMemberType]  untyped
    symbols: list[object] = [pyzbar.ZBarSymbol.CODE128, pyzbar.ZBarSymbol.CODE39]
    names = {"CODE128": "Code 128", "CODE39": "Code 39"}

    def read(picture: Image.Image) -> Iterator[Reading]:
        for code in decode(picture, symbols=symbols):
            yield Reading(code.data.decode("utf-8", "replace"), names.get(code.type, code.type))

    return read
