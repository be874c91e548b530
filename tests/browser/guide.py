"""The pictures of ``docs/technician.md`` and ``docs/noc.md``: made on the way by the walking tests.

``FIRSTLIGHT_GUIDE=docs python3 dev.py test tests/browser`` makes those of the pages anew.
"""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

_WIDTH, _COLOURS = 600, 64


async def keep_picture(
    page: Page, screenshots: Path, name: str, *, of: str = "technician", width: int = _WIDTH
) -> None:
    """Keep what is on the screen, among the screenshots or where the page has its pictures."""
    folder = Path(os.environ.get("FIRSTLIGHT_GUIDE", screenshots / "guide")) / of
    _keep(await page.screenshot(), folder / f"{name}.png", width)


def _keep(png: bytes, file: Path, width: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(png)) as shot:
        picture = shot.convert("RGB")
        picture.thumbnail((width, shot.height))
        picture.quantize(_COLOURS).save(file, optimize=True)
