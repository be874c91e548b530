import io

import zxingcpp
from PIL import Image

from server.demo.label import draw_label, draw_photo


def test_a_label_carries_the_serial_and_another_number() -> None:
    picture = Image.open(io.BytesIO(draw_label("HWTC5A111600", mac="48:57:54:11:16:00")))

    read = {code.text for code in zxingcpp.read_barcodes(picture)}

    assert read == {"HWTC5A111600", "48:57:54:11:16:00"}


def test_a_photo_is_a_jpeg() -> None:
    assert draw_photo("ont_mounted").startswith(b"\xff\xd8\xff")
