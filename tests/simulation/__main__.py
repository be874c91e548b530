"""``python -m tests.simulation --seeds N --start S``: live through many worlds.

Each seed is a world of its own: a server, tablets, people, a bad network, crashes. A seed that
fails is printed with the command that replays it; ``--trace`` prints all that happened in it.
"""

import argparse
import multiprocessing
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

from tests.simulation.crowd_runs import live_crowds
from tests.simulation.history_runs import live_histories
from tests.simulation.mutant_runs import run_mutants
from tests.simulation.runs import Failed, live_all, live_somewhere, open_ground
from tests.simulation.told import Told

_WORLDS = 200
_CROWDS = 5
_CHUNK_MAX = 25
_FEW = 10
_DIGITS_MAX = 7
_SEED_DIGITS_MAX = 18


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 all worlds kept every promise, 1 one did not, 2 a wrong command line."""
    args = _command_line().parse_args(argv)
    if args.mutants:
        return run_mutants(_say)
    if args.histories:
        return live_histories(args.start, args.histories, args.workers, _say)
    if args.postgres:
        return live_crowds(range(args.start, args.start + (args.seeds or _CROWDS)), _say)
    args.seeds = args.seeds or _WORLDS
    return _live_worlds(args)


def _live_worlds(args: argparse.Namespace) -> int:
    started = time.perf_counter()
    seen: Counter[str] = Counter()
    failed = 0
    seeds = range(args.start, args.start + args.seeds)
    for done, told in enumerate(_live(seeds, args.workers), start=1):
        if isinstance(told, Failed):
            failed += 1
            _tell_failure(told, with_trace=args.trace or args.seeds == 1)
        else:
            seen += told.seen
            if args.trace or args.seeds <= _FEW:
                _say(f"seed {told.seed}: trace {told.digest}, drained in round {told.rounds}")
        if done % 100 == 0:
            _say(f"{done} worlds, {done / (time.perf_counter() - started):.1f} per second")
    took_s = time.perf_counter() - started
    for what, count in sorted(seen.items()):
        _say(f"  {what:34} {count}")
    _say(
        f"{args.seeds} worlds from seed {args.start} in {took_s:.1f} s "
        f"({args.seeds / took_s:.1f} per second): {failed or 'none'} failed"
    )
    return 1 if failed else 0


def _live(seeds: Sequence[int], workers: int) -> Iterator[Told | Failed]:
    """Share the seeds among processes; the answers come in their order."""
    if workers == 1 or len(seeds) == 1:
        with open_ground() as ground:
            yield from live_all(ground, seeds)
        return
    size = min(_CHUNK_MAX, -(-len(seeds) // workers))
    chunks = [seeds[first : first + size] for first in range(0, len(seeds), size)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from chain.from_iterable(pool.map(live_somewhere, chunks))


def _tell_failure(failed: Failed, *, with_trace: bool) -> None:
    if with_trace:
        for line in failed.trace:
            _say(line)
    _say(f"seed {failed.seed} failed: {failed.reason[:4000]}")
    _say(f"replay it: python3 dev.py sim --seeds 1 --start {failed.seed}")


def _command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 dev.py sim",
        description="Live through simulated worlds: server, tablets, people, a network that loses "
        "and repeats, clocks that are wrong, crashes at commits. Every promise is checked.",
    )
    parser.add_argument(
        "--seeds",
        type=_count,
        metavar="N",
        help=f"how many worlds ({_WORLDS}), or how many on PostgreSQL ({_CROWDS})",
    )
    parser.add_argument("--start", type=_seed, default=0, metavar="S", help="the first seed")
    parser.add_argument(
        "--trace",
        action="store_true",
        help="print all that happened in a failed seed; a single seed does so by itself",
    )
    parser.add_argument(
        "--histories", type=_count, metavar="N", help="instead: N histories of the pure merge"
    )
    parser.add_argument(
        "--postgres",
        action="store_true",
        help="instead: the same people and checks around several real server processes, some of "
        "them killed, on one PostgreSQL; a seed is a plan there, and no trace",
    )
    parser.add_argument(
        "--mutants", action="store_true", help="instead: deliberate mistakes, and what catches each"
    )
    parser.add_argument(
        "--workers",
        type=_count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many processes share the seeds",
    )
    return parser


def _count(text: str) -> int:
    if not re.fullmatch(rf"[1-9][0-9]{{0,{_DIGITS_MAX - 1}}}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no count; write a number from 1 on, of {_DIGITS_MAX} digits at most"
        )
    return int(text)


def _seed(text: str) -> int:
    if not re.fullmatch(rf"[0-9]{{1,{_SEED_DIGITS_MAX}}}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no seed; write a number from 0 on, of {_SEED_DIGITS_MAX} digits at most"
        )
    return int(text)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
