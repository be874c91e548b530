"""Codes on a photo of an ONT label: every text found, and which of them is a PON serial.

Two engines that fail differently: zxing-cpp reads noise, dark, QR and Data Matrix better, ZBar hard
shadows and faint print. The order is the measured one, cheapest first, and ends as soon as a serial
is found. Only symbologies that labels use are read: EAN and UPC give phantoms.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol, cast

import msgspec
import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

from sync_protocol.serials import NotAnOntSerial, OntSerial, parse_serial

PIXELS_MAX: Final = 50_000_000
_LARGE, _SMALL = 2000, 1200
_TILTS: Final = tuple(sign * angle for angle in range(12, 73, 12) for sign in (1, -1))
"""A 1-D label has no straight scan line past about 7 degrees; a sweep of 12 found 66 of 66."""


class NotAnImage(ValueError):
    """The bytes are no image, or one too large to decode; type the serial instead."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was read; ``serial`` where its text is or holds a PON serial."""

    text: str
    symbology: str
    serial: OntSerial | None = None


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found, so that the technician can choose."""

    candidates: tuple[Candidate, ...]

    @property
    def serials(self) -> tuple[OntSerial, ...]:
        """The distinct serials, in the order found."""
        return tuple(dict.fromkeys(found.serial for found in self.candidates if found.serial))


class Scanner(Protocol):
    """Reads the codes of one photo."""

    def scan(self, image: bytes) -> ScanResult:
        """Give what is on it; an empty result is an answer.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        ...


class _ZbarCode(Protocol):
    data: bytes
    type: str


class _Decode(Protocol):
    def __call__(self, image: Image.Image, symbols: list[object]) -> list[_ZbarCode]: ...


Engine = Callable[[Image.Image], Iterable[tuple[str, str]]]


class LabelScanner:
    """zxing-cpp, and ZBar where its library is installed."""

    def __init__(self, zbar: Engine | None) -> None:
        self._zbar = zbar

    def scan(self, image: bytes) -> ScanResult:
        """Go through the steps until one gives a serial."""
        found: dict[str, Candidate] = {}
        for engine, picture in self._steps(_open(image)):
            for text, symbology in engine(picture):
                found.setdefault(
                    text, Candidate(text=text, symbology=symbology, serial=find_serial(text))
                )
            if any(candidate.serial for candidate in found.values()):
                break
        return ScanResult(candidates=tuple(found.values()))

    def _steps(self, large: Image.Image) -> Iterator[tuple[Engine, Image.Image]]:
        yield _read_zxing, large
        small = _capped(large, _SMALL)
        yield _read_zxing, small
        if self._zbar is not None:
            yield self._zbar, large
        for angle in _TILTS:
            yield _read_zxing, _rotated(small, angle)
        yield _read_zxing, ImageOps.autocontrast(large)


_ISO_15434: Final = "[)>\x1e"
_SEPARATORS: Final = re.compile(r"[\x1d\x1e\x04\n\r;,|]+")


def find_serial(text: str) -> OntSerial | None:
    """Find the PON serial in the text of one code: bare, in hex, or as a field among others.

    >>> find_serial("MAC:10394EB5DA90;SN:HWTC1A2B3C4D"), find_serial("3FE49715AEAA")
    ('HWTC1A2B3C4D', None)
    """
    whole = _parse(text)
    if whole is not None:
        return whole
    is_iso = text.startswith(_ISO_15434)
    for part in _SEPARATORS.split(text.removeprefix(_ISO_15434)):
        # Data identifier S is the serial (ANSI MH10.8.2).
        bare = part.removeprefix("S") if is_iso else part
        serial = _parse(bare)
        if serial is not None:
            return serial
    return None


def _parse(text: str) -> OntSerial | None:
    try:
        return parse_serial(text)
    except NotAnOntSerial:
        return None


def _open(image: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(image), formats=("JPEG", "PNG", "WEBP"))
        if picture.width * picture.height > PIXELS_MAX:
            raise NotAnImage(
                f"{picture.width} x {picture.height} pixels; up to {PIXELS_MAX // 10**6} million"
            )
        picture.draft("L", (_LARGE, _LARGE))
        upright = ImageOps.exif_transpose(picture)
        return _capped(_on_white(upright), _LARGE)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAnImage(
            f"{len(image)} bytes that begin with {image[:8].hex()} are no JPEG, PNG or WebP image"
        ) from error


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in {"RGBA", "LA", "P"}:
        layered = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("L")
    return picture.convert("L")


def _rotated(picture: Image.Image, angle: int) -> Image.Image:
    return picture.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def _capped(picture: Image.Image, side_max: int) -> Image.Image:
    if max(picture.size) <= side_max:
        return picture
    smaller = picture.copy()
    smaller.thumbnail((side_max, side_max))
    return smaller


_FORMATS: Final = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.Code39,
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.DataMatrix,
    ]
)


def _read_zxing(picture: Image.Image) -> Iterator[tuple[str, str]]:
    # Plain: the default text mode rewrites the control characters of ISO 15434.
    for code in zxingcpp.read_barcodes(
        picture, formats=_FORMATS, text_mode=zxingcpp.TextMode.Plain
    ):
        yield code.text, str(code.format)


def find_zbar() -> Engine | None:
    """Load ZBar if it can be; its wheel for Linux brings no library."""
    try:
        from pyzbar import pyzbar  # noqa: PLC0415  optional at run time
    except ImportError:
        return None
    decode = cast("_Decode", pyzbar.decode)  # pyright: ignore[reportUnknownMemberType]  untyped
    symbols: list[object] = [
        pyzbar.ZBarSymbol.CODE128,
        pyzbar.ZBarSymbol.CODE39,
        pyzbar.ZBarSymbol.QRCODE,
    ]

    def read(picture: Image.Image) -> Iterator[tuple[str, str]]:
        for code in decode(picture, symbols=symbols):
            yield code.data.decode("utf-8", "replace"), code.type

    return read
