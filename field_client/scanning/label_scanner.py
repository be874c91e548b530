"""The scanner: looks at a photo step by step until a serial is beyond doubt or the time is up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from field_client.scanning.engines import (
    ReadCodes,
    read_zxing,
    read_zxing_bars,
    read_zxing_dark,
)
from field_client.scanning.labels import interpret
from field_client.scanning.pictures import FRAME, LARGE, Photo, open_photo
from field_client.scanning.reading import Candidate, Reading, ScanResult
from field_client.scanning.steps import FRAME_STEPS, STEPS, Engine, Step
from sync_protocol.serials import OntSerial

BUDGET_S: Final = 2.5
"""After this time no further picture of a photo is looked at; the last look may outlast it. To try
everything on 12 megapixels took about 1.3 s where it was measured."""
_LOOKS_MIN: Final = 2
"""So many steps are done always: a second label on the photo is easily missed by the first."""
_LOOKS_ALIKE_MIN: Final = 3
"""Of one reader; it misreads similar pictures alike. Two readers that agree are enough."""

ClockS = Callable[[], float]
"""Seconds from any beginning, never going back."""


class LabelScanner:
    """zxing-cpp, and ZBar where its library is installed."""

    def __init__(self, zbar: ReadCodes | None, clock_s: ClockS) -> None:
        self._engines: Mapping[Engine, ReadCodes] = {
            Engine.ZXING: read_zxing,
            Engine.ZXING_DARK: read_zxing_dark,
            Engine.ZXING_BARS: read_zxing_bars,
            **({} if zbar is None else {Engine.ZBAR: zbar}),
        }
        self._clock_s = clock_s

    def scan(self, image: bytes) -> ScanResult:
        """Try everything, for about ``BUDGET_S`` at most.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        ends_at_s = self._clock_s() + BUDGET_S
        return self._look(open_photo(image, LARGE), STEPS, ends_at_s)

    def scan_frame(self, image: bytes) -> ScanResult:
        """Try what takes some tens of milliseconds.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        ends_at_s = self._clock_s() + BUDGET_S
        return self._look(open_photo(image, FRAME), FRAME_STEPS, ends_at_s)

    def _look(self, photo: Photo, steps: Sequence[Step], ends_at_s: float) -> ScanResult:
        found = _Found()
        possible = [step for step in steps if step.engine in self._engines]
        for number, step in enumerate(possible):
            if number >= _LOOKS_MIN and found.is_settled:
                break
            for picture in step.make(photo):
                if self._clock_s() > ends_at_s:
                    return found.result(is_complete=False)
                found.add(number, step.engine, self._engines[step.engine](picture))
        return found.result(is_complete=True)


class _Found:
    """What the looks so far have found, and how sure that makes us."""

    def __init__(self) -> None:
        self._candidates: dict[str, Candidate] = {}
        self._seen: dict[OntSerial, _Seen] = {}

    def add(self, look: int, engine: Engine, readings: Iterable[Reading]) -> None:
        """Add what one look found on one of its pictures."""
        for reading in readings:
            candidate = self._candidates.setdefault(
                reading.text, interpret(reading.text, reading.symbology)
            )
            for serial in candidate.serials:
                seen = self._seen.setdefault(serial, _Seen())
                seen.looks.add(look)
                seen.readers.add(engine is Engine.ZBAR)
                seen.is_corrected |= reading.is_corrected

    @property
    def is_settled(self) -> bool:
        """Whether there is a serial beyond doubt, so that looking on is of no use."""
        return any(seen.is_sure for seen in self._seen.values())

    def result(self, *, is_complete: bool) -> ScanResult:
        """Sum it up."""
        sure = [serial for serial, seen in self._seen.items() if seen.is_sure]
        return ScanResult(
            candidates=tuple(self._candidates.values()),
            sure=sure[0] if len(self._seen) == 1 and sure else None,
            is_complete=is_complete,
        )


class _Seen:
    """In which looks a serial was read, and by which readers."""

    def __init__(self) -> None:
        self.looks: set[int] = set()
        self.readers: set[bool] = set()
        self.is_corrected = False

    @property
    def is_sure(self) -> bool:
        """Whether it cannot well be a misreading."""
        return self.is_corrected or len(self.readers) > 1 or len(self.looks) >= _LOOKS_ALIKE_MIN
