"""Photos of labels, made from a seed with Pillow alone: turned, skewed, out of focus, badly lit.

Lengths of blur are in modules of the label's codes, so that they mean the same at every size.
"""

import io
import math
import random
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from field_client.scanning.shapes import resized
from tests.benchmarks.labels import MODULE_PX, Label

Corner = tuple[float, float]
SIZE: Final = (1280, 960)
SIZE_12MP: Final = (4032, 3024)


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """How a photo is taken; the defaults are a good one."""

    size: tuple[int, int] = SIZE
    module_px: float = 2.6
    turn_degrees: float = 0
    skew: float = 0
    """How far corners are off, as a share of the label's height."""
    blur_modules: float = 0
    motion_modules: float = 0
    motion_degrees: float = 0
    noise: float = 3
    """Standard deviation in grey levels of 255."""
    contrast: float = 1
    light: float = 1
    shadow: float = 1
    """What is left of the light behind a hard edge; 1 is no shadow."""
    glare: float = 0
    """How much of the label's area shines."""
    jpeg_quality: int = 88


def take(label: Label, shot: Shot, chance: random.Random) -> bytes:
    """Take the photo; a JPEG file."""
    face = _printed(label.picture, shot, chance)
    scene = _background(shot.size, chance)
    _paste(scene, face, shot, chance)
    scene = _lit(scene, shot, chance)
    scene = _seen(scene, shot)
    file = io.BytesIO()
    _noisy(_tinted(scene, chance), shot, chance).save(file, "JPEG", quality=shot.jpeg_quality)
    return file.getvalue()


def _printed(picture: Image.Image, shot: Shot, chance: random.Random) -> Image.Image:
    """Bring the label to its size on the photo, with its contrast and its glare."""
    scale = shot.module_px / MODULE_PX
    size = (round(picture.width * scale), round(picture.height * scale))
    face = resized(picture, size, Image.Resampling.LANCZOS)
    if shot.contrast < 1:
        face = Image.blend(Image.new("L", size, 165), face, shot.contrast)
    if shot.glare:
        _shine(face, shot.glare, chance)
    return face


def _shine(face: Image.Image, share: float, chance: random.Random) -> None:
    radius = math.sqrt(share * face.width * face.height / math.pi)
    x, y = chance.uniform(0.2, 0.8) * face.width, chance.uniform(0.2, 0.8) * face.height
    spot = Image.new("L", face.size, 0)
    around = (x - radius * 1.3, y - radius / 1.3, x + radius * 1.3, y + radius / 1.3)
    ImageDraw.Draw(spot).ellipse(around, fill=255)
    face.paste(255, mask=spot.filter(ImageFilter.GaussianBlur(max(2, radius / 6))))


def _background(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Draw the case of a device on some wall: soft patches, a few edges, slots as vents have."""
    coarse = Image.frombytes("L", (8, 6), chance.randbytes(48))
    scene = _mapped(resized(coarse, size), lambda v: 70 + v * 90 / 255)
    pen = ImageDraw.Draw(scene)
    for _ in range(6):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        across, down = chance.randrange(40, size[0] // 3), chance.randrange(40, size[1] // 3)
        pen.rectangle((x, y, x + across, y + down), fill=chance.randrange(50, 200))
    slot = max(5, size[0] // 160)
    x, y = chance.randrange(size[0] // 2), chance.randrange(size[1] // 2)
    for number in range(12):
        left = x + number * 2 * slot
        pen.rectangle((left, y, left + slot, y + 20 * slot), fill=40)
    return scene


def _paste(scene: Image.Image, face: Image.Image, shot: Shot, chance: random.Random) -> None:
    """Put the label into the scene, turned and skewed, wholly inside if it fits."""
    half_x, half_y = face.width / 2, face.height / 2
    flat = ((-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y))
    reach = shot.skew * face.height
    skewed = [
        (x + chance.uniform(-reach, reach), y + chance.uniform(-reach, reach)) for x, y in flat
    ]
    sine, cosine = (
        math.sin(math.radians(shot.turn_degrees)),
        math.cos(math.radians(shot.turn_degrees)),
    )
    turned = [(x * cosine - y * sine, x * sine + y * cosine) for x, y in skewed]
    room = [
        max(0.0, side / 2 - max(abs(corner[axis]) for corner in turned))
        for axis, side in enumerate(scene.size)
    ]
    x, y = (side / 2 + chance.uniform(-r, r) for side, r in zip(scene.size, room, strict=True))
    corners = [(x + dx, y + dy) for dx, dy in turned]
    ends = ((0.0, 0.0), (face.width, 0.0), (face.width, face.height), (0.0, face.height))
    how = _homography(corners, ends)
    over = _warped(face, scene.size, how)
    scene.paste(over, mask=_warped(Image.new("L", face.size, 255), scene.size, how))


def _warped(picture: Image.Image, size: tuple[int, int], how: Sequence[float]) -> Image.Image:
    return picture.transform(
        size, Image.Transform.PERSPECTIVE, how, Image.Resampling.BICUBIC, fillcolor=0
    )


def _homography(seen: Sequence[Corner], drawn: Sequence[Corner]) -> Sequence[float]:
    """Solve for the eight numbers that lead from a place on the photo to one on the label."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(seen, drawn, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for at in range(8):
        best = max(range(at, 8), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(8):
            if other != at:
                factor = rows[other][at]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[at], strict=True)]
    return [row[8] for row in rows]


def _lit(scene: Image.Image, shot: Shot, chance: random.Random) -> Image.Image:
    if shot.shadow < 1:
        dark = _mapped(scene, lambda v: v * shot.shadow)
        scene = Image.composite(dark, scene, _beyond_an_edge(scene.size, chance))
    return scene if shot.light == 1 else _mapped(scene, lambda v: v * shot.light)


def _beyond_an_edge(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Mask one side of a line through the middle of the photo."""
    far = 2 * max(size)
    angle = chance.uniform(0, 2 * math.pi)
    along, across = (
        (math.cos(angle) * far, math.sin(angle) * far),
        (-math.sin(angle) * far, math.cos(angle) * far),
    )
    x, y = (side / 2 + chance.uniform(-0.1, 0.1) * side for side in size)
    side = Image.new("L", size, 0)
    corners = [
        (x + along[0], y + along[1]),
        (x - along[0], y - along[1]),
        (x - along[0] + across[0], y - along[1] + across[1]),
        (x + along[0] + across[0], y + along[1] + across[1]),
    ]
    ImageDraw.Draw(side).polygon(corners, fill=255)
    return side.filter(ImageFilter.GaussianBlur(2))


def _seen(scene: Image.Image, shot: Shot) -> Image.Image:
    """Look through the lens: no lens is sharper than half a pixel."""
    if shot.motion_modules:
        scene = _moved(scene, shot.motion_modules * shot.module_px, shot.motion_degrees)
    radius = max(0.5, shot.blur_modules * shot.module_px)
    return scene.filter(ImageFilter.GaussianBlur(radius))


def _moved(scene: Image.Image, length_px: float, degrees: float) -> Image.Image:
    """Average the scene along a short way, as a shaking hand does."""
    steps = max(2, round(length_px) + 1)
    dx, dy = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    mean = scene
    for number in range(1, steps):
        way = length_px * number / (steps - 1)
        shifted = scene.transform(
            scene.size,
            Image.Transform.AFFINE,
            (1, 0, way * dx, 0, 1, way * dy),
            Image.Resampling.BILINEAR,
        )
        mean = Image.blend(mean, shifted, 1 / (number + 1))
    return mean


def _tinted(scene: Image.Image, chance: random.Random) -> Image.Image:
    """Give it the cast of some lamp."""
    red, blue = chance.uniform(0.92, 1), chance.uniform(0.85, 1)
    return Image.merge(
        "RGB",
        (_mapped(scene, lambda v: v * red), scene, _mapped(scene, lambda v: v * blue)),
    )


def _noisy(photo: Image.Image, shot: Shot, chance: random.Random) -> Image.Image:
    """Add noise of the sensor; three uniform ones together are nearly a normal one."""
    count = photo.width * photo.height
    layers = [Image.frombytes("L", photo.size, chance.randbytes(count)) for _ in range(3)]
    grain = ImageChops.blend(ImageChops.blend(layers[0], layers[1], 0.5), layers[2], 1 / 3)
    # One uniform layer deviates by 73.9 grey levels, the mean of three by 42.7.
    scaled = _mapped(grain, lambda v: 127.5 + (v - 127.5) * shot.noise / 42.7)
    return ImageChops.add(photo, Image.merge("RGB", (scaled,) * 3), offset=-127)


def _mapped(picture: Image.Image, new_value: Callable[[int], float]) -> Image.Image:
    """Give each grey level another one."""
    levels = [round(new_value(level)) for level in range(256)]
    return picture.point(levels)  # pyright: ignore[reportUnknownMemberType]  names numpy
