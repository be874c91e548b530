import io

import pytest
from PIL import Image

from field_client.scanning.bars import find_bars
from tests.field_client.labels import CODE_128, QR_CODE, draw_label

SERIAL = "HWTC1A2B3C4D"


def photo_of(
    label: bytes, at: tuple[int, int], size: tuple[int, int] = (4000, 3000)
) -> Image.Image:
    photo = Image.new("L", size, 140)
    photo.paste(Image.open(io.BytesIO(label)).convert("L"), at)
    return photo


@pytest.mark.parametrize("rotation", [-80, -45, -10, 0, 7, 33, 60, 85])
def test_bars_are_found_where_they_are_with_the_turn_that_sets_them_upright(rotation: int) -> None:
    photo = photo_of(draw_label((SERIAL, CODE_128), rotation=rotation), (2000, 1200))

    bars = find_bars(photo, 1)[0]

    assert (bars.left + bars.right) / 2 == pytest.approx(2000 + 450, abs=350)
    assert (bars.top + bars.bottom) / 2 == pytest.approx(1200 + 300, abs=450)
    assert abs((bars.turn_degrees + rotation + 90) % 180 - 90) < 3


def test_a_square_or_a_wall_has_no_bars_that_stand_out() -> None:
    assert find_bars(Image.new("L", (400, 300), 90), 3) == ()
    square = find_bars(photo_of(draw_label((SERIAL, QR_CODE)), (0, 0), (900, 500)), 3)
    assert len(square) <= 3


def test_no_more_places_are_given_than_asked_for() -> None:
    label = draw_label(*[(SERIAL, CODE_128)] * 4)

    assert len(find_bars(photo_of(label, (0, 0), (2000, 1500)), 2)) <= 2
