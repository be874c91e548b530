"""The scanner beside everything else: no frame keeps an entry from being saved."""

import asyncio
import threading

import pytest

from field_client.looking import DROPPED, Looking
from field_client.scanning import NotAnImage, ScanResult
from field_client.storage import Aside

READ = ScanResult(candidates=())


class SlowScanner:
    """Looks until it is let go, and counts what it looked at."""

    def __init__(self) -> None:
        self.is_looking = threading.Event()
        self.go_on = threading.Event()
        self.frames: list[bytes] = []
        self.photos: list[bytes] = []

    def scan(self, image: bytes) -> ScanResult:
        self.photos.append(image)
        return self._look()

    def scan_frame(self, image: bytes) -> ScanResult:
        self.frames.append(image)
        if image == b"broken":
            raise NotAnImage(image)
        return self._look()

    def _look(self) -> ScanResult:
        self.is_looking.set()
        assert self.go_on.wait(30)
        return READ


async def test_a_frame_that_comes_while_another_is_looked_at_is_dropped() -> None:
    scanner = SlowScanner()
    with Aside("side") as aside:
        looking = Looking(scanner, aside.beside("scanner"))
        first = asyncio.create_task(looking.at_frame(b"1"))
        await asyncio.to_thread(scanner.is_looking.wait, 30)

        assert await looking.at_frame(b"2") is DROPPED
        scanner.go_on.set()
        assert await first is READ
        assert await looking.at_frame(b"3") is READ
    assert scanner.frames == [b"1", b"3"]


async def test_what_is_saved_meanwhile_does_not_wait_for_the_scanner() -> None:
    scanner = SlowScanner()
    with Aside("side") as aside:
        looking = Looking(scanner, aside.beside("scanner"))
        frame = asyncio.create_task(looking.at_frame(b"1"))
        await asyncio.to_thread(scanner.is_looking.wait, 30)

        assert await aside.run(lambda: "saved") == "saved"
        assert not frame.done()
        scanner.go_on.set()
        assert await frame is READ


async def test_a_photo_is_never_dropped_and_a_broken_frame_blocks_nothing() -> None:
    scanner = SlowScanner()
    scanner.go_on.set()
    with Aside("side") as aside:
        looking = Looking(scanner, aside.beside("scanner"))
        with pytest.raises(NotAnImage):
            await looking.at_frame(b"broken")

        photos = await asyncio.gather(looking.at_photo(b"a"), looking.at_photo(b"b"))

        assert photos == [READ, READ]
    assert scanner.photos == [b"a", b"b"]
