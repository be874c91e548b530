"""``python -m server.demo``: set up, play, report, and then serve until Ctrl-C."""

import argparse
import asyncio
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import msgspec

from server.acts import utc_now
from server.demo import ground, story
from server.demo.arguments import readable_file, writable_file
from server.demo.children import ChildFailed
from server.demo.installation import EMAIL
from server.demo.narration import Narrator
from server.demo.outcome import Outcome, Webhook, count_operations, shortfalls
from server.demo.rivals import programme
from server.demo.stage import Stage, Wanted, set_up
from server.demo.watching import NotSeen
from server.imports.complaints import FileRefused

OK: Final = 0
FAILED: Final = 1
WRONG_INPUT: Final = 2
_SEED_MAX: Final = 10_000
_COME_UP_S: Final = 5.0
_NOT_AS_IT_SHOULD: Final = (ChildFailed, NotSeen, httpx.HTTPError)


def main(arguments: Sequence[str]) -> int:
    """Run the demo: 0 as it should be, 1 something differs, 2 for wrong arguments."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.json and args.addresses and args.json.resolve() == args.addresses.resolve():
        parser.error(f"--json {str(args.json)!r} is the file of --addresses; give one of its own")
    wanted = Wanted(
        seed=secrets.randbelow(_SEED_MAX) if args.seed is None else args.seed,
        come_up_s=args.come_up_s,
        addresses=args.addresses,
    )
    folder = Path(tempfile.mkdtemp(prefix="firstlight-demo-"))
    try:
        return asyncio.run(_run(wanted, folder, once=args.once, json_file=args.json))
    except (FileRefused, ground.NoSuchGround) as error:
        return _say(f"--addresses: {error}", WRONG_INPUT)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _say("stopped before the end", FAILED)
    except BrokenPipeError:
        # Who read our output has gone; Python must not complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except _NOT_AS_IT_SHOULD as error:
        return _say(f"{error}\nthe logs of all processes are in {_keep_logs(folder)}", FAILED)
    except Exception:
        _say(f"a mistake of ours; the logs of all processes are in {_keep_logs(folder)}", FAILED)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(wanted: Wanted, folder: Path, *, once: bool, json_file: Path | None) -> int:
    _end_on_sigterm()
    narrator = Narrator(
        sys.stdout,
        zone=ZoneInfo("UTC"),
        now=utc_now,
        colours=sys.stdout.isatty(),
    )
    _greet(narrator, wanted)
    async with set_up(wanted, narrator, folder) as stage:
        outcome = await _play(stage)
        if json_file is not None:
            _write(json_file, outcome)
        status = _conclude(narrator, outcome)
        if status == FAILED:
            narrator.plain(f"The logs of all processes are in {_keep_logs(folder)}")
        if not once:
            await _keep_open(stage)
        return status


async def _play(stage: Stage) -> Outcome:
    stage.narrator.heading("The story")
    played = await story.play(stage)
    story.sum_up(stage.narrator, played.story, played.latency_ms)
    stage.narrator.heading("The rivals")
    replay, told = await programme.play(stage, played)
    seen = await stage.receiver.seen()
    tablets = [*stage.main.tablets.values(), *stage.second.tablets.values()]
    captured = sum([(await tablet.all_sent()).captured for tablet in tablets])
    verdicts = [await place.office.operations() for place in (stage.main, stage.second)]
    return Outcome(
        seed=stage.wanted.seed,
        story=played.story,
        latency_ms=played.latency_ms,
        snmp=played.snmp,
        webhook=Webhook(
            deliveries=seen.deliveries,
            distinct_events=seen.distinct_events,
            signature_verified=seen.deliveries > 0 and seen.signature_verified == seen.deliveries,
        ),
        replay=replay,
        rivals=told,
        operations=count_operations(captured, verdicts),
    )


def _greet(narrator: Narrator, wanted: Wanted) -> None:
    where = "Auental, the sample town" if wanted.addresses is None else wanted.addresses.name
    narrator.plain(narrator.styled("Firstlight", "bold") + f": a day in the field, in {where}")
    narrator.plain(
        f"Seed {wanted.seed} (--seed {wanted.seed} plays the same choices). Server, tablets, OLTs "
        "and receivers are\nprocesses of their own on real sockets; starting them ..."
    )


def _conclude(narrator: Narrator, outcome: Outcome) -> int:
    narrator.heading("What became of the rivals")
    for rival in outcome.rivals:
        mark = narrator.styled("ok    ", "good") if rival.ok else narrator.styled("DIFFERS", "bad")
        narrator.plain(f"  {mark} {narrator.styled(rival.name, 'bold')}")
        narrator.plain(f"         expected  {rival.expected}")
        narrator.plain(f"         happened  {rival.happened}")
    counted = outcome.operations
    narrator.plain(
        f"\n  {counted.captured} operations were captured on tablets: {counted.applied} applied, "
        f"{counted.superseded} superseded, {counted.parked} parked, {counted.rejected} rejected"
    )
    wrong = shortfalls(outcome)
    if not wrong:
        narrator.plain(narrator.styled("\nEverything is as it should be.", "good"))
        return OK
    for complaint in wrong:
        narrator.plain(narrator.styled(f"\nDiffers: {complaint}", "bad"))
    return FAILED


async def _keep_open(stage: Stage) -> None:
    """Say where to look, and stay until Ctrl-C."""
    narrator, main = stage.narrator, stage.main
    narrator.heading("Look for yourself (Ctrl-C ends it)")
    password = main.installation.outside.secrets.password
    narrator.plain(f"  console   {main.office.url}  as {EMAIL}, password {password}")
    for tablet in sorted(main.tablets.values(), key=lambda one: one.owner):
        narrator.plain(f"  tablet    {await tablet.launch()}  {tablet.owner}; opens once")
    narrator.plain(f"  receiver  {stage.receiver.url.removesuffix('/hooks')}/seen")
    narrator.plain(f"  mail      {stage.post.log}")
    ended = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ending, ended.set)
    await ended.wait()
    narrator.plain("\nStopping ...")


def _end_on_sigterm() -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server.demo",
        description="Play a day in the field with every part as a process of its own: one job from "
        "the scan to the bill, then what can go wrong. Afterwards the pages stay up until Ctrl-C.",
    )
    parser.add_argument("--once", action="store_true", help="end after the story")
    parser.add_argument("--json", type=writable_file, metavar="FILE", help="write what happened")
    parser.add_argument(
        "--addresses",
        type=readable_file,
        metavar="FILE",
        help="play on a CSV file of real addresses",
    )
    parser.add_argument("--seed", type=_seed, metavar="N", help="replay the choices of a run")
    parser.add_argument(
        "--come-up-s",
        type=_seconds,
        default=_COME_UP_S,
        metavar="S",
        help="how long a simulated ONT needs to come up (%(default)s)",
    )
    return parser


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number from 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 40:  # noqa: PLR2004  what a real ONT may take
        raise argparse.ArgumentTypeError(f"{text!r} is no time to come up; give 0 to 40 seconds")
    return seconds


def _keep_logs(folder: Path) -> Path:
    kept = folder.with_name(folder.name + "-logs")
    if (folder / "logs").exists():
        shutil.copytree(folder / "logs", kept, dirs_exist_ok=True)
    return kept


def _write(file: Path, outcome: Outcome) -> None:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(outcome), indent=2) + b"\n")


def _say(what: str, status: int) -> int:
    sys.stderr.write(f"demo: {what}\n")
    return status
