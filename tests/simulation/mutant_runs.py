"""``python3 dev.py sim --mutants``: deliberate mistakes, and which check catches each.

Three instruments: worlds catch mistakes of server and tablet, histories those of the pure merge,
replayed power cuts a forgotten flush.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.powercut import journal
from tests.powercut.mutants import MUTANTS as FORGOTTEN_FLUSHES
from tests.powercut.points import SIDES, choose, replay
from tests.powercut.tracing import why_not
from tests.simulation.history_runs import Fallen, live_some
from tests.simulation.mutants import MUTANTS
from tests.simulation.policies import POLICIES
from tests.simulation.runs import Failed, Ground, live, open_ground

WORLDS_MAX: Final = 150
"""The rarest of the mistakes shows in one of some thirty worlds."""
HISTORIES_MAX: Final = 200
POINTS: Final = 30
_WHY_CHARACTERS: Final = 90


class Verdict(NamedTuple):
    """How one mistake fared; ``caught`` None: it went unseen."""

    instrument: str
    name: str
    caught: str | None


def run_mutants(say: Callable[[str], None]) -> int:
    """Let each deliberate mistake loose; 1 where one went unseen."""
    unseen = 0
    for verdict in _verdicts(say):
        unseen += verdict.caught is None
        say(f"{verdict.instrument:12}{verdict.name:44}{verdict.caught or 'NOT CAUGHT'}")
    say(f"{unseen or 'none'} went unseen")
    return 1 if unseen else 0


def catch(ground: Ground, name: str) -> Failed | None:
    """Live through worlds with one mistake in them until one fails."""
    mutation = MUTANTS[name]
    seeds = range(mutation.first_seed, mutation.first_seed + WORLDS_MAX)
    told = (live(ground, seed, mutation=mutation) for seed in seeds)
    return next((each for each in told if isinstance(each, Failed)), None)


def _verdicts(say: Callable[[str], None]) -> Iterator[Verdict]:
    with open_ground() as ground:
        for name in MUTANTS:
            failed = catch(ground, name)
            caught = failed and f"world {failed.seed}: {failed.reason[:_WHY_CHARACTERS]}"
            yield Verdict("worlds", name, caught)
    for name, policy in POLICIES.items():
        fallen = live_some(range(HISTORIES_MAX), policy)
        caught = f"history {fallen.seed}" if isinstance(fallen, Fallen) else None
        yield Verdict("histories", name, caught)
    reason = why_not()
    if reason is not None:
        say(f"LEFT OUT: power cuts, because no program can be watched here: {reason}")
        return
    for name, (side, _replaced) in FORGOTTEN_FLUSHES.items():
        yield Verdict("power cuts", name, _cut(side, name))


def _cut(side: str, name: str) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        recording = SIDES[side].record_run(Path(folder) / side, rounds=2, mutant=name)
        records = journal.read(recording.journal)
        found = replay(recording, choose(records, POINTS, 1)).values()
        lost = sum(findings.lost for findings in found)
        torn = sum(findings.torn_photos for findings in found)
    return f"{lost} lost, {torn} torn in {POINTS} cuts" if lost + torn else None
