"""The scanner in a thread of its own: looking at a picture never delays the saving of an entry.

A frame of a live camera that comes while another is looked at is dropped: the next one shows the
same label, and a queue of old frames would only answer late.
"""

from typing import Final

from field_client.scanning import Scanner, ScanResult
from field_client.storage import Aside

DROPPED: Final = ScanResult(candidates=(), is_complete=False)
"""Nothing was looked at."""


class Looking:
    """Looks at one picture at a time."""

    def __init__(self, scanner: Scanner, aside: Aside) -> None:
        self._scanner = scanner
        self._aside = aside
        self._pictures = 0

    async def at_photo(self, image: bytes) -> ScanResult:
        """Read the codes of a photo, after those that were asked before.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        self._pictures += 1
        try:
            return await self._aside.run(self._scanner.scan, image)
        finally:
            self._pictures -= 1

    async def at_frame(self, image: bytes) -> ScanResult:
        """Read the codes of a frame, or drop it where another picture is looked at.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        if self._pictures:
            return DROPPED
        self._pictures += 1
        try:
            return await self._aside.run(self._scanner.scan_frame, image)
        finally:
            self._pictures -= 1
