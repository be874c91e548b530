import io
import itertools
import struct
import time
import zlib
from collections.abc import Iterator

import pytest
import zxingcpp
from PIL import Image

from field_client.scanning import LabelScanner, NotAnImage, find_zbar
from field_client.scanning.engines import ReadCodes
from field_client.scanning.label_scanner import BUDGET_S
from field_client.scanning.reading import Reading
from tests.field_client.labels import CODE_128, DATA_MATRIX, QR_CODE, draw_label

SERIAL = "HWTC1A2B3C4D"
OTHER = "ZTEGC0FFEE01"
MAC_LIKE = "3FE49715AEAA"


@pytest.fixture(scope="module")
def label_scanner() -> LabelScanner:
    return LabelScanner(find_zbar(), time.monotonic)


def blank(size: tuple[int, int] = (300, 200)) -> bytes:
    file = io.BytesIO()
    Image.new("L", size, 255).save(file, "PNG")
    return file.getvalue()


def a_vent() -> bytes:
    """Draw a place with bars that are no code, so that every step has something to look at."""
    picture = Image.new("L", (300, 200), 255)
    for left in range(40, 260, 20):
        picture.paste(0, (left, 40, left + 10, 160))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


class ScriptedZbar:
    """Finds on each picture what the next line of a script says."""

    def __init__(self, *script: tuple[Reading, ...]) -> None:
        self._script = iter(script)
        self.asked = 0

    def __call__(self, _picture: Image.Image) -> Iterator[Reading]:
        self.asked += 1
        return iter(next(self._script, ()))


def bar(text: str) -> Reading:
    return Reading(text, "Code 128")


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        (SERIAL, CODE_128),
        (f"SN:{SERIAL}", CODE_128),
        ("485754431A2B3C4D", CODE_128),
        (SERIAL, zxingcpp.BarcodeFormat.Code39),
        (f"MAC:10394EB5DA90;SN:{SERIAL}", QR_CODE),
        (f"[)>\x1e06\x1dP3FE1\x1dS{SERIAL}\x1e\x04", DATA_MATRIX),
    ],
)
def test_a_serial_is_found_in_every_form_that_labels_use(
    label_scanner: LabelScanner, text: str, symbology: zxingcpp.BarcodeFormat
) -> None:
    found = label_scanner.scan(draw_label((text, symbology)))

    assert found.sure == SERIAL
    assert [candidate.text for candidate in found.candidates] == [text]


def test_a_number_that_looks_like_a_mac_is_shown_and_not_taken(
    label_scanner: LabelScanner,
) -> None:
    found = label_scanner.scan(draw_label((MAC_LIKE, CODE_128), (SERIAL, CODE_128)))

    assert {candidate.text for candidate in found.candidates} == {MAC_LIKE, SERIAL}
    assert (found.serials, found.sure) == ((SERIAL,), SERIAL)


def test_of_two_serials_none_is_taken_silently(label_scanner: LabelScanner) -> None:
    found = label_scanner.scan(draw_label((OTHER, CODE_128), (SERIAL, CODE_128)))

    assert set(found.serials) == {OTHER, SERIAL}
    assert found.sure is None


def test_a_serial_in_bars_beside_another_in_a_square_is_seen(label_scanner: LabelScanner) -> None:
    found = label_scanner.scan(draw_label((f"SN:{OTHER}", QR_CODE), (SERIAL, CODE_128)))

    assert (set(found.serials), found.sure) == ({OTHER, SERIAL}, None)


@pytest.mark.parametrize("rotation", [0, 8, 12, 30, 45, 60, 90, 180, 251])
def test_a_turned_label_is_read(label_scanner: LabelScanner, rotation: int) -> None:
    found = label_scanner.scan(draw_label((SERIAL, CODE_128), rotation=rotation))

    assert found.sure == SERIAL


def test_a_faint_label_is_read(label_scanner: LabelScanner) -> None:
    assert label_scanner.scan(draw_label((SERIAL, CODE_128), contrast=0.2)).sure == SERIAL


def test_scanning_works_where_zbar_is_not_installed() -> None:
    scanner = LabelScanner(None, time.monotonic)

    assert scanner.scan(draw_label((SERIAL, CODE_128), rotation=30)).sure == SERIAL


@pytest.mark.parametrize("zbar", [None, find_zbar()])
@pytest.mark.parametrize("rotation", [0, 30])
def test_a_frame_of_a_live_camera_is_read(zbar: ReadCodes | None, rotation: int) -> None:
    scanner = LabelScanner(zbar, time.monotonic)

    found = scanner.scan_frame(draw_label((SERIAL, CODE_128), rotation=rotation))

    assert found.sure == SERIAL


def test_a_frame_is_looked_at_a_few_times_only() -> None:
    zbar = ScriptedZbar()

    found = LabelScanner(zbar, time.monotonic).scan_frame(a_vent())

    assert (found.candidates, zbar.asked) == ((), 1)


def test_bars_count_when_one_reader_reads_them_alike_three_times() -> None:
    zbar = ScriptedZbar((bar(SERIAL),), (bar(SERIAL),), (bar(SERIAL),), (bar(OTHER),))

    found = LabelScanner(zbar, time.monotonic).scan(a_vent())

    assert (found.sure, zbar.asked) == (SERIAL, 3)


def test_bars_count_when_both_readers_read_them_alike() -> None:
    zbar = ScriptedZbar((bar(SERIAL),), (bar(OTHER),))

    found = LabelScanner(zbar, time.monotonic).scan(draw_label((SERIAL, CODE_128)))

    assert (found.sure, zbar.asked) == (SERIAL, 1)


def test_bars_that_were_read_once_are_shown_and_not_taken() -> None:
    found = LabelScanner(ScriptedZbar((bar(SERIAL),)), time.monotonic).scan(blank())

    assert (found.serials, found.sure, found.is_complete) == ((SERIAL,), None, True)


def test_two_readings_that_differ_are_a_question() -> None:
    zbar = ScriptedZbar((bar(OTHER),))

    found = LabelScanner(zbar, time.monotonic).scan(draw_label((SERIAL, CODE_128)))

    assert (set(found.serials), found.sure) == ({SERIAL, OTHER}, None)


def test_a_photo_that_gives_nothing_is_given_up_when_the_time_is_over() -> None:
    seconds = itertools.count(0.0, BUDGET_S / 3)
    zbar = ScriptedZbar()

    found = LabelScanner(zbar, lambda: next(seconds)).scan(blank())

    assert (found.candidates, found.is_complete, zbar.asked) == ((), False, 1)


def test_what_was_found_before_the_time_was_over_is_told() -> None:
    seconds = itertools.count(0.0, BUDGET_S / 3)

    found = LabelScanner(ScriptedZbar((bar(SERIAL),)), lambda: next(seconds)).scan(blank())

    assert (found.serials, found.sure, found.is_complete) == ((SERIAL,), None, False)


def test_an_empty_wall_is_an_answer(label_scanner: LabelScanner) -> None:
    found = label_scanner.scan(blank())

    assert (found.candidates, found.is_complete) == ((), True)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (17, 3)])
def test_a_picture_too_small_for_any_code_is_an_answer(
    label_scanner: LabelScanner, size: tuple[int, int]
) -> None:
    assert label_scanner.scan(blank(size)).candidates == ()
    assert label_scanner.scan_frame(blank(size)).candidates == ()


def with_a_comment_that_grows(png: bytes) -> bytes:
    """Put five megabytes of nothing, packed small, behind the header of a PNG."""
    body = b"zTXtcomment\0\0" + zlib.compress(bytes(5_000_000))
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        b"\x89PNG\r\n\x1a\ncut short",
        b"\xff\xd8\xff\xe0",
        b"GIF89a" + bytes(9),
        blank()[:-30],
        blank()[:20],
        with_a_comment_that_grows(blank()),
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
