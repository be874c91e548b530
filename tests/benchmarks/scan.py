"""``scan``: photos of labels that nobody has looked at before, through the scanner of the tablet.

The photos are made anew from frozen seeds. Each is read twice, with and without ZBar, and what
would have been recorded without asking anybody is compared with what stands on the label.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

from field_client.scanning import LabelScanner, Scanner, ScanResult, find_zbar
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.photo_sets import DISTORTIONS, FROZEN, LARGE_ONES, Sample, samples

_AS_FRAMES = "phone"
P50_MS_MOST = 300
P95_MS_MOST = 1500
"""Of a photo of 12 megapixels, from its bytes to its serial."""


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one photo; ``took_ms`` is with ZBar, where there is one."""

    distortion: str
    serial: str
    result: ScanResult
    without_zbar: ScanResult
    took_ms: float
    frame: ScanResult | None = None
    frame_ms: float = 0
    """As a frame of the live camera; only photos as a phone takes them are read so."""

    @property
    def is_right(self) -> bool:
        """Whether the serial of the label was taken."""
        return self.result.sure == self.serial

    @property
    def is_shown(self) -> bool:
        """Whether the technician finds it among the codes, though it is not taken silently."""
        return self.result.sure is None and self.serial in self.result.serials

    @property
    def wrong(self) -> int:
        """Count serials that were taken and do not stand on the label."""
        frame = None if self.frame is None else self.frame.sure
        taken = (self.result.sure, self.without_zbar.sure, frame)
        return sum(1 for serial in taken if serial not in (None, self.serial))


async def measure(repeat: int) -> tuple[Figure, ...]:
    """Measure with so many photos of each label, distortion and level."""
    return figures_of(await asyncio.to_thread(scan_all, samples(FROZEN, repeat)))


async def measure_large(repeat: int) -> tuple[Figure, ...]:
    """Measure only how long photos of 12 megapixels take, as many of each label and level."""
    large = samples(FROZEN, repeat, only=LARGE_ONES)
    return tuple(_times(await asyncio.to_thread(scan_all, large)))


def scan_all(photos: Iterable[Sample]) -> list[Scan]:
    """Scan each photo as the tablet does."""
    zbar = find_zbar()
    usual, without = LabelScanner(zbar, time.monotonic), LabelScanner(None, time.monotonic)
    return [_scan(sample, usual, usual if zbar is None else without) for sample in photos]


def _scan(sample: Sample, usual: Scanner, without_zbar: Scanner) -> Scan:
    result, took_ms = _timed(usual.scan, sample.photo)
    is_frame = sample.distortion == _AS_FRAMES
    frame, frame_ms = _timed(usual.scan_frame, sample.photo) if is_frame else (None, 0.0)
    return Scan(
        distortion=sample.distortion,
        serial=sample.serial,
        result=result,
        without_zbar=result if without_zbar is usual else without_zbar.scan(sample.photo),
        took_ms=took_ms,
        frame=frame,
        frame_ms=frame_ms,
    )


def _timed(look: Callable[[bytes], ScanResult], photo: bytes) -> tuple[ScanResult, float]:
    began_s = time.perf_counter()
    result = look(photo)
    return result, (time.perf_counter() - began_s) * 1000


def figures_of(scans: Sequence[Scan]) -> tuple[Figure, ...]:
    """Tell how often the serial was read, how often wrongly, and how long that took."""
    without = [scan.without_zbar.sure == scan.serial for scan in scans]
    return (
        Figure(key="photos", value=len(scans), says="made from frozen seeds"),
        Figure(
            key="serial_rate",
            value=_rate(scan.is_right for scan in scans),
            says="of them gave the serial without a question",
        ),
        Figure(
            key="serial_rate_without_zbar", value=_rate(without), says="of them by zxing-cpp alone"
        ),
        Figure(
            key="shown_rate",
            value=_rate(scan.is_shown for scan in scans),
            says="of them showed it, and asked",
        ),
        Figure(
            key="wrong_serials",
            value=sum(scan.wrong for scan in scans),
            says="taken silently though on no label, in any way",
            most=0,
        ),
        *_rates(scans),
        *_times(scans),
    )


def _rates(scans: Sequence[Scan]) -> Iterable[Figure]:
    for name in DISTORTIONS:
        those = [scan.is_right for scan in scans if scan.distortion == name]
        if those:
            yield Figure(key=f"rate_{name}", value=_rate(those), says=f"of {len(those)}")
    frames = [scan.serial in scan.frame.serials for scan in scans if scan.frame is not None]
    if frames:
        yield Figure(key="rate_frame", value=_rate(frames), says=f"of {len(frames)}, single frames")


def _times(scans: Sequence[Scan]) -> Iterable[Figure]:
    usual = [scan.took_ms for scan in scans if scan.distortion != LARGE_ONES]
    large = [scan.took_ms for scan in scans if scan.distortion == LARGE_ONES]
    frames = [scan.frame_ms for scan in scans if scan.frame is not None]
    for key, took_ms, percent, most, says in (
        ("scan_p50_ms", usual, 50, None, "a photo of 1.2 megapixels"),
        ("scan_p95_ms", usual, 95, None, "hard ones, and those that give nothing"),
        ("scan12mp_p50_ms", large, 50, P50_MS_MOST, "of 12 megapixels with a small label"),
        ("scan12mp_p95_ms", large, 95, P95_MS_MOST, ""),
        ("frame_p50_ms", frames, 50, None, "a frame of the live camera"),
    ):
        if took_ms:
            yield Figure(key=key, value=percentile(took_ms, percent), says=says, most=most)


def _rate(hits: Iterable[bool]) -> float:
    told = list(hits)
    return sum(told) / len(told)
