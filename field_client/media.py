"""What the files of a capture may be, told by their first bytes, never by a name."""

from collections.abc import Sequence
from typing import Final


class NotAPhoto(ValueError):
    """The bytes are no photo; nothing was recorded."""


class NotADrawing(ValueError):
    """The signature is no SVG drawing; nothing was recorded."""


_MAGIC: Final[Sequence[tuple[int, bytes, str]]] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypheic", "image/heic"),
)


def photo_media_type(data: bytes) -> str:
    """Tell a photo's format by its first bytes.

    Raises:
        NotAPhoto: says what it begins with and what would be right.
    """
    for offset, magic, media_type in _MAGIC:
        if data[offset : offset + len(magic)] == magic:
            return media_type
    raise NotAPhoto(
        f"{len(data)} bytes that begin with {data[:8].hex() or 'nothing'} are no photo; "
        "JPEG, PNG, WebP and HEIC are"
    )


def drawing_bytes(svg: str) -> bytes:
    """Check that a signature is a drawing.

    Raises:
        NotADrawing: says what it begins with and what would be right.
    """
    if not svg.lstrip().startswith("<svg") or not svg.rstrip().endswith("</svg>"):
        raise NotADrawing(f"{svg[:40]!r} is no drawing; it begins with <svg and ends with </svg>")
    return svg.encode()
