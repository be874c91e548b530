"""Many worlds keep every promise, a seed is a trace, and each deliberate mistake is caught."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from field_client.storage import CommitPoint
from server.database.writer import Side
from sync_protocol.operations import IssueAnswer
from tests.simulation.__main__ import main
from tests.simulation.checks import SUMMED
from tests.simulation.mutant_runs import catch
from tests.simulation.mutants import MUTANTS
from tests.simulation.runs import Failed, Ground, live, live_all
from tests.simulation.told import Told

ROOT = Path(__file__).parents[2]
SEEDS = range(48)
CHUNK = 6
"""Far more than any mutant has needed; most are caught by the first."""


@pytest.mark.parametrize("first", SEEDS[::CHUNK])
def test_worlds_keep_every_promise(ground: Ground, first: int) -> None:
    failed = [
        told for told in live_all(ground, range(first, first + CHUNK)) if isinstance(told, Failed)
    ]

    assert not failed, f"replay with: python3 dev.py sim --seeds 1 --start {failed[0].seed}"


def test_three_tablets_keep_them_too(ground: Ground) -> None:
    told = [live(ground, seed, tablets=3) for seed in range(1000, 1003)]

    assert [each for each in told if isinstance(each, Failed)] == []


def test_worlds_come_to_what_they_are_there_for(ground: Ground) -> None:
    seen: Counter[str] = Counter()
    wanted = {
        *(f"verdict {kind}" for kind in SUMMED),
        *(f"server crashes {side} commit" for side in Side),
        *(f"tablet dies at {point}" for point in CommitPoint),
        *("rolled back", "copied", "enrolled anew", "issued again and known", "overruled"),
        *(f"answered {answer}" for answer in IssueAnswer),
        *("tablet began anew: fork", "tablet began anew: key_lost"),
        *("lost requests", "lost answers", "repeated requests", "spoilt answers", "out of reach"),
    }

    for seed in range(200, 240):
        told = live(ground, seed)
        assert isinstance(told, Told), told
        seen += told.seen
        if wanted <= seen.keys():
            break

    assert wanted - seen.keys() == set()


def test_a_seed_is_the_same_trace_in_every_process() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--seeds", "1", "--start", "7"]

    # Strings hash differently in each; nothing may hang on the order of a set.
    traces = [
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[0]
        for hash_seed in ("1", "2")
    ]

    assert traces[0].startswith("seed 7: trace ")
    assert traces[0] == traces[1]


def test_seeds_are_shared_among_processes() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--seeds", "2", "--workers", "2"]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert [line.split(":")[0] for line in ran.stdout.splitlines()[:2]] == ["seed 0", "seed 1"]
    assert "2 worlds from seed 0" in ran.stdout.splitlines()[-1]
    assert "none failed" in ran.stdout.splitlines()[-1]


@pytest.mark.parametrize("text", ["0", "-3", "many"])
def test_a_count_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--seeds", text])

    assert ended.value.code == 2
    assert repr(text) in capsys.readouterr().err


def test_two_seeds_give_two_different_traces(ground: Ground) -> None:
    told = [live(ground, seed) for seed in (3, 4)]

    assert all(isinstance(each, Told) for each in told)
    assert len({each.digest for each in told if isinstance(each, Told)}) == 2


@pytest.mark.parametrize("name", MUTANTS)
def test_a_deliberate_mistake_is_caught(ground: Ground, name: str) -> None:
    caught = catch(ground, name)

    assert caught is not None
    assert caught.reason.startswith("Violation: ")
