"""A sample of `python3 dev.py powercut`, and what shows that it can fail."""

from pathlib import Path

import pytest

from tests.powercut import journal
from tests.powercut.findings import Findings, Recording
from tests.powercut.mutants import MUTANTS
from tests.powercut.points import SIDES, choose, replay

SAMPLE = 100
MUTANT_SAMPLE = 30


def whole(recording: Recording, count: int) -> Findings:
    found = Findings()
    for findings in replay(recording, choose(journal.read(recording.journal), count, 1)).values():
        found.add(findings)
    return found


@pytest.mark.powercut
@pytest.mark.parametrize("side", list(SIDES))
def test_no_power_cut_takes_what_was_acknowledged(tmp_path: Path, side: str) -> None:
    recording = SIDES[side].record_run(tmp_path / side, rounds=3)

    found = whole(recording, SAMPLE)

    assert found.is_clean, found.told
    assert found.points == SAMPLE
    assert found.acked > SAMPLE


@pytest.mark.powercut
@pytest.mark.parametrize("name", list(MUTANTS))
def test_a_forgotten_flush_is_seen(tmp_path: Path, name: str) -> None:
    side = MUTANTS[name][0]
    recording = SIDES[side].record_run(tmp_path / side, rounds=2, mutant=name)

    found = whole(recording, MUTANT_SAMPLE)

    assert found.lost + found.torn_photos > 0, name
