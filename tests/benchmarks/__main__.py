"""``python -m tests.benchmarks [NAME] [--json FILE]``: measure, each figure beside its limit.

A benchmark is a file of this folder with a function that gives figures, and a line in
``BENCHMARKS``. It reports; that a limit is kept is for people to see, never a condition of a test.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from server.demo.arguments import writable_file
from tests.benchmarks import (
    activation,
    faults,
    follower,
    growth,
    light,
    reconnect,
    scan,
    slow_link,
    spine,
    sync,
    tablet,
)
from tests.benchmarks.figures import Figure, Record, as_record, as_table

T = TypeVar("T")
Benchmark = Callable[[int], Coroutine[Any, Any, tuple[Figure, ...]]]
Known = Mapping[str, tuple[Benchmark, int, str]]
BENCHMARKS: Final[Known] = {
    "sync": (sync.measure, 30, "pushes of one client for the median; the load is fixed"),
    "reconnect": (reconnect.measure, 1000, "tablets, fifty pending changes each"),
    "follower": (follower.measure, 1_000_000, "rows of the feed, four processes on PostgreSQL"),
    "growth": (growth.measure, 500_000, "subscribers, against a tenth and a hundredth of them"),
    "scan": (scan.measure, 1, "photos of each label, distortion and level"),
    "spine": (spine.measure, 20, "jobs from received to billed, one after the other"),
    "light": (light.measure, light.PATHS, "paths, whole and with each fault"),
    "tablet": (tablet.measure, 100, "times each page; saves three times as often"),
    "activation": (activation.measure, 1000, "activations over ten OLTs, on both databases"),
    "faults": (faults.measure, 10_000, "completions while OLTs and workers fail"),
    "slow_link": (slow_link.measure, 1, "rounds of ten jobs while a hundred photos trickle"),
}
"""Name → what measures it, how often if nobody says, and what that repeats."""


def main(argv: Sequence[str] | None = None, benchmarks: Known = BENCHMARKS) -> int:
    """Run the command; 0 measured, 1 stopped by a signal, 2 a wrong command line."""
    args = _command_line().parse_args(argv)
    names = list(benchmarks) if args.name is None else [args.name]
    unknown = [name for name in names if name not in benchmarks]
    if unknown:
        sys.stderr.write(f"no benchmark {unknown[0]!r}; there are: {', '.join(benchmarks)}\n")
        return 2
    written: list[Record] = []
    for name in names:
        measure, usual, _what = benchmarks[name]
        try:
            figures = asyncio.run(_until_stopped(measure(args.repeat or usual)))
        except (asyncio.CancelledError, KeyboardInterrupt):
            sys.stderr.write(f"{name} was stopped; its processes have ended, nothing is written\n")
            return 1
        sys.stdout.write(as_table(name, figures) + "\n")
        written.append(as_record(name, figures))
    if args.json is not None:
        args.json.write_bytes(msgspec.json.encode(written if args.name is None else written[0]))
    return 0


async def _until_stopped(measuring: Coroutine[Any, Any, T]) -> T:
    """Let SIGTERM end a benchmark as Ctrl-C does: what it has started ends with it."""
    task = asyncio.ensure_future(measuring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _command_line() -> argparse.ArgumentParser:
    known = "\n".join(
        f"  {name:10} {usual} {what}" for name, (_measure, usual, what) in BENCHMARKS.items()
    )
    parser = argparse.ArgumentParser(
        prog="python3 dev.py bench",
        description=f"Measure and print each figure beside its limit.\n\nbenchmarks:\n{known}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="one benchmark; all if left out")
    parser.add_argument(
        "--json",
        type=writable_file,
        metavar="FILE",
        help='write {"bench": NAME, "figures": {KEY: NUMBER}}; of all benchmarks, a list of these',
    )
    parser.add_argument(
        "--repeat", "--rows", type=_count, metavar="N", help="measure so many times or rows"
    )
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no count; write a number from 1 on")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
