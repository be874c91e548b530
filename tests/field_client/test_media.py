import pytest

from field_client import media
from tests.field_client.factories import JPEG, SVG


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (JPEG, "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0", "image/heic"),
    ],
)
def test_a_photo_is_known_by_its_first_bytes(data: bytes, media_type: str) -> None:
    assert media.photo_media_type(data) == media_type


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xd8", b"RIFF\0\0\0\0WAVE"])
def test_bytes_that_are_no_photo_are_named(data: bytes) -> None:
    with pytest.raises(media.NotAPhoto, match=f"^{len(data)} bytes"):
        media.photo_media_type(data)


@pytest.mark.parametrize("svg", ["", "a scribble", "<svg>", "<html></svg>"])
def test_a_signature_is_a_drawing_or_named(svg: str) -> None:
    assert media.drawing_bytes(SVG) == SVG.encode()
    with pytest.raises(media.NotADrawing, match="begins with <svg"):
        media.drawing_bytes(svg)
