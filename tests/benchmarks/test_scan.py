"""A small form of the benchmark: that its photos are what they claim, and its figures add up."""

import io

import pytest
from PIL import Image

from field_client.scanning import ScanResult, find_zbar
from sync_protocol.serials import OntSerial
from tests.benchmarks.labels import VARIANTS
from tests.benchmarks.photo_sets import FROZEN, TUNING, samples
from tests.benchmarks.scan import Scan, figures_of, scan_all


def a_scan(took: str | None, *, without_zbar: str | None = None, ms: float = 50) -> Scan:
    return Scan(
        distortion="none",
        serial="HWTC1A2B3C4D",
        result=ScanResult(candidates=(), sure=None if took is None else OntSerial(took)),
        without_zbar=ScanResult(
            candidates=(), sure=None if without_zbar is None else OntSerial(without_zbar)
        ),
        took_ms=ms,
    )


def test_good_photos_of_every_label_are_read_with_and_without_zbar() -> None:
    good = [sample for _, sample in zip(range(len(VARIANTS)), samples(TUNING, 1), strict=False)]

    scans = scan_all(good)

    assert [sample.variant for sample in good] == list(VARIANTS)
    assert [scan.is_right for scan in scans] == [True] * len(good)
    assert [scan.without_zbar.sure for scan in scans] == [sample.serial for sample in good]
    told = {figure.key: figure.value for figure in figures_of(scans)}
    assert (told["photos"], told["serial_rate"], told["wrong_serials"]) == (len(good), 1, 0)
    assert "scan12mp_p50_ms" not in told
    assert find_zbar() is not None


def test_a_photo_is_the_same_in_every_run_and_another_for_every_seed() -> None:
    once, again, other = (next(iter(samples(seed, 1))) for seed in (TUNING, TUNING, TUNING + 1))

    assert once == again
    assert once.serial != other.serial


def test_the_frozen_seeds_are_none_that_tuning_can_reach() -> None:
    assert TUNING + 1000 * 1000 < FROZEN


@pytest.mark.parametrize(
    ("distortion", "size"), [("rotation", (1280, 960)), ("12mp", (4032, 3024))]
)
def test_a_photo_has_the_size_that_its_distortion_says(
    distortion: str, size: tuple[int, int]
) -> None:
    sample = next(iter(samples(TUNING, 1, only=distortion)))

    assert Image.open(io.BytesIO(sample.photo)).size == size


def test_a_wrong_serial_counts_in_either_way_and_a_missing_one_does_not() -> None:
    right, wrong = "HWTC1A2B3C4D", "HWTC1A2B3C4F"
    scans = [a_scan(right, without_zbar=right), a_scan(None), a_scan(wrong, without_zbar=wrong)]

    told = {figure.key: figure.value for figure in figures_of(scans)}

    assert (told["wrong_serials"], told["serial_rate"]) == (2, 1 / 3)
