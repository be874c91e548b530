"""The pictures of ``docs/technician.md``: made on the way by the tests that walk a day.

``FIRSTLIGHT_GUIDE=docs/technician python3 dev.py test tests/browser`` makes those of the page anew.
"""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

_WIDTH, _COLOURS = 600, 64


async def keep_picture(page: Page, screenshots: Path, name: str) -> None:
    """Keep what is on the screen, among the screenshots or where the page has its pictures."""
    folder = Path(os.environ.get("FIRSTLIGHT_GUIDE", screenshots / "guide"))
    _keep(await page.screenshot(), folder / f"{name}.png")


def _keep(png: bytes, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(png)) as shot:
        picture = shot.convert("RGB")
        picture.thumbnail((_WIDTH, shot.height))
        picture.quantize(_COLOURS).save(file, optimize=True)
