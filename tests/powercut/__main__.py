"""``python -m tests.powercut --points N``: cut the power of server and tablet at N points.

A real server and a real tablet are recorded at work; every disk that a power cut could have left
is opened, and everything that was acknowledged must be there.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.powercut import journal
from tests.powercut.findings import Findings
from tests.powercut.mutants import MUTANTS
from tests.powercut.points import SIDES, choose, replay_shared
from tests.powercut.tracing import why_not

_COLUMNS = ("points", "acked", "lost", "corrupt", "torn_photos", "hindered")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 nothing was lost, 1 something was, 2 a wrong command line."""
    args = _command_line().parse_args(argv)
    reason = why_not()
    if reason is not None:
        _say(f"LEFT OUT: the power-cut replay, because no program can be watched here: {reason}")
        return 1
    sides = [args.side] if args.side else list(SIDES)
    if args.mutant:
        sides = [MUTANTS[args.mutant][0]]
    clean = True
    _say(f"{'side':8}{'cut':16}" + "".join(f"{name:>12}" for name in _COLUMNS))
    for number, side in enumerate(sides):
        share = args.points // len(sides) + (number < args.points % len(sides))
        clean &= _run(side, share, args)
    return 0 if clean else 1


def _run(side: str, points: int, args: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        recording = SIDES[side].record_run(
            Path(folder) / side, rounds=args.rounds, mutant=args.mutant or "", seed=args.seed
        )
        records = journal.read(recording.journal)
        recorded_s, started = time.perf_counter() - started, time.perf_counter()
        found = replay_shared(recording, choose(records, points, args.seed), args.workers)
        took_s = time.perf_counter() - started
    whole = Findings()
    for name, findings in found.items():
        whole.add(findings)
        _say_row(side, name.lower(), findings)
    _say_row(side, "all", whole)
    for line in whole.told:
        _say(f"  {line}")
    _say(
        f"  {len(records)} records in {recorded_s:.1f} s, "
        f"{points} points in {took_s:.1f} s ({points / took_s:.0f} per second)"
    )
    return whole.is_clean


def _say_row(side: str, cut: str, found: Findings) -> None:
    _say(f"{side:8}{cut:16}" + "".join(f"{getattr(found, name):>12}" for name in _COLUMNS))


def _command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 dev.py powercut", description=__doc__)
    parser.add_argument("--points", type=_count, default=10_000, metavar="N", help="how many")
    parser.add_argument("--side", choices=sorted(SIDES), help="one of them; both if left out")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="with one promise taken out")
    parser.add_argument("--rounds", type=_count, default=8, metavar="N", help="of work per life")
    parser.add_argument("--seed", type=_count, default=1, metavar="S", help="of work and points")
    parser.add_argument(
        "--workers", type=_count, default=os.cpu_count() or 1, metavar="N", help="processes"
    )
    return parser


def _count(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,6}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no count; write a number from 1 on")
    return int(text)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
