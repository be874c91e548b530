"""The trial of ``bench faults``, small: every kind of mishap, and every ONT where it belongs."""

from tests.benchmarks import faults
from tests.benchmarks.chaos import Scale

HOUSES = 40
KINDS = {
    "silent",
    "busy",
    "walks cut",
    "writes lost",
    "replies lost",
    "silent after writes",
    "restarted",
    "profile missing",
    "port full",
    "killed",
    "stalled",
}


def test_nothing_is_lost_doubled_or_misplaced_whatever_goes_wrong() -> None:
    ended = faults.run(Scale(houses=HOUSES, olts=2, workers=2, quiet_s=0.2, rounds=1))

    assert (ended.registered, ended.misplaced, ended.unfinished) == (HOUSES, 0, 0)
    assert (ended.live, ended.charged, ended.uncoded) == (HOUSES, HOUSES, 0)
    assert set(ended.mishaps) == KINDS
