"""Label images: codes as an ONT carries them, drawn by zxing-cpp's writer."""

import io
from collections.abc import Callable
from typing import cast

import zxingcpp
from PIL import Image

CODE_128 = zxingcpp.BarcodeFormat.Code128
QR_CODE = zxingcpp.BarcodeFormat.QRCode
DATA_MATRIX = zxingcpp.BarcodeFormat.DataMatrix


def draw_code(text: str, symbology: zxingcpp.BarcodeFormat, scale: int = 3) -> Image.Image:
    """Draw one code."""
    create = cast(
        "Callable[[str, zxingcpp.BarcodeFormat], zxingcpp.Barcode]",
        zxingcpp.create_barcode,  # pyright: ignore[reportUnknownMemberType]  its stub is partial
    )
    # Its image is a buffer of height times width bytes, which its stub does not say.
    pixels = memoryview(cast("bytes", create(text, symbology).to_image(scale=scale)))
    height, width = pixels.shape or (0, 0)
    return Image.frombytes("L", (width, height), pixels.tobytes())


def draw_label(
    *codes: tuple[str, zxingcpp.BarcodeFormat], rotation: float = 0, contrast: float = 1
) -> bytes:
    """Draw codes one above the other on a white label; a PNG file."""
    label = Image.new("L", (900, 120 + 320 * len(codes)), 255)
    for number, (text, symbology) in enumerate(codes):
        label.paste(draw_code(text, symbology), (120, 60 + 320 * number))
    white = Image.new("L", label.size, 255)
    faint = Image.blend(white, label, contrast)
    turned = faint.rotate(rotation, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    file = io.BytesIO()
    turned.save(file, "PNG")
    return file.getvalue()
