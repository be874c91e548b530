import io

import pytest
import zxingcpp
from PIL import Image

from field_client.scanner import LabelScanner, NotAnImage, find_serial, find_zbar
from tests.field_client.labels import CODE_128, DATA_MATRIX, QR_CODE, draw_label

SERIAL = "HWTC1A2B3C4D"
MAC_LIKE = "3FE49715AEAA"


@pytest.fixture(scope="module")
def label_scanner() -> LabelScanner:
    return LabelScanner(find_zbar())


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        (SERIAL, CODE_128),
        (f"SN:{SERIAL}", CODE_128),
        ("485754431A2B3C4D", CODE_128),
        (f"MAC:10394EB5DA90;SN:{SERIAL}", QR_CODE),
        (f"[)>\x1e06\x1dP3FE1\x1dS{SERIAL}\x1e\x04", DATA_MATRIX),
    ],
)
def test_a_serial_is_found_in_every_form_that_labels_use(
    label_scanner: LabelScanner, text: str, symbology: zxingcpp.BarcodeFormat
) -> None:
    found = label_scanner.scan(draw_label((text, symbology)))

    assert found.serials == (SERIAL,)
    assert [candidate.text for candidate in found.candidates] == [text]


def test_a_number_that_looks_like_a_mac_is_shown_and_not_taken(
    label_scanner: LabelScanner,
) -> None:
    found = label_scanner.scan(draw_label((MAC_LIKE, CODE_128), (SERIAL, CODE_128)))

    assert {candidate.text for candidate in found.candidates} == {MAC_LIKE, SERIAL}
    assert found.serials == (SERIAL,)


@pytest.mark.parametrize("rotation", [0, 8, 12, 30, 45, 60, 90, 180])
def test_a_turned_label_is_read(label_scanner: LabelScanner, rotation: int) -> None:
    found = label_scanner.scan(draw_label((SERIAL, CODE_128), rotation=rotation))

    assert found.serials == (SERIAL,)


def test_a_faint_label_is_read(label_scanner: LabelScanner) -> None:
    assert label_scanner.scan(draw_label((SERIAL, CODE_128), contrast=0.2)).serials == (SERIAL,)


def test_scanning_works_where_zbar_is_not_installed() -> None:
    found = LabelScanner(None).scan(draw_label((SERIAL, CODE_128), rotation=30))

    assert found.serials == (SERIAL,)


def test_zbar_is_asked_before_the_sweep_of_angles() -> None:
    asked: list[tuple[int, int]] = []

    def read(picture: Image.Image) -> list[tuple[str, str]]:
        asked.append(picture.size)
        return [(SERIAL, "CODE128")]

    blank = io.BytesIO()
    Image.new("L", (300, 200), 255).save(blank, "PNG")

    assert LabelScanner(read).scan(blank.getvalue()).serials == (SERIAL,)
    assert asked == [(300, 200)]


def test_an_empty_wall_is_an_answer(label_scanner: LabelScanner) -> None:
    file = io.BytesIO()
    Image.new("L", (300, 200), 255).save(file, "PNG")

    assert label_scanner.scan(file.getvalue()).candidates == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        b"\x89PNG\r\n\x1a\ncut short",
        b"\xff\xd8\xff\xe0",
        b"GIF89a" + bytes(9),
    ],
)
def test_bytes_that_are_no_image_are_named(label_scanner: LabelScanner, data: bytes) -> None:
    with pytest.raises(NotAnImage, match=f"{len(data)} bytes that begin with"):
        label_scanner.scan(data)


def test_an_image_too_large_to_decode_is_refused_by_its_header(
    label_scanner: LabelScanner,
) -> None:
    file = io.BytesIO()
    Image.new("1", (10_000, 6_000)).save(file, "PNG")

    with pytest.raises(NotAnImage, match="10000 x 6000 pixels"):
        label_scanner.scan(file.getvalue())


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        (SERIAL, SERIAL),
        ("444C4E4B20400005", "DLNK20400005"),
        (MAC_LIKE, None),
        ("[)>\x1e06\x1dP3FE1\x1dH10394EB5DA90\x1dSHBMT22700048\x1e\x04", "HBMT22700048"),
        ("C2208136041", None),
        ("", None),
    ],
)
def test_only_what_is_a_serial_is_taken_for_one(text: str, serial: str | None) -> None:
    assert find_serial(text) == serial
